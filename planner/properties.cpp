#include "planner/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "planner/kafka_properties.h"
#include "runtime/nearest_name.h"
#include "runtime/number_text.h"

namespace millrace {

namespace {

constexpr std::array known_properties = {"KAFKA_TOPIC",
                                         "KEY_FORMAT",
                                         "VALUE_FORMAT",
                                         "FORMAT",
                                         "PARTITIONS",
                                         "REPLICAS",
                                         "TIMESTAMP",
                                         "TIMESTAMP_FORMAT",
                                         "WINDOW_TYPE",
                                         "WINDOW_SIZE",
                                         "VALUE_DELIMITER",
                                         "KEY_DELIMITER",
                                         "WRAP_SINGLE_VALUE",
                                         "RETENTION_MS",
                                         "RETENTION_BYTES",
                                         "CLEANUP_POLICY",
                                         "KEY_SCHEMA_ID",
                                         "VALUE_SCHEMA_ID",
                                         "KEY_SCHEMA_FULL_NAME",
                                         "VALUE_SCHEMA_FULL_NAME"};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

constexpr int64_t commit_interval_max_ms = 86'400'000;

struct Unit {
  std::string_view name;
  int64_t milliseconds;
};
constexpr std::array units = {Unit{"MILLISECOND", 1}, Unit{"SECOND", 1000}, Unit{"MINUTE", 60'000},
                              Unit{"HOUR", 3'600'000}, Unit{"DAY", 86'400'000}};

std::optional<int64_t> parse_duration(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  int64_t count = 0;
  if (parse_integer(text.substr(0, space), count) != NumberText::ok || count < 0) return std::nullopt;
  std::string unit = upper(text.substr(std::min(text.find_first_not_of(' ', space), text.size())));
  if (unit.ends_with('S')) unit.pop_back();
  for (const Unit& known : units)
    if (unit == known.name && count <= INT64_MAX / known.milliseconds) return count * known.milliseconds;
  return std::nullopt;
}

[[noreturn]] void refuse_value(const syntax::Property& property, std::string_view expected) {
  refuse(ErrorCode::property_invalid, property.value->position,
         fmt::format("{} must be {}, here is {}", property.name.text, expected, property.value->text));
}

}  // namespace

SourceProperties::SourceProperties(const std::vector<syntax::Property>& properties) : properties_(properties) {
  const std::vector<std::string> known(known_properties.begin(), known_properties.end());
  for (const syntax::Property& property : properties) {
    const std::string name = upper(property.name.text);
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse(ErrorCode::property_unknown, property.name.position,
             fmt::format("there is no property {}{}", property.name.text, did_you_mean(name, known)));
    if (find(name) != &property)
      refuse(ErrorCode::property_invalid, property.name.position, fmt::format("{} is given twice", name));
  }
}

const syntax::Property* SourceProperties::find(std::string_view name) const {
  for (const syntax::Property& property : properties_)
    if (upper(property.name.text) == name) return &property;
  return nullptr;
}

syntax::Position SourceProperties::position(std::string_view name) const {
  const syntax::Property* property = find(name);
  return property == nullptr ? syntax::Position{} : property->value->position;
}

std::optional<std::string> SourceProperties::text(std::string_view name) const {
  const syntax::Property* property = find(name);
  if (property == nullptr) return std::nullopt;
  if (property->value->kind != syntax::Expression::Kind::string_literal) refuse_value(*property, "a string in quotes");
  return property->value->text;
}

std::optional<int64_t> SourceProperties::integer(std::string_view name) const {
  const syntax::Property* property = find(name);
  if (property == nullptr) return std::nullopt;
  int64_t value = 0;
  if (parse_integer(property->value->text, value) != NumberText::ok) refuse_value(*property, "a whole number");
  return value;
}

std::optional<bool> SourceProperties::boolean(std::string_view name) const {
  const syntax::Property* property = find(name);
  if (property == nullptr) return std::nullopt;
  if (upper(property->value->text) == "TRUE") return true;
  if (upper(property->value->text) == "FALSE") return false;
  refuse_value(*property, "true or false");
}

std::optional<int64_t> SourceProperties::milliseconds(std::string_view name) const {
  const syntax::Property* property = find(name);
  if (property == nullptr) return std::nullopt;
  int64_t value = 0;
  if (parse_integer(property->value->text, value) == NumberText::ok && value >= 0) return value;
  const auto duration = parse_duration(property->value->text);
  if (!duration) refuse_value(*property, "a length of time such as '30 SECONDS', or a number of milliseconds");
  return duration;
}

const std::vector<SessionProperty>& session_properties() {
  static const std::vector<SessionProperty> properties = {
      {"auto.offset.reset", "where a new query begins to read: earliest or latest"},
      {"commit.interval.ms", "how long after its last commit a query's step waits for the next, if not as the others'"},
      {"cache.max.bytes.buffering", "0: a table's every update is written; otherwise the last of each key and commit"},
  };
  return properties;
}

std::string session_property_name(const std::string& name, const syntax::Position& position) {
  std::string_view plain = name;
  std::vector<std::string> known;
  for (const SessionProperty& p : session_properties()) known.emplace_back(p.name);
  auto is_known = [&known](std::string_view text) {
    return std::find(known.begin(), known.end(), text) != known.end();
  };
  for (const std::string_view prefix : {"ksql.streams.", "ksql."})
    if (plain.starts_with(prefix) && is_known(plain.substr(prefix.size()))) plain.remove_prefix(prefix.size());
  if (!is_known(plain) && !is_kafka_property(plain))
    refuse(ErrorCode::property_unknown, position,
           fmt::format("there is no property {}{}", name, did_you_mean(name, known)));
  return std::string(plain);
}

std::string check_session_property(const std::string& name, const std::string& value,
                                   const syntax::Position& position) {
  std::string plain = session_property_name(name, position);
  int64_t number = 0;
  if (plain == "auto.offset.reset" && value != "earliest" && value != "latest")
    refuse(ErrorCode::property_invalid, position,
           fmt::format("auto.offset.reset is 'earliest' or 'latest', here it is '{}'", value));
  if (plain == "commit.interval.ms" &&
      (parse_integer(value, number) != NumberText::ok || number < 0 || number > commit_interval_max_ms))
    refuse(ErrorCode::property_invalid, position,
           fmt::format("commit.interval.ms is a number of milliseconds, at most {}, here it is '{}'",
                       commit_interval_max_ms, value));
  if (plain == "cache.max.bytes.buffering" && (parse_integer(value, number) != NumberText::ok || number < 0))
    refuse(ErrorCode::property_invalid, position,
           fmt::format("cache.max.bytes.buffering is a number of bytes, here it is '{}'", value));
  return plain;
}

std::map<std::string, std::string> check_session_properties(const std::map<std::string, std::string>& properties) {
  std::map<std::string, std::string> checked;
  for (const auto& [name, value] : properties) checked.emplace(check_session_property(name, value, {}), value);
  return checked;
}

}  // namespace millrace
