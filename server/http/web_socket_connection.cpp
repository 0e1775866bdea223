#include "server/http/web_socket_connection.h"

#include <absl/strings/ascii.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <optional>

namespace millrace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

beast::string_view beast_view(std::string_view text) { return {text.data(), text.size()}; }

// `word` is in small letters.
bool has_word(std::string_view list, std::string_view word) {
  return absl::AsciiStrToLower({list.data(), list.size()}).find(word) != std::string::npos;
}

class WebSocketConnection final : public OpenConnection,
                                  public WebSocket,
                                  public std::enable_shared_from_this<WebSocketConnection> {
 public:
  WebSocketConnection(Connections& front, tcp::socket socket, Request request, const WebSocketHandler& handler)
      : front_(front), stream_(std::move(socket)), request_(std::move(request)), handler_(handler) {
    websocket::stream_base::timeout timeout;
    timeout.handshake_timeout = front_.settings.header_timeout;
    timeout.idle_timeout = front_.settings.idle_timeout;
    timeout.keep_alive_pings = true;  // who is there answers; who does not for so long is gone
    stream_.set_option(timeout);
    stream_.read_message_max(front_.settings.web_socket_bytes_max);
    stream_.auto_fragment(false);
    stream_.text(true);
  }

  void accept() {
    beast::http::request<beast::http::empty_body> upgrade;
    upgrade.method(beast::http::verb::get);
    upgrade.version(11);
    upgrade.target("/");  // its path is known; it only says so on the wire
    for (const auto& [name, value] : request_.headers) upgrade.insert(beast_view(name), beast_view(value));
    stream_.async_accept(upgrade, [self = shared_from_this()](error_code error) {
      if (error || self->closed_) return self->end();
      self->open_ = true;
      self->handler_(self->request_, self);
      self->request_ = {};
      self->flush();
    });
  }

  // OpenConnection
  void sweep(Connections::Clock::time_point) override {}  // Beast keeps the time
  void begin_stop() override {
    Callback callback;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      callback = std::exchange(on_stopping_, nullptr);
    }
    if (callback) return callback();
    WebSocketConnection::close(Reason::going_away, "the server is stopping");
  }
  void cut() override { end(); }

  // WebSocket
  void begin(MessageHandler handler) override {
    handle_message_ = std::move(handler);
    read();
    if (front_.stopping) begin_stop();
  }

  void on_closed(Callback callback) override {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) return on_closed_.swap(callback);
    }
    callback();
  }

  void on_stopping(Callback callback) override {
    {
      const std::lock_guard lock(mutex_);
      if (!stopping_) return on_stopping_.swap(callback);
    }
    callback();
  }

  void send(std::string_view head, std::shared_ptr<const std::string> body) override {
    std::unique_lock lock(mutex_);
    if (closed_ || closing_) return;
    pending_ += head.size() + (body ? body->size() : 0);
    queue_.push_back({std::string(head), std::move(body)});
    announce(std::move(lock));
  }

  size_t pending() const override {
    const std::lock_guard lock(mutex_);
    return pending_;
  }

  void on_drained(size_t bytes, Callback callback) override {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_ && pending_ > bytes) {
        draining_.push_back({bytes, std::move(callback)});
        return;
      }
    }
    callback();
  }

  void close(Reason reason, std::string text) override {
    std::unique_lock lock(mutex_);
    if (closed_ || closing_) return;
    constexpr size_t text_bytes_max = 123;
    if (text.size() > text_bytes_max) text.resize(text_bytes_max);
    closing_ = websocket::close_reason(static_cast<websocket::close_code>(reason), beast_view(text));
    announce(std::move(lock));
  }

  bool closed() const override { return closed_; }
  bool run_on_worker(Callback job) override {
    return front_.workers->submit([self = shared_from_this(), job = std::move(job)] {
      try {
        job();
      } catch (const std::exception& error) {
        self->close(Reason::failed, error.what());
      }
    });
  }

 private:
  struct Message {
    std::string head;
    std::shared_ptr<const std::string> body;
    size_t size() const { return head.size() + (body ? body->size() : 0); }
  };
  struct Draining {
    size_t bytes;
    Callback callback;
  };

  // There is something to send; ends the lock.
  void announce(std::unique_lock<std::mutex> lock) {
    if (std::exchange(announced_, true)) return;
    lock.unlock();
    asio::post(front_.io, [self = shared_from_this()] { self->flush(); });
  }

  // What follows is on the front's thread.

  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, size_t) {
      if (error) return self->end();
      self->take_message();
    });
  }

  void take_message() {
    std::string text = beast::buffers_to_string(buffer_.data());
    buffer_.consume(buffer_.size());
    buffer_.shrink_to_fit();
    if (!stream_.got_text()) return close(Reason::not_accepted, "messages must be texts");
    handle_message_(std::move(text), [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      asio::post(self->front_.io, [self] {
        if (!self->closed_) self->read();
      });
    });
  }

  // One write is outstanding.
  void flush() {
    if (!open_ || writing_ || closed_) return;
    {
      const std::lock_guard lock(mutex_);
      announced_ = false;
      if (queue_.empty()) {
        if (closing_) return close_now();
        return;
      }
      message_ = std::move(queue_.front());
      queue_.pop_front();
    }
    writing_ = true;
    const std::array<asio::const_buffer, 2> buffers = {
        asio::buffer(message_.head), message_.body ? asio::buffer(*message_.body) : asio::const_buffer()};
    stream_.async_write(buffers, [self = shared_from_this()](error_code error, size_t) {
      self->writing_ = false;
      if (error || self->closed_) return self->end();
      self->on_sent();
    });
  }

  void on_sent() {
    std::vector<Callback> due;
    {
      const std::lock_guard lock(mutex_);
      pending_ -= message_.size();
      message_ = {};
      std::erase_if(draining_, [&](Draining& draining) {
        if (pending_ > draining.bytes) return false;
        due.push_back(std::move(draining.callback));
        return true;
      });
    }
    for (const Callback& callback : due) callback();
    flush();
  }

  void close_now() {
    writing_ = true;
    stream_.async_close(*closing_, [self = shared_from_this()](error_code) { self->end(); });
  }

  void end() {
    std::vector<Draining> waiting;
    Callback callback;
    {
      const std::lock_guard lock(mutex_);
      if (closed_.exchange(true)) return;
      waiting = std::exchange(draining_, {});
      callback = std::exchange(on_closed_, nullptr);
      on_stopping_ = nullptr;
      queue_.clear();
      pending_ = 0;
    }
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
    for (const Draining& draining : waiting) draining.callback();
    if (callback) callback();
    handle_message_ = nullptr;
    front_.remove(this);
  }

  Connections& front_;
  websocket::stream<tcp::socket> stream_;
  Request request_;
  const WebSocketHandler& handler_;  // the route's
  MessageHandler handle_message_;
  beast::flat_buffer buffer_;
  bool open_ = false;
  bool writing_ = false;
  Message message_;  // being written
  std::atomic<bool> closed_ = false;

  mutable std::mutex mutex_;
  std::deque<Message> queue_;
  size_t pending_ = 0;
  bool announced_ = false;  // flush() will be called
  std::optional<websocket::close_reason> closing_;
  std::vector<Draining> draining_;
  Callback on_closed_, on_stopping_;
  bool stopping_ = false;
};

}  // namespace

bool asks_for_web_socket(const Request& request) {
  return request.method == "GET" && has_word(request.headers.get("Upgrade"), "websocket") &&
         has_word(request.headers.get("Connection"), "upgrade");
}

void open_web_socket(Connections& front, tcp::socket socket, Request request, const WebSocketHandler& handler) {
  auto connection = std::make_shared<WebSocketConnection>(front, std::move(socket), std::move(request), handler);
  front.add(connection);
  connection->accept();
}

}  // namespace millrace
