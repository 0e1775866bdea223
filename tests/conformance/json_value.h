// JSON as the cases need it: numbers keep their digits, members their order.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::conformance {

struct JsonMember;

struct JsonValue {
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::string text;  // of a string: its characters; of a number or boolean: as it was written
  std::vector<JsonValue> elements;
  std::vector<JsonMember> members;

  bool is(Kind wanted) const { return kind == wanted; }
  bool is_null() const { return kind == Kind::null; }
  // The member of exactly this name; null where there is none.
  const JsonValue* find(std::string_view name) const;
  // The text of a member that is a string, number or boolean, or `otherwise`.
  std::string text_of(std::string_view name, std::string_view otherwise = "") const;
  std::string to_string() const;

  static JsonValue of_string(std::string text);
  static JsonValue of_number(std::string digits);
  static JsonValue of_boolean(bool value);
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

struct JsonError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Comments (// and /* */) may stand between tokens, raw control characters in strings. Throws JsonError with the line.
JsonValue parse_json(std::string_view text);

}  // namespace millrace::conformance
