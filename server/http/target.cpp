#include "server/http/target.h"

#include <charconv>

namespace millrace {
namespace {

// `plus` is what a + stands for: itself in a path, a space in a query.
bool decode(std::string_view text, char plus, std::string& decoded) {
  decoded.clear();
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      unsigned char byte = 0;
      if (i + 3 > text.size()) return false;
      const char* end = text.data() + i + 3;
      if (std::from_chars(end - 2, end, byte, 16).ptr != end) return false;
      decoded.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' ? plus : text[i]);
    }
  }
  return true;
}

bool parse_query(std::string_view text, Request& request) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    std::string name;
    std::string value;
    if (!decode(pair.substr(0, equals), ' ', name)) return false;
    if (equals < pair.size() && !decode(pair.substr(equals + 1), ' ', value)) return false;
    request.query.insert_or_assign(std::move(name), std::move(value));
  }
  return true;
}

}  // namespace

bool parse_target(std::string_view target, Request& request) {
  if (const size_t scheme = target.find("://"); scheme != std::string_view::npos && !target.starts_with('/')) {
    const size_t path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  if (target == "*") {
    request.path = std::string(target);
    return true;
  }
  if (!target.starts_with('/')) return false;
  target = target.substr(0, target.find('#'));
  const size_t question = std::min(target.find('?'), target.size());
  if (!decode(target.substr(0, question), '+', request.path)) return false;
  return question == target.size() || parse_query(target.substr(question + 1), request);
}

}  // namespace millrace
