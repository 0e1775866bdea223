// Which handler answers which request.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/http/http_error.h"
#include "server/http/request.h"
#include "server/http/response_stream.h"
#include "server/http/web_socket.h"

namespace millrace {

// The request lives as long as the response stream. An exception ends the request with status 500.
using RouteHandler = std::function<void(Request& request, const ResponseStreamPtr& response)>;

struct Route {
  enum class Body {
    collected,  // Request::body holds all of it before the handler is called
    streamed,   // the handler is called after the headers and reads Request::stream
  };
  enum class Thread {
    worker,  // of the pool: the handler may wait
    front,   // of the connections: it must answer at once
  };

  std::string method;
  std::string pattern;  // "/v1/streams/{name}": a segment in braces stands for any one segment
  RouteHandler handler;
  Body body = Body::collected;
  Thread thread = Thread::worker;
  // Called before the handler, on the front's thread, in the order of arrival.
  std::function<void(Request& request)> arrived = nullptr;
  // Gets requests that ask for a WebSocket, where it is set; the handler, which may then be absent, gets the others.
  WebSocketHandler web_socket = nullptr;
};

// Filled before the front starts, then immutable.
class RouteTable {
 public:
  RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;
  ~RouteTable();

  // Two routes of one method and pattern are a mistake of the program: aborts.
  void add(Route route);
  // What is told of paths that are not in the table, instead of 404.
  void refuse_others(HttpError error) { others_ = std::move(error); }
  // Fills request.parameters. The error is 404, or 405 with Allow. HEAD takes the route of GET. The pointer stays
  // valid.
  std::variant<const Route*, HttpError> find(Request& request) const;
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  std::vector<std::unique_ptr<Route>> routes_;
  std::optional<HttpError> others_;
};

}  // namespace millrace
