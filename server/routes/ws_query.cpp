// GET /ws/query: the rows of one SELECT as ksqlDB's clients read them from a WebSocket.
#include <nlohmann/json.hpp>

#include "server/error_answer.h"
#include "server/observation/audited_response.h"
#include "server/query_answer.h"
#include "server/route_registry.h"
#include "server/statement_request.h"

namespace millrace {
namespace {

// Each line of an answer as a message of its own.
class SocketAnswer final : public ResponseStream {
 public:
  explicit SocketAnswer(WebSocketPtr socket) : socket_(std::move(socket)) {}
  ~SocketAnswer() override { socket_->close(WebSocket::Reason::failed, "the answer was cut short"); }

  void reply(int, Headers, std::string body) override {
    write(body);
    socket_->close(WebSocket::Reason::policy, "see the message before");
  }
  void start(int, Headers) override {}
  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const size_t end = std::min(bytes.find('\n'), bytes.size());
      socket_->send(bytes.substr(0, end));
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
  }
  void finish() override { socket_->close(WebSocket::Reason::normal, "done"); }
  size_t pending() const override { return socket_->pending(); }
  bool wait_drained(size_t, std::chrono::milliseconds) override { return false; }
  void on_drained(size_t bytes, Callback callback) override { socket_->on_drained(bytes, std::move(callback)); }
  bool closed() const override { return socket_->closed(); }
  void on_closed(Callback callback) override { socket_->on_closed(std::move(callback)); }
  void on_stopping(Callback callback) override { socket_->on_stopping(std::move(callback)); }
  bool run_on_worker(Callback job) override { return socket_->run_on_worker(std::move(job)); }

 private:
  const WebSocketPtr socket_;
};

void answer(Engine& engine, const std::string& text, const std::shared_ptr<AuditEntry>& audit,
            const ResponseStreamPtr& response) {
  auto parsed = parse_statement_request(text);
  if (const auto* mistake = std::get_if<std::string>(&parsed))
    return reply_bad_request(*response, "in the parameter request: " + *mistake);
  auto& [sql, session] = std::get<StatementRequest>(parsed);
  session.audit = audit;
  try {
    stream_query(engine.query(session, sql), make_frame_format(), response);
  } catch (const Error& error) {
    reply_error(*response, error);
  }
}

void open(Engine& engine, const Request& request, const WebSocketPtr& socket) {
  socket->begin([](const std::string&, const WebSocket::Callback& done) { done(); });  // nothing is expected
  const auto found = request.query.find("request");
  const ResponseStreamPtr response = audited(std::make_shared<SocketAnswer>(socket), request.audit);
  socket->run_on_worker([&engine, text = found == request.query.end() ? "" : found->second, response,
                         audit = request.audit] { answer(engine, text, audit, response); });
}

}  // namespace

void register_ws_query(RouteRegistry& registry) {
  registry.add(
      {"GET", "/ws/query", nullptr, Route::Body::collected, Route::Thread::worker, nullptr,
       [&engine = registry.engine()](Request& request, const WebSocketPtr& socket) { open(engine, request, socket); }},
      "SELECT");
}

}  // namespace millrace
