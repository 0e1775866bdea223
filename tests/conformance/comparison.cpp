#include "tests/conformance/comparison.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace millrace::conformance {

namespace {

using Kind = JsonValue::Kind;
constexpr double tolerance = 1e-6;

Difference differ(const std::string& place, const JsonValue& expected, const JsonValue& got) {
  return {place, fmt::format("expected {}, got {}", expected.to_string(), got.to_string())};
}

// A number's digits without sign, point and leading zeros, and how many of them stand after the point.
struct ExactNumber {
  bool negative = false;
  std::string digits;
  int64_t scale = 0;
  bool operator==(const ExactNumber&) const = default;

  explicit ExactNumber(std::string_view text) {
    bool fraction = false;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '-') negative = true;
      if (c == '.') fraction = true;
      if (c == 'e' || c == 'E') {
        scale -= std::strtoll(std::string(text.substr(i + 1)).c_str(), nullptr, 10);
        break;
      }
      if (c < '0' || c > '9') continue;
      if (fraction) ++scale;
      if (c != '0' || !digits.empty()) digits += c;
    }
    if (digits.empty()) negative = false;
  }
};

bool is_fraction(std::string_view text) { return text.find_first_of(".eE") != std::string_view::npos; }

bool same_double(const std::string& left, const std::string& right) {
  const double a = std::strtod(left.c_str(), nullptr);
  const double b = std::strtod(right.c_str(), nullptr);
  return a == b || std::abs(a - b) <= tolerance;
}

bool same_number(const std::string& expected, const std::string& got, const Type* type) {
  if (type != nullptr && type->is(TypeKind::decimal)) return ExactNumber(expected) == ExactNumber(got);
  const bool real = type != nullptr ? type->is(TypeKind::double_) : is_fraction(expected) || is_fraction(got);
  // A whole number may have been written as 1.0.
  if (real || is_fraction(expected)) return same_double(expected, got);
  return ExactNumber(expected) == ExactNumber(got);
}

Difference compare(const std::string& place, const JsonValue& expected, const JsonValue& got, const Type* type);

const Type* member_type(const Type* type, std::string_view name) {
  if (type == nullptr) return nullptr;
  if (type->is(TypeKind::map)) return &type->value();
  if (!type->is(TypeKind::struct_)) return nullptr;
  for (size_t i = 0; i < type->field_names().size(); ++i)
    if (upper(type->field_names()[i]) == upper(name)) return &type->field_types()[i];
  return nullptr;
}

// `type_of` a member's name.
template <class F>
Difference compare_objects(const std::string& place, const JsonValue& expected, const JsonValue& got, F&& type_of) {
  for (const JsonMember& member : expected.members) {
    const JsonValue* value = got.find(member.name);
    if (value == nullptr) value = got.find(upper(member.name));
    const std::string inner = place + "." + member.name;
    if (value == nullptr && member.value.is_null()) continue;  // their number is compared below
    if (value == nullptr) return {inner, fmt::format("expected {}, it is missing", member.value.to_string())};
    if (Difference difference = compare(inner, member.value, *value, type_of(member.name))) return difference;
  }
  if (expected.members.size() != got.members.size())
    return {place, fmt::format("expected {} members, got {}: {}", expected.members.size(), got.members.size(),
                               got.to_string())};
  return {};
}

Difference compare(const std::string& place, const JsonValue& expected, const JsonValue& got, const Type* type) {
  const bool decimal = type != nullptr && type->is(TypeKind::decimal);
  const auto numeric = [](const JsonValue& v) { return v.is(Kind::number) || v.is(Kind::string); };
  if (decimal && numeric(expected) && numeric(got))
    return same_number(expected.text, got.text, type) ? Difference{} : differ(place, expected, got);
  if (expected.kind != got.kind) return differ(place, expected, got);
  switch (expected.kind) {
    case Kind::null:
      return {};
    case Kind::boolean:
    case Kind::string:
      return expected.text == got.text ? Difference{} : differ(place, expected, got);
    case Kind::number:
      return same_number(expected.text, got.text, type) ? Difference{} : differ(place, expected, got);
    case Kind::array: {
      const Type* element = type != nullptr && type->is(TypeKind::array) ? &type->element() : nullptr;
      if (expected.elements.size() != got.elements.size()) return differ(place, expected, got);
      for (size_t i = 0; i < expected.elements.size(); ++i)
        if (Difference d = compare(fmt::format("{}[{}]", place, i), expected.elements[i], got.elements[i], element))
          return d;
      return {};
    }
    case Kind::object:
      return compare_objects(place, expected, got, [&](std::string_view name) { return member_type(type, name); });
  }
  return {};
}

// A key or a value: an object of the columns, or one column's value alone.
Difference compare_row(const std::string& place, const std::string& format, const std::vector<Field>& fields,
                       const JsonValue& expected, const JsonValue& got) {
  // A row of text: cases write a number where the text is one.
  if ((format == "DELIMITED" || format == "NONE") && expected.is(Kind::number) && got.is(Kind::string))
    return expected.text == got.text ? Difference{} : differ(place, expected, got);
  const auto type_of = [&](std::string_view name) -> const Type* {
    for (const Field& field : fields)
      if (upper(field.name) == upper(name)) return &field.type;
    return nullptr;
  };
  bool columns = expected.is(Kind::object) && got.is(Kind::object);
  if (columns && fields.size() == 1 && fields[0].type.is_nested() && !expected.members.empty())
    columns = type_of(expected.members[0].name) != nullptr;
  if (columns) return compare_objects(place, expected, got, type_of);
  return compare(place, expected, got, fields.size() == 1 ? &fields[0].type : nullptr);
}

std::string window_text(const std::optional<CaseWindow>& window) {
  if (!window) return "none";
  return fmt::format("{} {}..{}", window->session ? "session" : "time", window->start, window->end);
}

std::string headers_text(const std::vector<CaseHeader>& headers) {
  std::string out = "[";
  for (const CaseHeader& header : headers)
    out += fmt::format("{}{}={}", out.size() > 1 ? ", " : "", header.name, header.value.value_or("null"));
  return out + "]";
}

// The words and signs of a schema.
std::vector<std::string> schema_tokens(std::string_view text) {
  std::vector<std::string> tokens;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '`') {
      const size_t end = std::min(text.find('`', i + 1), text.size() - 1);
      tokens.emplace_back(text.substr(i + 1, end - i - 1));
      i = end + 1;
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      size_t end = i;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
      std::string word = upper(text.substr(i, end - i));
      if (word == "INT") word = "INTEGER";
      if (word == "VARCHAR") word = "STRING";
      if (word != "PRIMARY") tokens.push_back(std::move(word));
      i = end;
    } else {
      if (std::isspace(static_cast<unsigned char>(c)) == 0) tokens.emplace_back(1, c);
      ++i;
    }
  }
  return tokens;
}

}  // namespace

Difference compare_records(const TopicFormat& format, const CaseRecord& expected, const CaseRecord& got) {
  if (auto d = compare_row("key", format.key_format, format.keys, expected.key, got.key)) return d;
  if (auto d = compare_row("value", format.value_format, format.values, expected.value, got.value)) return d;
  if (expected.timestamp && expected.timestamp != got.timestamp)
    return {"timestamp", fmt::format("expected {}, got {}", *expected.timestamp, got.timestamp.value_or(-1))};
  if (expected.window) {
    const bool same = got.window && expected.window->session == got.window->session &&
                      expected.window->start == got.window->start &&
                      (expected.window->end == got.window->end || (!got.window->session && !format.window_size_ms));
    if (!same)
      return {"window", fmt::format("expected {}, got {}", window_text(expected.window), window_text(got.window))};
  }
  if (expected.headers && *expected.headers != *got.headers)
    return {"headers", fmt::format("expected {}, got {}", headers_text(*expected.headers), headers_text(*got.headers))};
  return {};
}

Difference compare_values(const JsonValue& expected, const JsonValue& got) {
  return compare("it", expected, got, nullptr);
}

bool same_schema(std::string_view left, std::string_view right) { return schema_tokens(left) == schema_tokens(right); }

std::string record_text(const CaseRecord& record) {
  std::string out = fmt::format("{} -> {}", record.key.to_string(), record.value.to_string());
  if (record.timestamp) out += fmt::format(" @{}", *record.timestamp);
  if (record.window) out += fmt::format(" window {}", window_text(record.window));
  if (record.headers && !record.headers->empty()) out += fmt::format(" headers {}", headers_text(*record.headers));
  return out;
}

}  // namespace millrace::conformance
