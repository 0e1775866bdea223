#include "server/http/origins.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <algorithm>

#include "runtime/error.h"

namespace millrace {
namespace {

// In small letters, and without the port that goes without saying.
std::string normal(std::string_view text, bool secure) {
  std::string normal = absl::AsciiStrToLower({text.data(), text.size()});
  const std::string_view port = secure ? ":443" : ":80";
  if (normal.ends_with(port)) normal.resize(normal.size() - port.size());
  return normal;
}

// Of the computer that the browser runs on.
bool is_loopback(std::string_view host) {
  for (const std::string_view own : {"localhost", "127.0.0.1", "[::1]"})
    if (host == own || (host.starts_with(own) && host[own.size()] == ':')) return true;
  return false;
}

bool is_secure(std::string_view origin) { return origin.starts_with("https:"); }

}  // namespace

Origins::Origins(std::string_view list) {
  for (const absl::string_view part : absl::StrSplit(absl::string_view(list.data(), list.size()), ',')) {
    const absl::string_view stripped = absl::StripAsciiWhitespace(part);
    const std::string_view origin(stripped.data(), stripped.size());
    if (origin.empty()) continue;
    const size_t host = origin.find("://");
    const bool whole = host != std::string_view::npos && host + 3 < origin.size() &&
                       origin.find('/', host + 3) == std::string_view::npos;
    if (origin != "*" && origin != "null" && !whole)
      throw Error(ErrorCode::property_invalid,
                  fmt::format("http.origins.allowed: \"{}\" is no origin: expected https://HOST or https://HOST:PORT, "
                              "null for pages of files, or * for any",
                              origin));
    any_ = any_ || origin == "*";
    allowed_.push_back(normal(origin, is_secure(origin)));
  }
}

bool Origins::allow(std::string_view origin, std::string_view host) const {
  const bool secure = is_secure(origin);
  // For a WebSocket of a file's page some browsers say so instead of null.
  const std::string wanted = origin == "file://" ? "null" : normal(origin, secure);
  const size_t begin = wanted.find("://");
  if (begin != std::string::npos && !host.empty()) {
    const std::string page = wanted.substr(begin + 3), own = normal(host, secure);
    if (page == own || (is_loopback(page) && is_loopback(own))) return true;
  }
  return any_ || std::find(allowed_.begin(), allowed_.end(), wanted) != allowed_.end();
}

}  // namespace millrace
