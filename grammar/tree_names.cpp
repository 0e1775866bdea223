// Names, types and intervals.
#include <algorithm>
#include <charconv>

#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/source_text.h"
#include "grammar/tree.h"

namespace millrace::syntax::tree {

using Parser = antlr::SqlParser;

Position position(const antlr4::Token& token) {
  return {static_cast<int>(token.getLine()), static_cast<int>(token.getCharPositionInLine()) + 1};
}

Position position(Context& context) { return position(*context.start); }

std::string unquoted(const antlr4::Token& token) {
  std::string text = token.getText();
  char quote = text.front();
  std::string value;
  value.reserve(text.size() - 2);
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    value.push_back(text[i]);
    if (text[i] == quote) ++i;
  }
  return value;
}

std::string upper_cased(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

int64_t integer(const antlr4::Token& token) {
  std::string text = token.getText();
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    refuse(SyntaxError::Kind::invalid, "the number " + shown(token) + " is too large", position(token), shown(token));
  }
  return value;
}

std::string shown(const antlr4::Token& token) {
  if (token.getType() == antlr4::Token::EOF) return "the end of the text";
  constexpr size_t bytes_max = 40;
  std::string text = token.getText();
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

void refuse_expecting(const std::string& expected, const antlr4::Token& found) {
  std::string text = shown(found);
  throw Refusal{{.kind = SyntaxError::Kind::unexpected,
                 .message = "expected " + expected + ", found " + text,
                 .position = position(found),
                 .token = text,
                 .expected = expected,
                 .suggestion = {}}};
}

void refuse_token(const antlr4::Token& token, std::string message) {
  refuse(SyntaxError::Kind::unexpected, std::move(message), position(token), shown(token));
}

// An `identifier` or a `bareAlias`: both are one token.
Name name(Context& identifier) {
  const antlr4::Token& token = *identifier.start;
  bool quoted = token.getType() == Parser::QUOTED_IDENTIFIER || token.getType() == Parser::BACKQUOTED_IDENTIFIER;
  Name name{quoted ? unquoted(token) : upper_cased(token.getText()), position(token), quoted};
  if (name.text.empty()) refuse(SyntaxError::Kind::invalid, "a name cannot be empty", name.position, token.getText());
  return name;
}

namespace {

bool is_bare_name(Parser::TypeContext& type) { return type.start == type.stop; }

TypeName collection(Parser::TypeContext& context, TypeName type) {
  bool structure = type.name == "STRUCT";
  for (Parser::TypeArgumentContext* argument : context.arguments) {
    Parser::TypeContext& first = *argument->first;
    if (structure && !is_bare_name(first)) refuse_expecting("the name of a field", *first.start);
    if (structure && argument->second == nullptr) {
      refuse_token(*first.start, "expected a name and a type for each field, as in STRUCT<name STRING>");
    }
    if (!structure && argument->second != nullptr) refuse_expecting("`,` or `>`", *argument->second->start);
    if (structure) type.fields.push_back(name(*first.name));
    type.arguments.push_back(tree::type(structure ? *argument->second : first));
  }
  size_t wanted = type.name == "MAP" ? 2 : 1;
  if (!structure && type.arguments.size() != wanted) {
    refuse_token(*context.start, wanted == 2 ? "a MAP has two types, as in MAP<STRING, INT>"
                                             : "an ARRAY has one type, as in ARRAY<INT>");
  }
  return type;
}

struct Unit {
  std::string_view name;
  int64_t milliseconds;
};

constexpr Unit units[] = {
    {"MILLISECOND", 1}, {"SECOND", 1'000}, {"MINUTE", 60'000}, {"HOUR", 3'600'000}, {"DAY", 86'400'000}};

// With or without the plural's S; 0 where the text names none.
int64_t unit_milliseconds(std::string_view text) {
  for (const Unit& unit : units) {
    if (text == unit.name ||
        (text.size() == unit.name.size() + 1 && text.back() == 'S' && text.starts_with(unit.name))) {
      return unit.milliseconds;
    }
  }
  return 0;
}

}  // namespace

TypeName type(Context& context) {
  auto& typed = static_cast<Parser::TypeContext&>(context);
  Name named = name(*typed.name);
  TypeName type{.name = named.text, .parameters = {}, .arguments = {}, .fields = {}, .position = named.position};
  for (const antlr4::Token* parameter : typed.parameters) {
    int64_t value = integer(*parameter);
    if (value > 1'000'000) {
      refuse(SyntaxError::Kind::invalid, "the number " + shown(*parameter) + " is too large", position(*parameter),
             shown(*parameter));
    }
    type.parameters.push_back(static_cast<int>(value));
  }
  if (typed.empty != nullptr && (typed.empty->getText() != "<>" || type.name != "STRUCT")) {
    refuse_expecting("the types within < and >", *typed.empty);
  }
  return typed.arguments.empty() ? type : collection(typed, std::move(type));
}

Interval interval(Context& context) {
  auto& typed = static_cast<Parser::IntervalContext&>(context);
  Interval interval{integer(*typed.count), position(context)};
  Name unit = name(*typed.unit);
  int64_t milliseconds = unit_milliseconds(unit.text);
  if (milliseconds == 0) {
    refuse_expecting("a unit of time (MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS)", *typed.unit->start);
  }
  if (__builtin_mul_overflow(interval.milliseconds, milliseconds, &interval.milliseconds) ||
      interval.milliseconds > Interval::milliseconds_max) {
    refuse(SyntaxError::Kind::invalid, "the time is too long: at most 3650000 DAYS", interval.position,
           shown(*typed.count));
  }
  return interval;
}

}  // namespace millrace::syntax::tree
