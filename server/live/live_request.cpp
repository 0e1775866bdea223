#include "server/live/live_request.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "server/http/duration.h"

namespace millrace {

namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds conflate_min{20};
constexpr milliseconds progress_min{100};
constexpr milliseconds interval_max{3'600'000};
constexpr size_t cursor_bytes_max = 1 << 20;
constexpr std::string_view cursor_version = "1";

[[noreturn]] void refuse_member(std::string message) { throw Error(ErrorCode::value_invalid, std::move(message)); }

milliseconds duration(std::string_view name, const std::string& text, milliseconds min) {
  const auto parsed = parse_duration(text);
  if (!parsed) refuse_member(fmt::format("{} must be a time such as 200ms or 2s, not {}", name, text));
  if (*parsed < min || *parsed > interval_max)
    refuse_member(fmt::format("{} must be from {} ms to 1 hour, not {}", name, min.count(), text));
  return *parsed;
}

SlowPolicy slow_policy(const std::string& text) {
  if (text == "wait") return SlowPolicy::wait;
  if (text == "conflate") return SlowPolicy::conflate;
  if (text == "drop") return SlowPolicy::drop;
  if (text == "disconnect") return SlowPolicy::disconnect;
  refuse_member(fmt::format("slow must be wait, conflate, drop or disconnect, not {}", text));
}

// True: the request took it.
bool take_member(LiveRequest& request, std::string_view name, const std::string& value) {
  if (name == "sql" || name == "ksql") {
    request.sql = value;
  } else if (name == "cursor") {
    if (value.size() > cursor_bytes_max) refuse_member("the cursor is too long");
    request.cursor = value;
  } else if (name == "slow") {
    request.slow = slow_policy(value);
  } else if (name == "conflate") {
    request.conflate = duration(name, value, conflate_min);
  } else if (name == "progress") {
    request.progress = duration(name, value, progress_min);
  } else {
    return false;
  }
  return true;
}

std::string text_of(const std::string& name, const Json& value) {
  if (value.is_structured() || value.is_null()) refuse_member(name + " must be a plain value");
  return value.is_string() ? value.get<std::string>() : value.dump();
}

LiveRequest complete(LiveRequest request) {
  if (request.sql.empty()) refuse_member("expected a SELECT as \"sql\"");
  return request;
}

template <class Number>
Number read_number(std::string_view text, int base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size())
    refuse_member("this is no cursor: give one back as it came with \"progress\"");
  return number;
}

}  // namespace

LiveRequest parse_live_request(const Json& body) {
  if (!body.is_object()) refuse_member("expected a JSON object with \"sql\"");
  LiveRequest request;
  for (const auto& [name, value] : body.items()) {
    if (name == "properties" || name == "streamsProperties") {
      if (!value.is_object()) refuse_member(name + " must be an object of plain values");
      for (const auto& [property, setting] : value.items())
        request.session.properties[property] = text_of(property, setting);
    } else if (!value.is_structured() && !value.is_null()) {
      take_member(request, name, text_of(name, value));
    }
  }
  return complete(std::move(request));
}

LiveRequest parse_live_request(const std::map<std::string, std::string, std::less<>>& parameters) {
  LiveRequest request;
  for (const auto& [name, value] : parameters)
    if (!take_member(request, name, value)) request.session.properties[name] = value;
  return complete(std::move(request));
}

// "1.<topic id>.<offset of partition 0>-<of partition 1>-…"
std::string write_cursor(const std::vector<Position>& positions) {
  std::string out = fmt::format("{}.{:x}", cursor_version, positions.empty() ? 0 : positions[0].topic.value);
  for (size_t i = 0; i < positions.size(); ++i)
    fmt::format_to(std::back_inserter(out), "{}{}", i == 0 ? '.' : '-', positions[i].next);
  return out;
}

std::vector<Position> read_cursor(std::string_view cursor) {
  const auto take = [&cursor](char end) {
    const size_t at = std::min(cursor.find(end), cursor.size());
    const std::string_view part = cursor.substr(0, at);
    cursor.remove_prefix(std::min(at + 1, cursor.size()));
    return part;
  };
  if (take('.') != cursor_version) refuse_member("this is no cursor: give one back as it came with \"progress\"");
  const TopicId topic{read_number<uint64_t>(take('.'), 16)};
  std::vector<Position> positions;
  do {
    positions.push_back({topic, static_cast<int32_t>(positions.size()), read_number<int64_t>(take('-'), 10)});
  } while (!cursor.empty());
  return positions;
}

}  // namespace millrace
