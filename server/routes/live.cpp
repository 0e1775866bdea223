// /v1/live: rows of a SELECT as they change; over a WebSocket any number of subscriptions, by GET or POST one, as
// server-sent events or JSON lines.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/error_answer.h"
#include "server/live/live_hub.h"
#include "server/observation/audited_response.h"
#include "server/request_json.h"
#include "server/route_registry.h"

namespace millrace {
namespace {

using Json = nlohmann::json;
using Event = LiveSink::Event;

const char* event_name(Event event) {
  switch (event) {
    case Event::hello:
      return "hello";
    case Event::snapshot:
      return "snapshot";
    case Event::change:
      return "change";
    case Event::dropped:
      return "dropped";
    case Event::progress:
      return "progress";
    case Event::end:
      return "end";
    case Event::error:
      return "error";
  }
  return "";
}

// --- one subscription as the answer to a request ---------------------------------------------------------------------

class StreamSink final : public LiveSink {
 public:
  StreamSink(ResponseStreamPtr response, bool server_sent)
      : response_(std::move(response)), server_sent_(server_sent) {}

  // The status depends on whether the subscription begins.
  void send(Event event, std::string_view own, const std::shared_ptr<const std::string>& shared,
            std::string_view cursor) override {
    if (!started_) {
      if (event == Event::error) return refuse(own);
      started_ = true;
      response_->start(200, {{"Content-Type", server_sent_ ? "text/event-stream" : "application/x-ndjson"},
                             {"Cache-Control", "no-store"}});
    }
    std::string text;
    if (server_sent_) {
      fmt::format_to(std::back_inserter(text), "event: {}\n", event_name(event));
      if (!cursor.empty()) text.append("id: ").append(cursor).append("\n");
      text += "data: ";
    }
    text += own;
    if (shared) text += *shared;
    text += server_sent_ ? "\n\n" : "\n";
    response_->write(text);
  }
  size_t pending() const override { return response_->pending(); }
  void on_drained(size_t bytes, std::function<void()> callback) override {
    response_->on_drained(bytes, std::move(callback));
  }
  void finish() override {
    if (started_) response_->finish();
  }

 private:
  void refuse(std::string_view own) {
    Json json = Json::parse(own);
    json.erase("type");
    constexpr int gone = 410;
    response_->reply(json["code"] == error_name(ErrorCode::position_lost) ? gone : json["error_code"].get<int>() / 100,
                     {{"Content-Type", "application/json"}}, json.dump() + "\n");
  }

  const ResponseStreamPtr response_;
  const bool server_sent_;
  bool started_ = false;
};

void answer(LiveHub& hub, const Request& request, const ResponseStreamPtr& response) {
  const bool server_sent = request.headers.get("Accept").find("text/event-stream") != std::string_view::npos;
  try {
    LiveRequest live = request.method == "POST" ? parse_live_request(parse_request_json(request.body))
                                                : parse_live_request(request.query);
    // A browser that connects again says what it had last.
    if (const std::string_view last = request.headers.get("Last-Event-ID"); !last.empty() && !live.cursor)
      live.cursor = std::string(last);
    live.session.audit = request.audit;
    const auto subscription = hub.subscribe(std::move(live), "", std::make_shared<StreamSink>(response, server_sent));
    response->on_closed([subscription] { subscription->cancel(std::nullopt); });
    response->on_stopping(
        [subscription] { subscription->cancel(Error(ErrorCode::unavailable, "the server is stopping")); });
  } catch (const Error& error) {
    reply_error(*response, error);
  }
}

// --- many on a WebSocket ---------------------------------------------------------------------------------------------

constexpr size_t subscriptions_max = 1000;  // of one socket
constexpr size_t id_bytes_max = 200;
constexpr size_t pending_bytes_max = 1 << 20;

class LiveSocket : public std::enable_shared_from_this<LiveSocket> {
 public:
  LiveSocket(LiveHub& hub, Audit& audit, const Request& request, WebSocketPtr socket)
      : hub_(hub),
        audit_(audit),
        arrival_{std::string(request.headers.get("X-Session-Id")),
                 request.id,
                 "",
                 request.peer,
                 "WS " + request.path,
                 "SELECT"},
        lane_(hub.make_lane()),
        socket_(std::move(socket)) {}

  void begin() {
    socket_->on_closed([self = shared_from_this()] { self->lane_->post([self] { self->cancel_all(std::nullopt); }); });
    socket_->on_stopping([self = shared_from_this()] {
      self->lane_->post([self] {
        self->stopping_ = true;
        self->cancel_all(Error(ErrorCode::unavailable, "the server is stopping"));
        self->close_when_done();
      });
    });
    socket_->begin([self = shared_from_this()](std::string text, WebSocket::Callback done) {
      auto entry = self->audit_.begin(self->arrival_);
      entry->say(text);
      self->lane_->post([self, entry = std::move(entry), text = std::move(text), done = std::move(done)] {
        self->take(text, entry);
        // Who does not read the answers is not read either.
        self->socket_->on_drained(pending_bytes_max, done);
      });
    });
  }

 private:
  class Sink final : public LiveSink {
   public:
    Sink(std::weak_ptr<LiveSocket> owner, std::string id, WebSocketPtr socket, std::shared_ptr<AuditEntry> entry)
        : owner_(std::move(owner)), id_(std::move(id)), socket_(std::move(socket)), entry_(std::move(entry)) {}
    void send(Event event, std::string_view own, const std::shared_ptr<const std::string>& shared,
              std::string_view) override {
      if (const auto entry = std::exchange(entry_, nullptr))
        finish_audit(*entry, event == Event::error ? 400 : 200, own);
      socket_->send(own, shared);
    }
    size_t pending() const override { return socket_->pending(); }
    void on_drained(size_t bytes, std::function<void()> callback) override {
      socket_->on_drained(bytes, std::move(callback));
    }
    void finish() override {
      const auto owner = owner_.lock();
      if (!owner) return;
      owner->lane_->post([owner, id = id_] {
        owner->subscriptions_.erase(id);
        owner->close_when_done();
      });
    }

   private:
    const std::weak_ptr<LiveSocket> owner_;
    const std::string id_;
    const WebSocketPtr socket_;
    std::shared_ptr<AuditEntry> entry_;  // of the request, until its first answer
  };

  // What follows is on the lane.

  void take(const std::string& text, const std::shared_ptr<AuditEntry>& entry) {
    const Json message = parse_request_json(text);
    std::string id;
    try {
      if (!message.is_object())
        throw Error(ErrorCode::value_invalid, "expected {\"subscribe\": \"SELECT …\"} or {\"unsubscribe\": id}");
      if (message.contains("unsubscribe")) {
        entry->add("CLOSE", text_of(message, "unsubscribe"));
        unsubscribe(text_of(message, "unsubscribe"));
        return entry->finish(200);
      }
      id = message.contains("id") ? text_of(message, "id") : std::to_string(++next_id_);
      subscribe(id, message, entry);
    } catch (const Error& error) {
      entry->finish(error_answer(error.code()).status, error_name(error.code()), error.message());
      auto answer = error_members(error);
      answer["type"] = "error";
      if (!id.empty()) answer["id"] = id;
      socket_->send(dump(answer));
    }
  }

  static std::string text_of(const Json& message, const char* name) {
    const Json& value = message[name];
    if (!value.is_string() && !value.is_number_integer())
      throw Error(ErrorCode::value_invalid, fmt::format("{} must be a text", name));
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.empty() || text.size() > id_bytes_max)
      throw Error(ErrorCode::value_invalid, fmt::format("{} must have 1 to {} bytes", name, id_bytes_max));
    return text;
  }

  void subscribe(const std::string& id, Json message, const std::shared_ptr<AuditEntry>& entry) {
    if (!message.contains("subscribe"))
      throw Error(ErrorCode::value_invalid, "expected {\"subscribe\": \"SELECT …\"} or {\"unsubscribe\": id}");
    if (subscriptions_.contains(id))
      throw Error(ErrorCode::value_invalid,
                  fmt::format("there is a subscription {} already: unsubscribe it first", id));
    if (subscriptions_.size() >= subscriptions_max)
      throw Error(ErrorCode::limit_exceeded, fmt::format("one socket has {} subscriptions at most", subscriptions_max));
    message["sql"] = message["subscribe"];
    LiveRequest request = parse_live_request(message);
    request.session.audit = entry;
    const std::string label = "\"id\":" + Json(id).dump(-1, ' ', false, Json::error_handler_t::replace) + ",";
    subscriptions_[id] =
        hub_.subscribe(std::move(request), label, std::make_shared<Sink>(weak_from_this(), id, socket_, entry));
  }

  void unsubscribe(const std::string& id) {
    const auto found = subscriptions_.find(id);
    if (found == subscriptions_.end())
      throw Error(ErrorCode::query_unknown, fmt::format("there is no subscription {}", id));
    found->second->cancel(std::nullopt);
  }

  void close_when_done() {
    if (stopping_ && subscriptions_.empty()) socket_->close(WebSocket::Reason::going_away, "the server is stopping");
  }

  void cancel_all(const std::optional<Error>& error) {
    for (const auto& [id, subscription] : subscriptions_) subscription->cancel(error);
  }

  LiveHub& hub_;
  Audit& audit_;
  const AuditEntry::Arrival arrival_;  // of its messages
  const std::shared_ptr<Lane> lane_;
  const WebSocketPtr socket_;
  std::map<std::string, std::shared_ptr<LiveSubscription>> subscriptions_;
  uint64_t next_id_ = 0;
  bool stopping_ = false;
};

}  // namespace

void register_live(RouteRegistry& registry) {
  LiveHub& hub = registry.live();
  const auto handler = [&hub](Request& request, const ResponseStreamPtr& response) { answer(hub, request, response); };
  const auto socket = [&hub, &audit = registry.engine().observation().audit()](Request& request,
                                                                               const WebSocketPtr& opened) {
    if (request.audit) request.audit->add("CONNECT", "");
    if (request.audit) request.audit->finish(101);
    std::make_shared<LiveSocket>(hub, audit, request, opened)->begin();
  };
  // Of a socket the subscriptions are accounted for, each by itself.
  registry.add({"GET", "/v1/live", handler, Route::Body::collected, Route::Thread::worker, nullptr, socket}, "SELECT");
  registry.add({"POST", "/v1/live", handler}, "SELECT");
}

}  // namespace millrace
