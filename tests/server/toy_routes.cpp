#include "tests/server/toy_routes.h"

#include <stdexcept>

namespace millrace {
namespace {

void echo(Request& request, const ResponseStreamPtr& response) {
  std::string body = "<" + request.parameters["name"] + ">";
  for (const auto& [name, value] : request.query) body.append(name).append("=").append(value).append(";");
  response->reply(200, {}, body);
}

void count(Request& request, const ResponseStreamPtr& response) {
  response->start(200, {});
  for (int i = 1; i <= std::stoi(request.query["to"]); ++i) response->write(std::to_string(i) + "\n");
  response->finish();
}

void acknowledge(Request& request, const ResponseStreamPtr& response) {
  response->start(200, {});
  request.stream->read([response](const std::string& bytes, bool last) {
    if (!bytes.empty()) response->write("[" + bytes + "]");
    if (!last) return;
    response->write("[end]");
    response->finish();
  });
}

void hold(Toys& toys, Request& request, const ResponseStreamPtr& response) {
  auto total = std::make_shared<size_t>(0);
  request.stream->read([&toys, total, response](const std::string& bytes, bool last) {
    toys.wait_let_go();
    *total += bytes.size();
    if (last) response->reply(200, {}, std::to_string(*total) + " bytes");
  });
}

void flood(Toys& toys, const ResponseStreamPtr& response) {
  response->start(200, {});
  for (int i = 0; i < 64; ++i) {
    if (!response->wait_drained(1 << 20, std::chrono::seconds(20))) return;
    response->write(std::string((1 << 20) + 1, 'x'));
    toys.pending_max = std::max(toys.pending_max.load(), response->pending());
  }
  response->finish();
}

void forever(Toys& toys, Request& request, const ResponseStreamPtr& response) {
  response->start(200, {});
  response->write("begun");
  response->on_closed([&toys, keep = response] { toys.set_closed(); });
  if (request.query.contains("deaf")) return;
  response->on_stopping([response] {
    response->write("stopping");
    response->finish();
  });
}

void forget(Request& request, const ResponseStreamPtr& response) {
  if (!request.query.contains("begun")) return;
  response->start(200, {});
  response->write("part");
}

}  // namespace

RouteTable toy_routes(Toys& toys) {
  RouteTable table;
  table.add({"GET", "/hello", [](Request&, const ResponseStreamPtr& response) { response->reply(200, {}, "hello"); },
             Route::Body::collected, Route::Thread::front});
  table.add({"GET", "/worker", [](Request&, const ResponseStreamPtr& response) { response->reply(200, {}, "hello"); }});
  table.add({"GET", "/echo/{name}", echo});
  table.add({"GET", "/count", count});
  table.add({"POST", "/length", [](Request& request, const ResponseStreamPtr& response) {
               response->reply(200, {}, std::to_string(request.body.size()) + " bytes");
             }});
  table.add({"POST", "/acknowledge", acknowledge, Route::Body::streamed});
  table.add({"POST", "/hold",
             [&toys](Request& request, const ResponseStreamPtr& response) { hold(toys, request, response); },
             Route::Body::streamed});
  table.add({"GET", "/flood", [&toys](Request&, const ResponseStreamPtr& response) { flood(toys, response); }});
  table.add({"GET", "/forever",
             [&toys](Request& request, const ResponseStreamPtr& response) { forever(toys, request, response); }});
  table.add(
      {"GET", "/throw", [](Request&, const ResponseStreamPtr&) { throw std::runtime_error("broken on purpose"); }});
  const auto broken = [] { throw std::runtime_error("broken on purpose"); };
  table.add({"GET", "/throw-later",
             [broken](Request&, const ResponseStreamPtr& response) {
               response->run_on_worker([broken, response] { broken(); });
             },
             Route::Body::collected, Route::Thread::front});
  Route socket{"GET", "/socket", nullptr};
  socket.web_socket = [broken](Request&, const WebSocketPtr& opened) {
    opened->begin([](const std::string&, const std::function<void()>& taken) { taken(); });
    opened->run_on_worker(broken);
  };
  table.add(std::move(socket));
  table.add({"GET", "/forget", forget});
  return table;
}

}  // namespace millrace
