// Which web sites' pages may use the server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// A browser lets the page of any site open a WebSocket and post a text to any server that its user reaches; it says by
// the header Origin whose page that is.
class Origins {
 public:
  Origins() = default;
  // "https://a.example, http://localhost:3000"; "null": pages of files, "*": any. Throws Error{property_invalid}.
  explicit Origins(std::string_view list);

  // Always those of the host that the client has sent the request to, as its header Host says; where that is the
  // client's own computer, also those of other ports there: its user has started what serves them.
  bool allow(std::string_view origin, std::string_view host) const;

 private:
  std::vector<std::string> allowed_;
  bool any_ = false;
};

}  // namespace millrace
