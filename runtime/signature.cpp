#include "runtime/signature.h"

#include <algorithm>
#include <map>

#include "runtime/check.h"
#include "runtime/decimal.h"

namespace millrace {

namespace {

// What a DECIMAL parameter makes of an argument that need not be exact.
Type as_decimal(const Type& type) { return type.is(TypeKind::double_) ? Type::decimal(38, 10) : decimal_type_of(type); }

std::optional<TypeKind> kind_named(std::string_view name) {
  static const std::map<std::string_view, TypeKind> kinds = {
      {"BOOLEAN", TypeKind::boolean}, {"INT", TypeKind::integer},
      {"BIGINT", TypeKind::bigint},   {"DOUBLE", TypeKind::double_},
      {"DECIMAL", TypeKind::decimal}, {"VARCHAR", TypeKind::varchar},
      {"BYTES", TypeKind::bytes},     {"DATE", TypeKind::date},
      {"TIME", TypeKind::time},       {"TIMESTAMP", TypeKind::timestamp},
      {"UNIT", TypeKind::varchar},    {"ARRAY", TypeKind::array},
      {"MAP", TypeKind::map},         {"STRUCT", TypeKind::struct_}};
  const auto found = kinds.find(name);
  if (found == kinds.end()) return std::nullopt;
  return found->second;
}

class SignatureReader {
 public:
  explicit SignatureReader(std::string_view text) : text_(text) {}

  bool take(std::string_view token) {
    while (!text_.empty() && text_[0] == ' ') text_.remove_prefix(1);
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) { MILLRACE_CHECK(take(token)); }

  TypePattern pattern() {
    take("");
    size_t length = 0;
    while (length < text_.size() && (std::isalpha(static_cast<unsigned char>(text_[length])) != 0)) ++length;
    MILLRACE_CHECK(length > 0);
    const std::string_view word = text_.substr(0, length);
    text_.remove_prefix(length);
    TypePattern out;
    if (const auto kind = kind_named(word)) {
      out.kind = *kind;
    } else {
      out.variable = word;
    }
    if (take("<")) {
      do out.nested.push_back(pattern());
      while (take(","));
      expect(">");
    }
    return out;
  }

 private:
  std::string_view text_;
};

constexpr std::string_view any = "ANY";

using Bindings = std::map<std::string, Type>;

std::optional<int> unify(const TypePattern& pattern, const Type& type, Bindings& bindings) {
  if (pattern.variable == any) return 1;
  if (!pattern.variable.empty()) {
    const auto [at, fresh] = bindings.try_emplace(pattern.variable, type);
    if (fresh || at->second == type) return 1;
    // A second argument of the same variable widens it where one of the two converts to the other.
    const auto common = common_type(at->second, type);
    if (!common) return std::nullopt;
    at->second = *common;
    return 3;
  }
  if (pattern.nested.empty()) {
    if (pattern.kind == type.kind()) return 0;
    if (type.is_nested() || pattern.kind >= TypeKind::array) return std::nullopt;
    if (pattern.kind == TypeKind::decimal) {
      if (!type.is(TypeKind::integer) && !type.is(TypeKind::bigint)) return std::nullopt;
      return implicit_cast_cost(type, as_decimal(type));
    }
    return implicit_cast_cost(type, Type(pattern.kind));
  }
  if (pattern.kind != type.kind()) return std::nullopt;
  int cost = 0;
  for (size_t i = 0; i < pattern.nested.size(); ++i) {
    const auto part = unify(pattern.nested[i], i == 0 ? type.element() : type.value(), bindings);
    // Elements are not converted: a nested type fits exactly or not at all.
    if (!part || (*part > 1 && pattern.nested[i].variable.empty())) return std::nullopt;
    cost += *part;
  }
  return cost;
}

Type resolve(const TypePattern& pattern, const Bindings& bindings, const std::optional<Type>& argument) {
  if (pattern.variable == any) return argument.value_or(varchar_type);
  if (!pattern.variable.empty()) {
    const auto found = bindings.find(pattern.variable);
    return found == bindings.end() ? varchar_type : found->second;
  }
  switch (pattern.kind) {
    case TypeKind::array:
      return Type::array(resolve(pattern.nested[0], bindings, {}));
    case TypeKind::map:
      return Type::map(resolve(pattern.nested[0], bindings, {}), resolve(pattern.nested[1], bindings, {}));
    case TypeKind::decimal:
      return argument ? as_decimal(*argument) : Type::decimal(38, 10);
    default:
      return Type(pattern.kind);
  }
}

}  // namespace

Signature::Signature(std::string text) : text_(std::move(text)) {
  SignatureReader reader(text_);
  reader.expect("(");
  if (!reader.take(")")) {
    do {
      parameters_.push_back(reader.pattern());
      if (reader.take("...")) variadic_ = parameters_.size() - 1;
    } while (reader.take(","));
    reader.expect(")");
  }
  reader.expect("->");
  result_ = reader.pattern();
}

std::optional<Signature::Match> Signature::match(const std::vector<std::optional<Type>>& types) const {
  const size_t fixed = variadic_ ? parameters_.size() - 1 : parameters_.size();
  if (types.size() < fixed || (!variadic_ && types.size() > fixed)) return std::nullopt;
  const size_t repeated = types.size() - fixed;
  auto pattern_of = [&](size_t i) -> const TypePattern& {
    if (!variadic_ || i < *variadic_) return parameters_[i];
    return parameters_[i < *variadic_ + repeated ? *variadic_ : i + 1 - repeated];
  };
  Match match;
  match.cost = variadic_ ? 2 : 0;
  Bindings bindings;
  std::optional<Type> decimal;  // the widest
  for (size_t i = 0; i < types.size(); ++i) {
    if (!types[i]) continue;
    const auto cost = unify(pattern_of(i), *types[i], bindings);
    if (!cost) return std::nullopt;
    match.cost += *cost;
    if (pattern_of(i).kind == TypeKind::decimal && pattern_of(i).variable.empty())
      decimal = decimal ? common_type(*decimal, as_decimal(*types[i])) : as_decimal(*types[i]);
  }
  for (size_t i = 0; i < types.size(); ++i) match.parameters.push_back(resolve(pattern_of(i), bindings, types[i]));
  match.result = resolve(result_, bindings, decimal);
  return match;
}

std::optional<int> implicit_cast_cost(const Type& from, const Type& to) {
  if (from == to) return 0;
  if (!from.is_numeric() || !to.is_numeric()) return std::nullopt;
  auto rank = [](const Type& t) {
    switch (t.kind()) {
      case TypeKind::integer:
        return 0;
      case TypeKind::bigint:
        return 1;
      case TypeKind::decimal:
        return 2;
      default:
        return 3;
    }
  };
  if (rank(from) > rank(to)) return std::nullopt;
  if (to.is(TypeKind::decimal)) {
    const Type source = as_decimal(from);
    if (source.scale() > to.scale() || source.precision() - source.scale() > to.precision() - to.scale())
      return std::nullopt;
  }
  return 2 + rank(to) - rank(from);
}

namespace {

// Of two types of the same nested kind.
std::optional<Type> common_nested(const Type& a, const Type& b, Fields fields) {
  if (a.is(TypeKind::array)) {
    const auto element = common_type(a.element(), b.element(), fields);
    return element ? std::optional(Type::array(*element)) : std::nullopt;
  }
  if (a.is(TypeKind::map)) {
    const auto value = a.key() == b.key() ? common_type(a.value(), b.value(), fields) : std::nullopt;
    return value ? std::optional(Type::map(a.key(), *value)) : std::nullopt;
  }
  if (fields == Fields::equal && a.field_names() != b.field_names()) return std::nullopt;
  std::vector<std::string> names = a.field_names();
  std::vector<Type> types = a.field_types();
  for (size_t i = 0; i < b.field_names().size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), b.field_names()[i]);
    if (found == names.end()) {
      names.push_back(b.field_names()[i]);
      types.push_back(b.field_types()[i]);
      continue;
    }
    Type& type = types[static_cast<size_t>(found - names.begin())];
    const auto both = common_type(type, b.field_types()[i], fields);
    if (!both) return std::nullopt;
    type = *both;
  }
  return Type::structure(std::move(names), std::move(types));
}

}  // namespace

std::optional<Type> common_type(const Type& a, const Type& b, Fields fields) {
  if (a == b) return a;
  if (a.is_nested() && a.kind() == b.kind()) return common_nested(a, b, fields);
  if (!a.is_numeric() || !b.is_numeric()) return std::nullopt;
  if (a.is(TypeKind::double_) || b.is(TypeKind::double_)) return double_type;
  if (a.is(TypeKind::decimal) || b.is(TypeKind::decimal)) {
    const Type x = as_decimal(a);
    const Type y = as_decimal(b);
    const int scale = std::max(x.scale(), y.scale());
    const int whole = std::max(x.precision() - x.scale(), y.precision() - y.scale());
    return Type::decimal(std::min(38, whole + scale), scale);
  }
  return bigint_type;
}

}  // namespace millrace
