#include "server/http/connections.h"

#include <fmt/format.h>
#include <strings.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <optional>
#include <random>

#include "server/http/duration.h"
#include "server/http/exchange.h"
#include "server/http/request_parser.h"
#include "server/http/web_socket_connection.h"

namespace millrace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t read_bytes = 64 << 10;
// Bytes of pipelined requests, and of a streamed body, beyond which nothing is read.
constexpr size_t pipelined_bytes_max = 64 << 10;
constexpr size_t backlog_bytes_max = 256 << 10;
// Bytes of answers that the client does not take, beyond which no further request of it is begun.
constexpr size_t unsent_bytes_max = 256 << 10;
constexpr size_t kept_capacity_max = 16 << 10;
// A client that was answered before it had sent all gets so long to read the answer.
constexpr std::chrono::milliseconds linger_time{2000};
constexpr std::chrono::milliseconds linger_time_stopping{300};
// Connections beyond the limit that are told so; further ones are closed at once.
constexpr size_t refused_max = 256;

bool valid_request_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

// One connection: reads requests, one at a time, and writes their answers.
class Connection final : public OpenConnection, public ExchangeOwner, public std::enable_shared_from_this<Connection> {
 public:
  using Clock = Connections::Clock;

  Connection(Connections& front, int socket, std::string peer)
      : front_(front), socket_(front.io), peer_(std::move(peer)), share_(std::make_unique<MemoryShare>(front.memory)) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    error_code ignored;
    socket_.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), socket, ignored);
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  }

  void begin() {
    wait_for(Waiting::request, front_.settings.idle_timeout);
    read();
  }

  void refuse_connection() {
    fail({503, 50300,
          "the server has as many connections as it may: " + std::to_string(front_.settings.connections_max) +
              " (http.connections.max)"});
    flush();
    read();
  }

  void sweep(Clock::time_point now) override {
    if (now < deadline_) return;
    switch (waiting_) {
      case Waiting::header:
        return time_out("the header of the request did not arrive", front_.settings.header_timeout);
      case Waiting::body:
        return time_out("the body of the request did not arrive", front_.settings.body_timeout);
      default:
        return close();
    }
  }

  void begin_stop() override {
    if (exchange_) {
      const auto exchange = exchange_;
      exchange->stopping();
    } else if (waiting_ == Waiting::request && output_.empty() && !sending_) {
      close();
    }
  }

  void cut() override { close(); }

  void close() {
    if (std::exchange(closed_, true)) return;
    error_code ignored;
    socket_.close(ignored);
    if (const auto exchange = std::exchange(exchange_, nullptr)) exchange->close();
    front_.remove(this);
  }

  // ExchangeOwner, from any thread.
  void answer_changed() override {
    on_front([](Connection& self) { self.take_answer(); });
  }
  void body_taken() override {
    on_front([](Connection& self) { self.read(); });
  }

 private:
  enum class Waiting { nothing, request, header, body, write, linger };

  template <typename Action>
  void on_front(Action action) {
    if (front_.io.get_executor().running_in_this_thread()) return action(*this);
    asio::post(front_.io, [self = shared_from_this(), action] { action(*self); });
  }

  void wait_for(Waiting what, std::chrono::milliseconds time) {
    waiting_ = what;
    deadline_ = Clock::now() + time;
  }
  void wait_for_nothing() {
    waiting_ = Waiting::nothing;
    deadline_ = Clock::time_point::max();
  }

  void time_out(std::string_view what, std::chrono::milliseconds limit) {
    fail({408, 40800, fmt::format("{} within {} ms", what, limit.count())});
    flush();
    read();
  }

  // --- reading

  // Asks to be told of readable bytes, unless there is more here than is wanted.
  void read() {
    if (reading_ || closed_ || ended_) return;
    if (!closing_ && (exchange_ || clogged())) {
      if (input_.size() >= pipelined_bytes_max) return;
      if (exchange_ && exchange_->body_backlog() >= backlog_bytes_max) return;
    }
    reading_ = true;
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
      self->reading_ = false;
      if (self->closed_) return;
      if (error) return self->close();
      self->on_readable();
    });
  }

  void on_readable() {
    error_code error;
    const size_t count = socket_.read_some(asio::buffer(front_.scratch), error);
    if (error == asio::error::would_block) return read();
    if (error == asio::error::eof) {
      ended_ = true;
    } else if (error) {
      return close();
    } else if (closing_) {
      return read();  // of no interest any more
    } else {
      input_.append(front_.scratch.data(), count);
    }
    process();
  }

  // The client sends no more. It may still wait for an answer that is being made, but not for one that streams.
  void on_end() {
    if (exchange_) {
      if (!body_done_ || streaming_) close();
    } else if (parser_) {
      fail({400, 40000, "malformed request: it ended early"});
    } else {
      closing_ = true;
    }
  }

  // Goes through what has arrived as far as it goes.
  void process() {
    if (std::exchange(processing_, true)) return;
    while (!closed_ && step()) continue;
    const bool waits = clogged() && input_used_ < input_.size();
    if (ended_ && !closed_ && !closing_ && !waits) on_end();
    processing_ = false;
    if (closed_) return;
    input_.erase(0, input_used_);
    input_used_ = 0;
    if (input_.empty() && input_.capacity() > kept_capacity_max) input_.shrink_to_fit();
    flush();
    read();
  }

  // One piece of a request; false where nothing can be done now.
  bool step() {
    if (closing_ || (exchange_ && body_done_)) return false;
    if (!parser_) {
      if (input_used_ == input_.size() || clogged()) return false;
      parser_.emplace(front_.settings.header_bytes_max);
      wait_for(Waiting::header, front_.settings.header_timeout);
    }
    const bool had_header = parser_->state() == RequestParser::State::body;
    const size_t used = parser_->put(std::string_view(input_).substr(input_used_));
    input_used_ += used;
    switch (parser_->state()) {
      case RequestParser::State::header:
        return false;
      case RequestParser::State::failed:
        return fail(parser_->error()), false;
      case RequestParser::State::body:
        return had_header ? take_body(false), used > 0 : begin_request();
      case RequestParser::State::complete:
        return take_body(true), true;
    }
    return false;
  }

  // The header is there: is the request one that is wanted?
  bool begin_request() {
    Request& request = parser_->request();
    request.peer = peer_;
    const std::string_view id = request.headers.get("X-Request-Id");
    request.id = valid_request_id(id) ? std::string(id) : front_.next_request_id();
    body_done_ = false;
    patience_.reset();
    if (const std::string_view time = request.headers.get("X-Request-Timeout"); !time.empty()) {
      patience_ = parse_duration(time);
      if (!patience_ || patience_->count() == 0)
        return refuse({400, 40000, fmt::format("X-Request-Timeout must be a time such as 500ms or 2s, not {}", time)});
    }

    const std::string_view host = request.headers.get("Host");
    for (const auto& [name, value] : request.headers)
      if (strcasecmp(name.c_str(), "Origin") == 0 && !front_.settings.origins.allow(value, host))
        return refuse(foreign_page(value));
    origin_ = request.headers.get("Origin");
    if (request.method == "OPTIONS" && request.headers.has("Access-Control-Request-Method")) return answer_preflight();
    auto found = front_.routes.find(request);
    if (const auto* error = std::get_if<HttpError>(&found)) return refuse(*error);
    route_ = std::get<const Route*>(found);
    if (route_->web_socket && asks_for_web_socket(request)) return upgrade();
    if (!route_->handler) return refuse({426, 42600, "this path wants a WebSocket", {{"Upgrade", "websocket"}}});
    const size_t bytes_max = front_.settings.body_bytes_max;
    if (route_->body == Route::Body::collected && parser_->content_length().value_or(0) > bytes_max) {
      return fail(too_large()), false;
    }
    if (const std::string_view expect = request.headers.get("Expect"); !expect.empty()) {
      constexpr std::string_view known = "100-continue";
      if (expect.size() != known.size() || strncasecmp(expect.data(), known.data(), known.size()) != 0) {
        return fail({417, 41700, "Expect takes 100-continue only"}), false;
      }
      if (!parser_->http_1_0() && input_used_ == input_.size()) output_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    if (route_->body == Route::Body::streamed) {
      wait_for_nothing();
      make_exchange(parser_->keep_alive());
      dispatch();
    } else {
      wait_for(Waiting::body, front_.settings.body_timeout);
    }
    return true;
  }

  // The socket goes on as a WebSocket; this object's time is over.
  bool upgrade() {
    parser_->put({});
    const bool alone = parser_->state() == RequestParser::State::complete && input_used_ == input_.size();
    if (!alone || sending_ || !output_.empty())
      return fail({400, 40000, "a request for a WebSocket has no body, and nothing follows it before its answer"}),
             false;
    closed_ = true;
    const auto self = shared_from_this();
    front_.remove(this);
    if (route_->arrived) route_->arrived(parser_->request());
    open_web_socket(front_, std::move(socket_), std::move(parser_->request()), route_->web_socket);
    return false;
  }

  void take_body(bool last) {
    body_done_ = last;
    if (route_->body == Route::Body::streamed) {
      return exchange_->body_arrived(parser_->take_body(), last);
    }
    if (parser_->body_bytes() > front_.settings.body_bytes_max) return fail(too_large());
    if (!share_->resize(parser_->body_bytes())) return fail(no_room());
    if (!last) return;
    parser_->request().body = parser_->take_body();
    wait_for_nothing();
    make_exchange(parser_->keep_alive());
    dispatch();
  }

  HttpError too_large() const {
    return {413, 41300,
            fmt::format("the body of the request has more than {} bytes (http.body.bytes.max)",
                        front_.settings.body_bytes_max)};
  }

  static HttpError foreign_page(std::string_view origin) {
    return {403, 40300,
            fmt::format("pages of {} may not use this server: http.origins.allowed lists those that may", origin)};
  }

  HttpError no_room() const {
    return {503,
            50300,
            fmt::format("the requests of all clients have more than {} bytes together (http.requests.bytes.max): "
                        "try again",
                        front_.memory->bytes_max()),
            {{"Retry-After", "1"}}};
  }

  // --- answering

  void make_exchange(bool keep_alive) {
    AnswerForm form{.head_only = parser_ && parser_->request().method == "HEAD",
                    .chunked = !parser_ || !parser_->http_1_0(),
                    .keep_alive = keep_alive && !front_.stopping,
                    .origin = origin_};
    exchange_ =
        std::make_shared<Exchange>(parser_ ? std::move(parser_->request()) : Request{}, form, shared_from_this(),
                                   front_.workers, std::exchange(share_, std::make_unique<MemoryShare>(front_.memory)));
    if (route_ && route_->body == Route::Body::streamed) exchange_->request.stream = exchange_.get();
    streaming_ = false;
  }

  void dispatch() {
    auto run = [route = route_, request = &exchange_->request, response = exchange_->handle()] {
      route->handler(*request, response);
    };
    if (route_->arrived) route_->arrived(exchange_->request);
    if (front_.stopping) exchange_->stopping();
    if (patience_) give_up_after(*patience_);
    const auto exchange = exchange_;  // which an answer takes away
    if (route_->thread == Route::Thread::front) return exchange->run(run);
    exchange->run_on_worker(std::move(run));
  }

  // An answer that has begun by then goes on.
  void give_up_after(std::chrono::milliseconds time) {
    timer_.emplace(front_.io, time);
    timer_->async_wait([exchange = std::weak_ptr(exchange_), time](error_code error) {
      const auto unanswered = exchange.lock();
      if (error || !unanswered) return;
      unanswered->reply(
          504, {{"Content-Type", "application/json"}},
          error_body(50400, fmt::format("timed out: there was no answer within {} ms (X-Request-Timeout); "
                                        "what was asked for goes on",
                                        time.count())));
    });
  }

  void answer(const HttpError& error, bool keep_alive) {
    make_exchange(keep_alive);
    Headers headers = error.headers;
    headers.add("Content-Type", "application/json");
    const auto exchange = exchange_;
    exchange->reply(error.status, std::move(headers), error_body(error.code, error.message));
  }

  // Nothing more is read of this connection.
  void fail(const HttpError& error) {
    if (exchange_) return close();  // in the middle of an answer
    body_done_ = false;
    route_ = nullptr;
    if (parser_) parser_->take_body();  // nobody wants it
    share_->resize(0);
    const bool nested = std::exchange(processing_, true);  // take_answer() is not to go on from here
    answer(error, false);
    processing_ = nested;
  }

  // A request that is whole but not wanted; the connection goes on where no body follows.
  bool refuse(const HttpError& error) {
    parser_->put({});
    if (parser_->state() != RequestParser::State::complete) return fail(error), false;
    body_done_ = true;
    route_ = nullptr;
    answer(error, parser_->keep_alive());
    return true;
  }

  // A browser asks whether a page may send what is more than a form could.
  bool answer_preflight() {
    parser_->put({});
    if (parser_->state() != RequestParser::State::complete)
      return fail({400, 40000, "a request of OPTIONS has no body"}), false;
    body_done_ = true;
    route_ = nullptr;
    const std::string headers(parser_->request().headers.get("Access-Control-Request-Headers"));
    make_exchange(parser_->keep_alive());
    const auto exchange = exchange_;
    exchange->reply(204,
                    {{"Access-Control-Allow-Methods", "GET, POST"},
                     {"Access-Control-Allow-Headers", headers},
                     {"Access-Control-Max-Age", "600"}},
                    "");
    return true;
  }

  void take_answer() {
    const auto exchange = exchange_;
    if (!exchange || closed_) return;
    Exchange::Answer answer = exchange->take_answer();
    if (output_.empty()) {
      output_ = std::move(answer.bytes);
    } else {
      output_.append(answer.bytes);
    }
    streaming_ = !answer.finished;
    if (answer.finished) {
      finish_exchange(answer.keep_alive);
    } else if (ended_) {
      return close();  // nobody waits for what streams
    }
    if (processing_) return;  // its loop goes on
    flush();
    if (answer.finished) process();
  }

  void finish_exchange(bool keep_alive) {
    exchange_ = nullptr;
    timer_.reset();
    finished_bytes_ = output_.size() + (sending_ ? wire_.size() - wire_sent_ : 0);
    wait_for(Waiting::write, front_.settings.write_timeout);
    if (!keep_alive || !body_done_) {
      closing_ = true;
    } else {
      next_request();
    }
  }

  void next_request() {
    parser_.reset();
    route_ = nullptr;
    origin_.clear();
  }

  bool clogged() const { return output_.size() + wire_.size() - wire_sent_ > unsent_bytes_max; }

  // Sends what is there. One write is outstanding.
  void flush() {
    if (sending_ || closed_) return;
    if (wire_sent_ == wire_.size()) {
      wire_.clear();
      wire_sent_ = 0;
      if (wire_.capacity() > kept_capacity_max) wire_.shrink_to_fit();
      std::swap(wire_, output_);
    }
    if (wire_.empty()) return on_all_sent();
    sending_ = true;
    socket_.async_write_some(asio::buffer(wire_.data() + wire_sent_, wire_.size() - wire_sent_),
                             [self = shared_from_this()](error_code error, size_t count) {
                               self->sending_ = false;
                               if (self->closed_) return;
                               if (error) return self->close();
                               self->on_sent(count);
                             });
  }

  void on_sent(size_t count) {
    const bool was_clogged = clogged();
    wire_sent_ += count;
    const size_t of_finished = std::min(count, finished_bytes_);
    finished_bytes_ -= of_finished;
    if (waiting_ == Waiting::write) deadline_ = Clock::now() + front_.settings.write_timeout;
    if (const auto exchange = exchange_; exchange && count > of_finished) exchange->sent(count - of_finished);
    flush();
    if (was_clogged && !clogged() && !closed_) process();
  }

  void on_all_sent() {
    if (closing_ && !exchange_) {
      if (ended_ || (body_done_ && input_.empty())) return close();
      if (waiting_ == Waiting::linger) return;
      // Closing now could destroy the answer on its way, for the client is still sending.
      error_code ignored;
      socket_.shutdown(tcp::socket::shutdown_send, ignored);
      wait_for(Waiting::linger, front_.stopping ? linger_time_stopping : linger_time);
      read();
    } else if (waiting_ == Waiting::write) {
      if (front_.stopping) return close();
      wait_for(Waiting::request, front_.settings.idle_timeout);
    }
  }

  Connections& front_;
  tcp::socket socket_;
  const std::string peer_;

  Waiting waiting_ = Waiting::nothing;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool reading_ = false;     // a wait for bytes is outstanding
  bool sending_ = false;     // a write is
  bool processing_ = false;  // process() is on the stack
  bool ended_ = false;       // the client sends no more
  bool closing_ = false;     // no further request is read
  bool closed_ = false;

  std::string input_;  // what has arrived and is not parsed from input_used_ on
  size_t input_used_ = 0;
  std::optional<RequestParser> parser_;
  const Route* route_ = nullptr;
  std::string origin_;  // of the page that asks, and may
  bool body_done_ = true;
  std::unique_ptr<MemoryShare> share_;                 // of the request that is read
  std::optional<std::chrono::milliseconds> patience_;  // of its client, for the beginning of an answer
  std::optional<asio::steady_timer> timer_;

  std::shared_ptr<Exchange> exchange_;
  bool streaming_ = false;  // its answer has begun and is not complete
  std::string output_;      // to be sent after wire_
  std::string wire_;        // being sent
  size_t wire_sent_ = 0;
  size_t finished_bytes_ = 0;  // unsent bytes of answers before this one
};

Connections::Connections(asio::io_context& io_given, const HttpSettings& settings_given, const RouteTable& routes_given,
                         std::shared_ptr<WorkerPool> workers_given)
    : io(io_given),
      settings(settings_given),
      routes(routes_given),
      workers(std::move(workers_given)),
      memory(settings.memory),
      scratch(read_bytes) {
  std::random_device random;
  id_prefix_ = fmt::format("{:08x}", random());
}

Connections::~Connections() = default;

void Connections::open(int socket, std::string peer) {
  auto connection = std::make_shared<Connection>(*this, socket, std::move(peer));
  const bool refused = connections_.size() >= settings.connections_max;
  if (stopping || connections_.size() >= settings.connections_max + refused_max) return;
  add(connection);
  if (refused) {
    connection->refuse_connection();
  } else {
    connection->begin();
  }
}

void Connections::add(const std::shared_ptr<OpenConnection>& connection) {
  connections_.emplace(connection.get(), connection);
  count_ = connections_.size();
}

void Connections::remove(OpenConnection* connection) {
  connections_.erase(connection);
  count_ = connections_.size();
}

namespace {

template <typename Map>
auto values_of(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [key, value] : map) values.push_back(value);
  return values;
}

}  // namespace

void Connections::sweep(Clock::time_point now) {
  for (const auto& connection : values_of(connections_)) connection->sweep(now);
}

void Connections::begin_stop() {
  stopping = true;
  for (const auto& connection : values_of(connections_)) connection->begin_stop();
}

void Connections::cut() {
  for (const auto& connection : values_of(connections_)) connection->cut();
}

std::string Connections::next_request_id() { return fmt::format("{}-{:x}", id_prefix_, id_next_++); }

}  // namespace millrace
