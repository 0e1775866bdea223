#include "planner/expression_binder.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/function_hint.h"
#include "planner/type_binder.h"
#include "runtime/cast.h"
#include "runtime/decimal.h"
#include "runtime/nearest_name.h"
#include "runtime/number_text.h"
#include "runtime/time_unit.h"

namespace millrace {

using Kind = syntax::Expression::Kind;

namespace {

// An exact number as written: INTEGER, BIGINT or, with a decimal point, DECIMAL of just its digits.
ExpressionPtr decimal_literal(const std::string& text, const syntax::Position& position) {
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  while (digits.starts_with('0') && digits.size() > 1 && digits[1] != '.') digits.remove_prefix(1);
  const size_t point = digits.find('.');
  const size_t scale = point == std::string_view::npos ? 0 : digits.size() - point - 1;
  size_t precision = digits.size() - (point == std::string_view::npos ? 0 : 1);
  if (digits.starts_with("0.") && precision > 1) --precision;  // a leading zero is no digit of the value
  precision = std::max({precision, scale, size_t{1}});
  if (precision > static_cast<size_t>(decimal_digits_max))
    refuse(ErrorCode::literal_invalid, position,
           fmt::format("{} has {} digits, a DECIMAL has at most {}", text, precision, decimal_digits_max));
  const Type type = Type::decimal(static_cast<int>(precision), static_cast<int>(scale));
  Decimal value = 0;
  if (parse_decimal(text, type.precision(), type.scale(), Rounding::none, value) != DecimalText::ok)
    refuse(ErrorCode::literal_invalid, position, text + " is no number");
  return make_decimal(value, type);
}

// The number that a text holds; null where it holds none.
ExpressionPtr number_in_text(const std::string& text, const syntax::Position& position) {
  int32_t small = 0;
  if (parse_integer(text, small) == NumberText::ok) return make_integer(small);
  int64_t large = 0;
  if (parse_integer(text, large) == NumberText::ok) return make_bigint(large);
  const bool digits = std::all_of(text.begin(), text.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0 || c == '.' || c == '-'; });
  double value = 0;
  if (text.empty() || parse_double(text, value) != NumberText::ok) return nullptr;
  return digits ? decimal_literal(text, position) : make_double(value);
}

bool is_boolean_text(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return !text.empty() && (std::string_view("true").starts_with(text) || std::string_view("false").starts_with(text) ||
                           std::string_view("yes").starts_with(text) || std::string_view("no").starts_with(text));
}

}  // namespace

ExpressionPtr ExpressionBinder::bind(const syntax::Expression& e) const {
  if (intercept_) {
    if (ExpressionPtr taken = intercept_(e)) return taken;
  }
  switch (e.kind) {
    case Kind::null_literal:
    case Kind::boolean_literal:
    case Kind::integer_literal:
    case Kind::decimal_literal:
    case Kind::double_literal:
    case Kind::string_literal:
      return bind_literal(e);
    case Kind::column: {
      const size_t index = scope_.resolve(e);
      return make_column(index, scope_.columns()[index].type, scope_.label(index));
    }
    case Kind::star:
      refuse(ErrorCode::query_invalid, e.position, "* stands for all columns of a SELECT, or in COUNT(*)");
    case Kind::negate: {
      ExpressionPtr child = bind(*e.children[0]);
      if (!child->type().is_numeric())
        refuse(ErrorCode::type_mismatch, e.position, "- needs a number, here is " + child->type().to_string());
      return make_negate(std::move(child));
    }
    case Kind::arithmetic:
      return bind_arithmetic(e);
    case Kind::comparison:
      return bind_comparison(e);
    case Kind::logical_and:
    case Kind::logical_or: {
      std::vector<ExpressionPtr> operands;
      for (const auto& child : e.children) operands.push_back(bind_condition(*child));
      return e.kind == Kind::logical_and ? make_and(std::move(operands)) : make_or(std::move(operands));
    }
    case Kind::logical_not:
      return make_not(bind_condition(*e.children[0]));
    case Kind::is_null:
      return make_is_null(bind(*e.children[0]), e.negated);
    case Kind::between:
      return bind_between(e);
    case Kind::in_list:
      return bind_in(e);
    case Kind::like:
      return bind_like(e);
    case Kind::case_searched:
    case Kind::case_simple:
      return bind_case(e);
    case Kind::cast:
      return bind_cast(e);
    case Kind::call:
      return bind_call(e);
    case Kind::subscript:
      return bind_subscript(e);
    case Kind::field:
      return bind_field(e);
    case Kind::array:
    case Kind::map:
    case Kind::structure:
      return bind_constructor(e);
    case Kind::lambda:
      refuse_unsupported(e.position, "a lambda");
  }
  refuse_unsupported(e.position, "this expression");
}

ExpressionPtr ExpressionBinder::bind_as(const syntax::Expression& e, const Type& type, const std::string& what) const {
  if (is_null_literal(e)) return make_null(type);
  ExpressionPtr bound = bind(e);
  if (bound->type() == type) return bound;
  if (implicit_cast_cost(bound->type(), type)) return make_cast(std::move(bound), type);
  refuse(ErrorCode::type_mismatch, e.position,
         fmt::format("{} must be {}, here is {}", what, type.to_string(), bound->type().to_string()));
}

ExpressionPtr ExpressionBinder::bind_condition(const syntax::Expression& e) const {
  return bind_as(e, boolean_type, "a condition");
}

ExpressionPtr ExpressionBinder::bind_literal(const syntax::Expression& e) const {
  switch (e.kind) {
    case Kind::null_literal:
      return make_null(varchar_type);
    case Kind::boolean_literal:
      return make_boolean(e.text == "TRUE");
    case Kind::string_literal:
      return make_varchar(e.text);
    case Kind::integer_literal: {
      int32_t small = 0;
      if (parse_integer(e.text, small) == NumberText::ok) return make_integer(small);
      int64_t large = 0;
      if (parse_integer(e.text, large) == NumberText::ok) return make_bigint(large);
      refuse(ErrorCode::literal_invalid, e.position,
             fmt::format("{} does not fit BIGINT; with a decimal point it is a DECIMAL of up to 38 digits", e.text));
    }
    case Kind::double_literal: {
      double value = 0;
      if (parse_double(e.text, value) == NumberText::ok) return make_double(value);
      refuse(ErrorCode::literal_invalid, e.position, e.text + " does not fit DOUBLE");
    }
    default:
      break;
  }
  return decimal_literal(e.text, e.position);
}

ExpressionPtr ExpressionBinder::bind_arithmetic(const syntax::Expression& e) const {
  ExpressionPtr left = bind(*e.children[0]);
  ExpressionPtr right = bind(*e.children[1]);
  const Type a = left->type();
  const Type b = right->type();
  if (e.text == "+" && a.is_text() && a == b) return make_concatenation(std::move(left), std::move(right));
  if (!a.is_numeric() || !b.is_numeric())
    refuse(ErrorCode::type_mismatch, e.position,
           fmt::format("{} needs two numbers, here are {} and {}", e.text, a.to_string(), b.to_string()));
  static const std::map<std::string_view, ArithmeticOp> ops = {{"+", ArithmeticOp::add},
                                                               {"-", ArithmeticOp::subtract},
                                                               {"*", ArithmeticOp::multiply},
                                                               {"/", ArithmeticOp::divide},
                                                               {"%", ArithmeticOp::remainder}};
  const ArithmeticOp op = ops.at(e.text);
  const Type common = *common_type(a, b);
  if (!common.is(TypeKind::decimal))
    return make_arithmetic(op, make_cast(std::move(left), common), make_cast(std::move(right), common), common);
  const Type x = decimal_type_of(a);
  const Type y = decimal_type_of(b);
  left = make_cast(std::move(left), x);
  right = make_cast(std::move(right), y);
  switch (op) {
    case ArithmeticOp::multiply:
      return make_arithmetic(op, left, right, decimal_product_type(x, y));
    case ArithmeticOp::divide:
      return make_arithmetic(op, left, right, decimal_quotient_type(x, y));
    case ArithmeticOp::remainder:
      return make_arithmetic(op, left, right, decimal_remainder_type(x, y));
    default:
      return make_arithmetic(op, left, right, decimal_sum_type(x, y));
  }
}

ExpressionPtr ExpressionBinder::compare(ComparisonOp op, ExpressionPtr left, ExpressionPtr right,
                                        const syntax::Expression& e) const {
  auto is_time = [](const Type& t) {
    return t.is(TypeKind::date) || t.is(TypeKind::time) || t.is(TypeKind::timestamp);
  };
  // A window's bound or a row's time may be compared with a time as text.
  auto as_time = [&](const ExpressionPtr& time, ExpressionPtr& text) {
    static const std::set<std::string> times = {"`ROWTIME`", "`WINDOWSTART`", "`WINDOWEND`"};
    if (!text->is_literal() || !text->type().is(TypeKind::varchar) || !times.contains(time->to_string())) return;
    RowErrors errors;
    const ColumnPtr value = evaluate_constant(*make_cast(text, timestamp_type), errors);
    if (!value->valid(0)) refuse(ErrorCode::literal_invalid, e.position, text->to_string() + " is no time");
    text = make_bigint(value->at<int64_t>(0));
  };
  as_time(left, right);
  as_time(right, left);
  Type a = left->type();
  Type b = right->type();
  if (const auto common = common_type(a, b)) {
    left = make_cast(std::move(left), *common);
    right = make_cast(std::move(right), *common);
  } else if (is_time(a) && b.is(TypeKind::varchar)) {
    right = make_cast(std::move(right), a);
  } else if (is_time(b) && a.is(TypeKind::varchar)) {
    left = make_cast(std::move(left), b);
  } else if (is_time(a) && is_time(b) && !a.is(TypeKind::time) && !b.is(TypeKind::time)) {
    left = make_cast(std::move(left), timestamp_type);
    right = make_cast(std::move(right), timestamp_type);
  } else {
    refuse(ErrorCode::type_mismatch, e.position,
           fmt::format("Cannot compare {} ({}) to {} ({}); CAST one of them", left->to_string(), a.to_string(),
                       right->to_string(), b.to_string()));
  }
  const bool ordered = op != ComparisonOp::equal && op != ComparisonOp::not_equal && op != ComparisonOp::distinct &&
                       op != ComparisonOp::not_distinct;
  if (ordered && (left->type().is_nested() || left->type().is(TypeKind::boolean)))
    refuse(ErrorCode::type_mismatch, e.position,
           fmt::format("values of {} have no order, only = and <>", left->type().to_string()));
  return make_comparison(op, std::move(left), std::move(right));
}

ExpressionPtr ExpressionBinder::bind_comparison(const syntax::Expression& e) const {
  static const std::map<std::string_view, ComparisonOp> ops = {{"=", ComparisonOp::equal},
                                                               {"<>", ComparisonOp::not_equal},
                                                               {"!=", ComparisonOp::not_equal},
                                                               {"<", ComparisonOp::less},
                                                               {"<=", ComparisonOp::less_equal},
                                                               {">", ComparisonOp::greater},
                                                               {">=", ComparisonOp::greater_equal},
                                                               {"IS DISTINCT FROM", ComparisonOp::distinct},
                                                               {"IS NOT DISTINCT FROM", ComparisonOp::not_distinct}};
  const ComparisonOp op = ops.at(e.text);
  // NULL takes the type of the other side.
  const bool left_null = is_null_literal(*e.children[0]);
  const bool right_null = is_null_literal(*e.children[1]);
  if ((left_null || right_null) && op != ComparisonOp::distinct && op != ComparisonOp::not_distinct)
    refuse(
        ErrorCode::type_mismatch, e.position,
        fmt::format("Comparison with NULL not supported: it is never true. Write IS NULL, IS NOT NULL or IS DISTINCT "
                    "FROM instead of {}",
                    e.text));
  ExpressionPtr left = left_null ? nullptr : bind(*e.children[0]);
  ExpressionPtr right = right_null ? nullptr : bind(*e.children[1]);
  if (left_null) left = make_null(right_null ? varchar_type : right->type());
  if (right_null) right = make_null(left->type());
  return compare(op, std::move(left), std::move(right), e);
}

ExpressionPtr ExpressionBinder::bind_between(const syntax::Expression& e) const {
  const ExpressionPtr value = bind(*e.children[0]);
  auto bound = [&](size_t i) {
    return is_null_literal(*e.children[i]) ? make_null(value->type()) : bind(*e.children[i]);
  };
  ExpressionPtr both = make_and({compare(ComparisonOp::greater_equal, value, bound(1), *e.children[1]),
                                 compare(ComparisonOp::less_equal, value, bound(2), *e.children[2])});
  return e.negated ? make_not(std::move(both)) : both;
}

// Binds all, converts them to one type and says which; absent types (NULL) take it.
std::vector<ExpressionPtr> ExpressionBinder::bind_unified(const std::vector<const syntax::Expression*>& list,
                                                          Type* type, const std::string& what) const {
  std::vector<ExpressionPtr> bound;
  for (const syntax::Expression* e : list) bound.push_back(is_null_literal(*e) ? nullptr : bind(*e));
  // A literal's text takes the type of the others; other text makes text of all.
  std::optional<Type> common;
  bool any_text = false;
  auto is_text_literal = [&](size_t i) { return list[i]->kind == Kind::string_literal; };
  for (size_t i = 0; i < list.size(); ++i)
    any_text = any_text || (bound[i] && bound[i]->type().is(TypeKind::varchar) && !is_text_literal(i));
  for (size_t i = 0; i < list.size() && !any_text; ++i) {
    if (!bound[i] || is_text_literal(i)) continue;
    // What is written out is judged part by part where it takes the others' type.
    const bool written_out = list[i]->kind == Kind::array || list[i]->kind == Kind::structure;
    if (written_out && common && !common_type(*common, bound[i]->type(), Fields::united) &&
        common->kind() == bound[i]->type().kind())
      continue;
    common = join_types(common, bound[i]->type(), *list[i], what);
  }
  // A number in text may need a wider type.
  for (size_t i = 0; i < list.size() && common && common->is_numeric(); ++i)
    if (bound[i] && is_text_literal(i))
      if (const ExpressionPtr number = number_in_text(list[i]->text, list[i]->position))
        common = join_types(common, number->type(), *list[i], what);
  *type = common.value_or(varchar_type);
  for (size_t i = 0; i < list.size(); ++i)
    bound[i] = bound[i] ? take_type(std::move(bound[i]), *type, *list[i], what) : make_null(*type);
  return bound;
}

std::optional<Type> ExpressionBinder::join_types(const std::optional<Type>& common, const Type& next,
                                                 const syntax::Expression& e, const std::string& what) const {
  auto both = common ? common_type(*common, next, Fields::united) : std::optional(next);
  if (!both)
    refuse(ErrorCode::type_mismatch, e.position,
           fmt::format("{} must all be of one type; here is {} after {}", what, next.to_string(), common->to_string()));
  return both;
}

// One value of several that are to have one type.
ExpressionPtr ExpressionBinder::take_type(ExpressionPtr bound, const Type& type, const syntax::Expression& e,
                                          const std::string& what) const {
  if (!(bound->type() == type) && (e.kind == Kind::array || e.kind == Kind::structure) &&
      bound->type().kind() == type.kind())
    return bind_constructor_as(e, type, what);
  const bool text = type.is(TypeKind::varchar);
  const bool literal = e.kind == Kind::string_literal && !text;
  const bool as_text = text && e.kind <= Kind::string_literal;
  if (!(bound->type() == type) && !literal && !as_text && !common_type(bound->type(), type, Fields::united))
    refuse(ErrorCode::type_mismatch, e.position,
           fmt::format("{} must all be of one type; here is {}, others are {}. Cast it", what,
                       bound->type().to_string(), type.to_string()));
  if (literal && type.is(TypeKind::boolean) && !is_boolean_text(e.text))
    refuse(ErrorCode::type_mismatch, e.position,
           fmt::format("{} must all be of one type; '{}' is no BOOLEAN", what, e.text));
  ExpressionPtr cast = make_cast(std::move(bound), type);
  if (!literal) return cast;
  RowErrors errors;
  if (!evaluate_constant(*cast, errors)->valid(0))
    refuse(ErrorCode::type_mismatch, e.position,
           fmt::format("{} must all be of one type; '{}' is no {}", what, e.text, type.to_string()));
  return cast;
}

// An ARRAY or a STRUCT that is written out takes the type part by part, so that a literal's text within it does, too.
ExpressionPtr ExpressionBinder::bind_constructor_as(const syntax::Expression& e, const Type& type,
                                                    const std::string& what) const {
  const auto part = [&](const syntax::Expression& child, const Type& wanted) {
    return is_null_literal(child) ? make_null(wanted) : take_type(bind(child), wanted, child, what);
  };
  std::vector<ExpressionPtr> parts;
  if (e.kind == Kind::array) {
    for (const auto& child : e.children) parts.push_back(part(*child, type.element()));
    return make_array(std::move(parts), type);
  }
  for (size_t f = 0; f < type.field_names().size(); ++f) {
    const auto named = std::find_if(e.names.begin(), e.names.end(),
                                    [&](const syntax::Name& name) { return name.text == type.field_names()[f]; });
    parts.push_back(named == e.names.end()
                        ? make_null(type.field_types()[f])
                        : part(*e.children[static_cast<size_t>(named - e.names.begin())], type.field_types()[f]));
  }
  return make_structure(std::move(parts), type);
}

ExpressionPtr ExpressionBinder::bind_in(const syntax::Expression& e) const {
  std::vector<const syntax::Expression*> list;
  for (const auto& child : e.children) list.push_back(child.get());
  Type type;
  std::vector<ExpressionPtr> bound = bind_unified(list, &type, "the value and the list of IN");
  ExpressionPtr value = std::move(bound.front());
  bound.erase(bound.begin());
  ExpressionPtr in = make_in(std::move(value), std::move(bound));
  return e.negated ? make_not(std::move(in)) : in;
}

ExpressionPtr ExpressionBinder::bind_like(const syntax::Expression& e) const {
  char escape = 0;
  if (e.children.size() == 3) {
    const syntax::Expression& character = *e.children[2];
    if (character.kind != Kind::string_literal || character.text.size() != 1)
      refuse(ErrorCode::literal_invalid, character.position, "ESCAPE needs a string of one character");
    escape = character.text[0];
  }
  ExpressionPtr like = make_like(bind_as(*e.children[0], varchar_type, "the value of LIKE"),
                                 bind_as(*e.children[1], varchar_type, "the pattern of LIKE"), escape);
  return e.negated ? make_not(std::move(like)) : like;
}

ExpressionPtr ExpressionBinder::bind_case(const syntax::Expression& e) const {
  const bool simple = e.kind == Kind::case_simple;
  const size_t first = simple ? 1 : 0;
  const bool has_else = (e.children.size() - first) % 2 == 1;
  const size_t pairs = (e.children.size() - first) / 2;
  std::vector<const syntax::Expression*> results;
  for (size_t i = 0; i < pairs; ++i) results.push_back(e.children[first + 2 * i + 1].get());
  if (has_else) results.push_back(e.children.back().get());
  Type type;
  std::vector<ExpressionPtr> values = bind_unified(results, &type, "the results of CASE");
  std::vector<ExpressionPtr> parts;
  for (size_t i = 0; i < pairs; ++i) {
    const syntax::Expression& when = *e.children[first + 2 * i];
    parts.push_back(simple ? compare(ComparisonOp::equal, bind(*e.children[0]), bind(when), when)
                           : bind_condition(when));
    parts.push_back(values[i]);
  }
  if (has_else) parts.push_back(values.back());
  return make_case(std::move(parts), type);
}

ExpressionPtr ExpressionBinder::bind_cast(const syntax::Expression& e) const {
  const Type to = bind_type(*e.type, context_.catalog);
  if (is_null_literal(*e.children[0])) return make_null(to);
  ExpressionPtr child = bind(*e.children[0]);
  if (!can_cast(child->type(), to))
    refuse(ErrorCode::type_mismatch, e.position,
           fmt::format("{} cannot be cast to {}", child->type().to_string(), to.to_string()));
  return make_cast(std::move(child), to);
}

namespace {

// MINUTES in TIMESTAMPADD(MINUTES, 1, t), which is written like a column.
bool names_unit(const Function& function, const syntax::Expression& e) {
  return e.kind == Kind::column && e.qualifier.empty() && function.overloads[0].signature.takes_unit() &&
         unit_milliseconds(e.text);
}

}  // namespace

ExpressionPtr ExpressionBinder::bind_call(const syntax::Expression& e) const {
  const Function* function = context_.functions.find(e.text);
  if (function == nullptr) {
    if (context_.aggregates.find(e.text) != nullptr)
      refuse(ErrorCode::grouping_invalid, e.position,
             fmt::format("the aggregate {} cannot stand here; it belongs into the SELECT or HAVING of a GROUP BY",
                         e.text));
    refuse_unknown_function(e, context_);
  }
  if (function->gives_rows)
    refuse(ErrorCode::query_invalid, e.position,
           fmt::format("{} makes several rows of one: it stands in the list after SELECT only, not within an aggregate "
                       "or another table function",
                       e.text));
  return bind_function(e, *function);
}

ExpressionPtr ExpressionBinder::bind_function(const syntax::Expression& e, const Function& function) const {
  std::vector<ExpressionPtr> arguments;
  std::vector<std::optional<Type>> types;
  for (const auto& child : e.children) {
    const bool unit = arguments.empty() && names_unit(function, *child);
    arguments.push_back(unit ? make_varchar(child->text) : is_null_literal(*child) ? nullptr : bind(*child));
    types.push_back(arguments.back() ? std::optional(arguments.back()->type()) : std::nullopt);
  }
  const auto [index, match] = choose_overload(function.overloads, types, e);
  std::vector<Type> parameters;
  for (size_t i = 0; i < arguments.size(); ++i) {
    arguments[i] =
        arguments[i] ? make_cast(std::move(arguments[i]), match.parameters[i]) : make_null(match.parameters[i]);
    parameters.push_back(match.parameters[i]);
  }
  const auto& refine = function.overloads[index].result_type;
  return make_call(function, index, std::move(arguments), refine ? refine(parameters) : match.result);
}

ExpressionPtr ExpressionBinder::bind_field(const syntax::Expression& e) const {
  ExpressionPtr base = bind(*e.children[0]);
  if (!base->type().is(TypeKind::struct_))
    refuse(ErrorCode::type_mismatch, e.position, "-> needs a STRUCT, here is " + base->type().to_string());
  const auto& names = base->type().field_names();
  const auto found = std::find(names.begin(), names.end(), e.text);
  if (found == names.end())
    refuse(ErrorCode::column_unknown, e.position,
           fmt::format("the STRUCT has no field {}{}", e.text, did_you_mean(e.text, names)));
  return make_field(std::move(base), static_cast<size_t>(found - names.begin()));
}

ExpressionPtr ExpressionBinder::bind_subscript(const syntax::Expression& e) const {
  ExpressionPtr base = bind(*e.children[0]);
  if (base->type().is(TypeKind::array))
    return make_subscript(std::move(base), bind_as(*e.children[1], integer_type, "the index of an ARRAY"));
  if (base->type().is(TypeKind::map)) {
    const Type key = base->type().key();
    return make_subscript(std::move(base), bind_as(*e.children[1], key, "the key of a MAP"));
  }
  refuse(ErrorCode::type_mismatch, e.position, "[] needs an ARRAY or a MAP, here is " + base->type().to_string());
}

ExpressionPtr ExpressionBinder::bind_constructor(const syntax::Expression& e) const {
  std::vector<const syntax::Expression*> even, odd, all;
  for (size_t i = 0; i < e.children.size(); ++i) {
    (i % 2 == 0 ? even : odd).push_back(e.children[i].get());
    all.push_back(e.children[i].get());
  }
  Type type;
  if (e.kind == Kind::array) {
    std::vector<ExpressionPtr> elements = bind_unified(all, &type, "the elements of an ARRAY");
    return make_array(std::move(elements), Type::array(type));
  }
  if (e.kind == Kind::map) {
    Type value;
    const auto keys = bind_unified(even, &type, "the keys of a MAP");
    const auto values = bind_unified(odd, &value, "the values of a MAP");
    if (!type.is(TypeKind::varchar))
      refuse(ErrorCode::type_mismatch, e.position,
             "the keys of a MAP are of type STRING, here they are " + type.to_string());
    std::vector<ExpressionPtr> parts;
    for (size_t i = 0; i < keys.size(); ++i) {
      parts.push_back(keys[i]);
      parts.push_back(values[i]);
    }
    return make_map(std::move(parts), Type::map(type, value));
  }
  std::vector<std::string> names;
  std::vector<Type> types;
  std::vector<ExpressionPtr> fields;
  for (size_t i = 0; i < all.size(); ++i) {
    fields.push_back(bind(*all[i]));
    names.push_back(e.names[i].text);
    types.push_back(fields.back()->type());
  }
  return make_structure(std::move(fields), Type::structure(std::move(names), std::move(types)));
}

}  // namespace millrace
