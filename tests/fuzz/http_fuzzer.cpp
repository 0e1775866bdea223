// Bytes of a connection into the request parser, cut in pieces as the network might. The first byte says how.
// LINK server
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/http/request_parser.h"
#include "server/http/route_table.h"
#include "server/statement_request.h"

namespace {

using millrace::RequestParser;

constexpr uint32_t header_bytes_max = 512;

// One request off the front of `input`; false where the connection would end.
bool take_request(const millrace::RouteTable& routes, std::string_view& input, size_t piece) {
  RequestParser parser(header_bytes_max);
  size_t given = 0;  // bytes that have arrived
  bool routed = false;
  size_t body = 0;
  while (parser.state() == RequestParser::State::header || parser.state() == RequestParser::State::body) {
    const size_t used = parser.put(input.substr(0, given));
    if (used > given) std::abort();
    input.remove_prefix(used);
    given -= used;
    if (parser.state() == RequestParser::State::failed) return false;
    if (!routed && parser.state() != RequestParser::State::header) {
      routed = true;
      parser.keep_alive();
      parser.content_length();
      (void)routes.find(parser.request());
      continue;  // a request without a body is complete without further bytes
    }
    if (routed) {
      const std::string bytes = parser.take_body();
      body += bytes.size();
      (void)millrace::parse_statement_request(bytes);
    }
    if (used > 0 || parser.state() == RequestParser::State::complete) continue;
    // What is kept for later is bounded by the limit, whatever comes.
    if (given > header_bytes_max + piece + 2) std::abort();
    if (given == input.size()) return false;
    given = std::min(input.size(), given + piece);
  }
  if (const auto length = parser.content_length(); length && *length != body) std::abort();
  return parser.keep_alive();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const millrace::RouteTable routes = [] {
    millrace::RouteTable table;
    table.add({"POST", "/ksql", [](millrace::Request&, const millrace::ResponseStreamPtr&) {}});
    table.add({"GET", "/v1/streams/{name}", [](millrace::Request&, const millrace::ResponseStreamPtr&) {}});
    return table;
  }();
  if (size == 0) return 0;
  const size_t piece = data[0] == 0 ? size : data[0];
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!input.empty() && take_request(routes, input, piece)) continue;
  return 0;
}
