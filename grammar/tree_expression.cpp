// Expressions: the parser's flat lists of operands and operators become trees here, by precedence.
#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/source_text.h"
#include "grammar/tree.h"

namespace millrace::syntax::tree {

namespace {

using Kind = Expression::Kind;
using Parser = antlr::SqlParser;

ExpressionPtr node(Kind kind, const antlr4::Token& token, std::string text = {}) {
  auto made = std::make_unique<Expression>();
  made->kind = kind;
  made->position = position(token);
  made->text = std::move(text);
  return made;
}

ExpressionPtr node(Kind kind, const antlr4::Token& token, std::string text, ExpressionPtr first, ExpressionPtr second) {
  ExpressionPtr made = node(kind, token, std::move(text));
  made->children.push_back(std::move(first));
  made->children.push_back(std::move(second));
  return made;
}

ExpressionPtr sum(Parser::SumContext& context);

void add_all(std::vector<ExpressionPtr>& to, const std::vector<Parser::ExpressionContext*>& contexts) {
  to.reserve(to.size() + contexts.size());
  for (Parser::ExpressionContext* context : contexts) to.push_back(expression(*context));
}

// ---- what an expression is before it is built: a list in parentheses, a name

// The one operand that the expression consists of, or null.
Parser::OperandContext* only_operand(Parser::ExpressionContext& context) {
  if (context.operands.size() != 1) return nullptr;
  Parser::PredicateContext& predicate = *context.operands.front();
  if (!predicate.nots.empty() || predicate.predicateTail() != nullptr) return nullptr;
  if (predicate.left->operands.size() != 1) return nullptr;
  Parser::OperandContext* operand = predicate.left->operands.front();
  return operand->signs.empty() ? operand : nullptr;
}

// The same, if it is an atom and nothing else.
Parser::AtomContext* only_atom(Parser::ExpressionContext& context) {
  Parser::OperandContext* operand = only_operand(context);
  return operand != nullptr && operand->suffixes.empty() ? operand->atom() : nullptr;
}

bool is_plain_name(Parser::AtomContext& atom) {
  return atom.name != nullptr && atom.column == nullptr && atom.star == nullptr && atom.call == nullptr &&
         atom.text == nullptr;
}

Name plain_name(Parser::ExpressionContext& context, const char* expected) {
  Parser::AtomContext* atom = only_atom(context);
  if (atom == nullptr || !is_plain_name(*atom)) {
    refuse_expecting(expected, *context.start);
  }
  return name(*atom->name);
}

// ---- atoms

ExpressionPtr literal_node(const antlr4::Token& token, bool negative = false) {
  std::string text = (negative ? "-" : "") + token.getText();
  switch (token.getType()) {
    case Parser::NULL_:
      return node(Kind::null_literal, token);
    case Parser::TRUE_:
    case Parser::FALSE_:
      return node(Kind::boolean_literal, token, upper_cased(text));
    case Parser::INTEGER:
      return node(Kind::integer_literal, token, text);
    case Parser::DECIMAL:
      return node(Kind::decimal_literal, token, text);
    case Parser::DOUBLE:
      return node(Kind::double_literal, token, text);
    default:
      return node(Kind::string_literal, token, unquoted(token));
  }
}

ExpressionPtr lambda(Parser::ArgumentContext& context) {
  ExpressionPtr made = node(Kind::lambda, *context.start);
  Parser::AtomContext* atom = only_atom(*context.left);
  if (atom != nullptr && atom->open != nullptr) {
    for (Parser::ExpressionContext* item : atom->items) made->names.push_back(plain_name(*item, "a parameter's name"));
  } else {
    made->names.push_back(plain_name(*context.left, "a parameter's name, or names in parentheses, before =>"));
  }
  made->children.push_back(expression(*context.right));
  return made;
}

// MAP(k := v, …) and STRUCT(f := v, …).
ExpressionPtr constructor(Parser::AtomContext& context, bool structure) {
  ExpressionPtr made = node(structure ? Kind::structure : Kind::map, *context.start);
  for (Parser::ArgumentContext* argument : context.arguments) {
    if (argument->op == nullptr || argument->op->getType() != Parser::ASSIGN) {
      const antlr4::Token& token = argument->op != nullptr ? *argument->op : *argument->stop;
      refuse_token(token,
                   std::string("expected ") + (structure ? "STRUCT(field := value, …)" : "MAP(key := value, …)"));
    }
    if (structure) {
      made->names.push_back(plain_name(*argument->left, "a field's name"));
    } else {
      made->children.push_back(expression(*argument->left));
    }
    made->children.push_back(expression(*argument->right));
  }
  return made;
}

ExpressionPtr call(Parser::AtomContext& context) {
  Name function = name(*context.name);
  bool structure = !function.quoted && function.text == "STRUCT";
  if (context.star == nullptr && !function.quoted && (structure || function.text == "MAP")) {
    return constructor(context, structure);
  }
  ExpressionPtr made = node(Kind::call, *context.start, function.text);
  if (context.star != nullptr) made->children.push_back(node(Kind::star, *context.star));
  for (Parser::ArgumentContext* argument : context.arguments) {
    if (argument->op == nullptr) {
      made->children.push_back(expression(*argument->left));
    } else if (argument->op->getType() == Parser::LAMBDA) {
      made->children.push_back(lambda(*argument));
    } else {
      refuse_expecting("`,` or `)`", *argument->op);
    }
  }
  return made;
}

// DATE '2024-02-29' and its like are casts.
ExpressionPtr typed_literal(Parser::AtomContext& context) {
  Name type = name(*context.name);
  if (type.quoted || (type.text != "DATE" && type.text != "TIME" && type.text != "TIMESTAMP")) {
    refuse_expecting("an operator, `,` or the next clause", *context.text);
  }
  ExpressionPtr made = node(Kind::cast, *context.start);
  made->type = TypeName{.name = type.text, .parameters = {}, .arguments = {}, .fields = {}, .position = type.position};
  made->children.push_back(literal_node(*context.text));
  return made;
}

ExpressionPtr named(Parser::AtomContext& context) {
  if (context.call != nullptr) return call(context);
  if (context.text != nullptr) return typed_literal(context);
  if (context.star != nullptr) {
    refuse_token(*context.star, shown(*context.start) + ".* can only be an item of SELECT");
  }
  if (context.column == nullptr) {
    ExpressionPtr made = node(Kind::column, *context.start, name(*context.name).text);
    made->double_quoted = context.start->getType() == Parser::QUOTED_IDENTIFIER;
    return made;
  }
  ExpressionPtr made = node(Kind::column, *context.start, name(*context.column).text);
  made->qualifier = name(*context.name).text;
  return made;
}

ExpressionPtr case_node(Parser::AtomContext& context) {
  ExpressionPtr made = node(context.subject != nullptr ? Kind::case_simple : Kind::case_searched, *context.start);
  if (context.subject != nullptr) made->children.push_back(expression(*context.subject));
  for (Parser::WhenContext* when : context.whens) {
    made->children.push_back(expression(*when->condition));
    made->children.push_back(expression(*when->result));
  }
  if (context.otherwise != nullptr) made->children.push_back(expression(*context.otherwise));
  return made;
}

ExpressionPtr atom(Parser::AtomContext& context) {
  if (context.literalToken != nullptr) return literal_node(*context.literalToken);
  if (context.name != nullptr) return named(context);
  if (context.caseToken != nullptr) return case_node(context);
  if (context.castToken != nullptr) {
    ExpressionPtr made = node(Kind::cast, *context.start);
    made->children.push_back(expression(*context.inner));
    made->type = type(*context.type());
    return made;
  }
  if (context.items.size() == 1) return expression(*context.items.front());
  const antlr4::Token& token = context.items.empty() ? *context.stop : *context.COMMA(0)->getSymbol();
  refuse_expecting(context.items.empty() ? "an expression" : "an operator or `)`", token);
}

// ---- operands and operators

ExpressionPtr suffixed(ExpressionPtr base, Parser::SuffixContext& suffix, bool array_word) {
  if (suffix.star != nullptr) refuse_token(*suffix.star, "->* can only end an item of SELECT");
  if (suffix.field != nullptr) {
    ExpressionPtr made = node(Kind::field, *suffix.start, name(*suffix.field).text);
    made->children.push_back(std::move(base));
    return made;
  }
  bool array = array_word && base->kind == Kind::column && base->qualifier.empty();
  if (array) {
    base->kind = Kind::array;
    base->text.clear();
    add_all(base->children, suffix.index);
    return base;
  }
  if (suffix.index.size() != 1) {
    refuse_token(*suffix.stop,
                 suffix.index.empty() ? "expected an index between [ and ]" : "expected one index between [ and ]");
  }
  return node(Kind::subscript, *suffix.start, {}, std::move(base), expression(*suffix.index.front()));
}

// Without the last `omitted` suffixes.
ExpressionPtr operand(Parser::OperandContext& context, size_t omitted = 0) {
  Parser::AtomContext& atom_context = *context.atom();
  const antlr4::Token* token = atom_context.literalToken;
  size_t signs = context.signs.size();
  bool number = token != nullptr && context.suffixes.empty() &&
                (token->getType() == Parser::INTEGER || token->getType() == Parser::DECIMAL ||
                 token->getType() == Parser::DOUBLE);
  bool negative = number && signs > 0 && context.signs.back()->getType() == Parser::MINUS;
  ExpressionPtr made = negative ? literal_node(*token, true) : atom(atom_context);
  if (negative) made->position = position(*context.signs[--signs]);
  for (size_t i = 0; i + omitted < context.suffixes.size(); ++i) {
    bool array = i == 0 && atom_context.start->getType() == Parser::ARRAY;
    made = suffixed(std::move(made), *context.suffixes[i], array);
  }
  while (signs > 0) {
    const antlr4::Token& sign = *context.signs[--signs];
    if (sign.getType() == Parser::PLUS) continue;
    ExpressionPtr negated = node(Kind::negate, sign);
    negated->children.push_back(std::move(made));
    made = std::move(negated);
  }
  return made;
}

// `left operator right`, or only `right` where there is no operator yet and nothing on the left.
ExpressionPtr joined(ExpressionPtr left, const antlr4::Token* op, ExpressionPtr right) {
  if (op == nullptr) return right;
  return node(Kind::arithmetic, *op, op->getText(), std::move(left), std::move(right));
}

// * / % bind closer than + -, and these closer than ||, which is the function CONCAT.
ExpressionPtr sum(Parser::SumContext& context) {
  std::vector<ExpressionPtr> parts;
  const antlr4::Token* concatenation = nullptr;
  const antlr4::Token* addition = nullptr;
  ExpressionPtr total;
  ExpressionPtr product = operand(*context.operands.front());
  for (size_t i = 0; i < context.operators.size(); ++i) {
    const antlr4::Token* op = context.operators[i];
    ExpressionPtr next = operand(*context.operands[i + 1]);
    if (op->getType() == Parser::STAR || op->getType() == Parser::SLASH || op->getType() == Parser::PERCENT) {
      product = joined(std::move(product), op, std::move(next));
      continue;
    }
    total = joined(std::move(total), addition, std::move(product));
    product = std::move(next);
    addition = op;
    if (op->getType() == Parser::CONCAT) {
      if (concatenation == nullptr) concatenation = op;
      parts.push_back(std::move(total));
      addition = nullptr;
    }
  }
  total = joined(std::move(total), addition, std::move(product));
  if (concatenation == nullptr) return total;
  ExpressionPtr made = node(Kind::call, *concatenation, "CONCAT");
  made->children = std::move(parts);
  made->children.push_back(std::move(total));
  return made;
}

ExpressionPtr comparison(Parser::PredicateTailContext& tail, ExpressionPtr left) {
  std::string text = tail.op->getText();
  if (tail.op->getType() == Parser::NOT_EQUAL) text = "<>";
  if (tail.op->getType() == Parser::IS) text = tail.negated != nullptr ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM";
  return node(Kind::comparison, *tail.op, std::move(text), std::move(left), sum(*tail.right));
}

ExpressionPtr tested(Parser::PredicateTailContext& tail, ExpressionPtr left) {
  if (tail.right != nullptr) return comparison(tail, std::move(left));
  Kind kind = Kind::is_null;
  if (tail.low != nullptr) kind = Kind::between;
  if (tail.pattern != nullptr) kind = Kind::like;
  if (!tail.list.empty()) kind = Kind::in_list;
  ExpressionPtr made = node(kind, *tail.op);
  made->negated = tail.negated != nullptr;
  made->children.push_back(std::move(left));
  if (kind == Kind::between) {
    made->children.push_back(sum(*tail.low));
    made->children.push_back(sum(*tail.high));
  } else if (kind == Kind::like) {
    made->children.push_back(sum(*tail.pattern));
    if (tail.escape != nullptr) made->children.push_back(literal_node(*tail.escape));
  }
  add_all(made->children, tail.list);
  return made;
}

ExpressionPtr predicate(Parser::PredicateContext& context) {
  ExpressionPtr made = sum(*context.left);
  if (Parser::PredicateTailContext* tail = context.predicateTail()) made = tested(*tail, std::move(made));
  for (auto token = context.nots.rbegin(); token != context.nots.rend(); ++token) {
    ExpressionPtr negated = node(Kind::logical_not, **token);
    negated->children.push_back(std::move(made));
    made = std::move(negated);
  }
  return made;
}

ExpressionPtr logical(Kind kind, const antlr4::Token* op, std::vector<ExpressionPtr>& parts) {
  if (parts.size() == 1) return std::move(parts.front());
  ExpressionPtr made = node(kind, *op);
  made->children = std::move(parts);
  return made;
}

}  // namespace

ExpressionPtr expression(Context& untyped) {
  auto& context = static_cast<Parser::ExpressionContext&>(untyped);
  std::vector<ExpressionPtr> alternatives;
  std::vector<ExpressionPtr> conditions;
  const antlr4::Token* first_and = nullptr;
  const antlr4::Token* first_or = nullptr;
  conditions.push_back(predicate(*context.operands.front()));
  for (size_t i = 0; i < context.operators.size(); ++i) {
    const antlr4::Token* op = context.operators[i];
    if (op->getType() == Parser::OR) {
      alternatives.push_back(logical(Kind::logical_and, first_and, conditions));
      conditions.clear();
      first_and = nullptr;
      if (first_or == nullptr) first_or = op;
    } else if (first_and == nullptr) {
      first_and = op;
    }
    conditions.push_back(predicate(*context.operands[i + 1]));
  }
  alternatives.push_back(logical(Kind::logical_and, first_and, conditions));
  return logical(Kind::logical_or, first_or, alternatives);
}

ExpressionPtr literal(Context& untyped) {
  auto& context = static_cast<Parser::LiteralContext&>(untyped);
  ExpressionPtr made =
      literal_node(*context.literalToken, context.sign != nullptr && context.sign->getType() == Parser::MINUS);
  made->position = position(context);
  return made;
}

std::vector<ExpressionPtr> grouping(Context& untyped) {
  auto& context = static_cast<Parser::GroupingContext&>(untyped);
  std::vector<ExpressionPtr> list;
  Parser::AtomContext* atom = context.items.size() == 1 ? only_atom(*context.items.front()) : nullptr;
  add_all(list, atom != nullptr && atom->open != nullptr ? atom->items : context.items);
  return list;
}

SelectItem select_item(Context& untyped) {
  auto& context = static_cast<Parser::ExpressionContext&>(untyped);
  SelectItem item;
  item.position = position(context);
  Parser::AtomContext* atom = only_atom(context);
  Parser::OperandContext* only = only_operand(context);
  if (atom != nullptr && atom->name != nullptr && atom->star != nullptr && atom->call == nullptr) {
    item.qualifier = name(*atom->name);
  } else if (only != nullptr && !only->suffixes.empty() && only->suffixes.back()->star != nullptr) {
    item.expression = operand(*only, 1);
    item.all_fields = true;
  } else {
    item.expression = expression(context);
  }
  return item;
}

}  // namespace millrace::syntax::tree
