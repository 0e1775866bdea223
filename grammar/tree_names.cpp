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
    refuse(SyntaxError::Kind::invalid, "the number " + text + " is too large", position(token), text);
  }
  return value;
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
    if (structure && (argument->second == nullptr || !is_bare_name(first))) {
      refuse(SyntaxError::Kind::unexpected, "expected a name and a type for each field of STRUCT<…>", position(first),
             first.start->getText());
    }
    if (!structure && argument->second != nullptr) {
      const antlr4::Token& token = *argument->second->start;
      refuse(SyntaxError::Kind::unexpected,
             "expected `,` or `>` in the type " + type.name + "<…>, found " + token.getText(), position(token),
             token.getText());
    }
    if (structure) type.fields.push_back(name(*first.name));
    type.arguments.push_back(tree::type(structure ? *argument->second : first));
  }
  size_t wanted = type.name == "MAP" ? 2 : 1;
  if (!structure && type.arguments.size() != wanted) {
    refuse(SyntaxError::Kind::unexpected,
           type.name == "MAP" ? "expected two types in MAP<key, value>" : "expected one type in ARRAY<element>",
           type.position, context.start->getText());
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
      refuse(SyntaxError::Kind::invalid, "the number " + parameter->getText() + " is too large", position(*parameter),
             parameter->getText());
    }
    type.parameters.push_back(static_cast<int>(value));
  }
  if (typed.empty != nullptr && (typed.empty->getText() != "<>" || type.name != "STRUCT")) {
    refuse(SyntaxError::Kind::unexpected, "expected a type's arguments, found " + typed.empty->getText(),
           position(*typed.empty), typed.empty->getText());
  }
  return typed.arguments.empty() ? type : collection(typed, std::move(type));
}

Interval interval(Context& context) {
  auto& typed = static_cast<Parser::IntervalContext&>(context);
  Interval interval{integer(*typed.count), position(context)};
  Name unit = name(*typed.unit);
  int64_t milliseconds = unit_milliseconds(unit.text);
  if (milliseconds == 0) {
    refuse(SyntaxError::Kind::invalid,
           "expected a unit of time (MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS), found " + typed.unit->getText(),
           unit.position, typed.unit->getText());
  }
  if (__builtin_mul_overflow(interval.milliseconds, milliseconds, &interval.milliseconds)) {
    refuse(SyntaxError::Kind::invalid, "the time is too long", interval.position, typed.count->getText());
  }
  return interval;
}

}  // namespace millrace::syntax::tree
