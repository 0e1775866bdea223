#include "shell/json_text.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace millrace::shell {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

}  // namespace

std::vector<std::string> split_array(std::string_view array) {
  std::vector<std::string> elements;
  array = trim(array);
  if (array.size() < 2 || trim(array.substr(1, array.size() - 2)).empty()) return elements;
  int depth = 0;
  bool quotes = false;
  size_t begin = 1;
  for (size_t i = 0; i < array.size(); ++i) {
    const char c = array[i];
    if (quotes) {
      if (c == '\\') ++i;
      if (c == '"') quotes = false;
    } else if (c == '"') {
      quotes = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (--depth > 0) continue;
      elements.emplace_back(trim(array.substr(begin, i - begin)));
      break;
    } else if (c == ',' && depth == 1) {
      elements.emplace_back(trim(array.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  return elements;
}

std::string plain_text(std::string_view json) {
  if (!json.starts_with('"')) return std::string(json);
  const auto value = nlohmann::json::parse(json, nullptr, false);
  return value.is_string() ? value.get<std::string>() : std::string(json);
}

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> take_lines(std::string& text, bool ended) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  text.erase(0, begin);
  if (ended && !text.empty()) lines.push_back(std::exchange(text, {}));
  return lines;
}

}  // namespace millrace::shell
