#include "tests/kafka/tcp_proxy.h"

#include <array>
#include <boost/asio.hpp>
#include <mutex>
#include <set>
#include <vector>

namespace millrace::testing {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t header_bytes = 4;

uint32_t big_endian(const std::vector<unsigned char>& bytes, size_t at, size_t size) {
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i) number = number << 8 | bytes[at + i];
  return number;
}

tcp::endpoint loopback(uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

}  // namespace

// Everything but the setters runs on its one thread.
class TcpProxy::Loop {
 public:
  Loop(uint16_t port, uint16_t broker_port) : broker_port_(broker_port), acceptor_(context_) {
    acceptor_.open(tcp::v4());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(loopback(port));
    acceptor_.listen();
    accept();
  }

  void run() { context_.run(); }
  void stop() { context_.stop(); }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }

  Action decide(KafkaRequest request) {
    const std::lock_guard lock(mutex_);
    return rule_ ? rule_(request) : Action::pass;
  }
  std::chrono::milliseconds delay() {
    const std::lock_guard lock(mutex_);
    return delay_;
  }
  void set_rule(Rule rule) {
    const std::lock_guard lock(mutex_);
    rule_ = std::move(rule);
  }
  void set_delay(std::chrono::milliseconds delay) {
    const std::lock_guard lock(mutex_);
    delay_ = delay;
  }
  void cut_off(bool cut) {
    asio::post(context_, [this, cut] {
      cut_ = cut;
      if (!cut) return;
      for (const auto& weak : connections_)
        if (const auto connection = weak.lock()) connection->end();
      connections_.clear();
    });
  }

 private:
  struct Connection : std::enable_shared_from_this<Connection> {
    Connection(Loop& its_loop, tcp::socket from)
        : loop(its_loop), client(std::move(from)), broker(loop.context_), timer(loop.context_) {}

    void begin() {
      broker.async_connect(loopback(loop.broker_port_), [self = shared_from_this()](error_code error) {
        if (error) return self->end();
        self->read_request();
        self->pass_answers();
      });
    }

    // Requests are taken whole, one after the other: a frame is its length and then its kind.
    void read_request() {
      frame.resize(header_bytes);
      asio::async_read(client, asio::buffer(frame), [self = shared_from_this()](error_code error, size_t) {
        if (error) return self->end();
        const uint32_t size = big_endian(self->frame, 0, header_bytes);
        self->frame.resize(header_bytes + size);
        asio::async_read(self->client, asio::buffer(self->frame.data() + header_bytes, size),
                         [self](error_code body_error, size_t) {
                           if (body_error) return self->end();
                           self->act();
                         });
      });
    }

    void act() {
      switch (loop.decide(static_cast<KafkaRequest>(big_endian(frame, header_bytes, 2)))) {
        case Action::drop:
          return end();
        case Action::lose_answer:
          deaf = true;
          return send_request();
        case Action::delay:
          timer.expires_after(loop.delay());
          return timer.async_wait([self = shared_from_this()](error_code) { self->send_request(); });
        case Action::pass:
          return send_request();
      }
    }

    void send_request() {
      asio::async_write(broker, asio::buffer(frame), [self = shared_from_this()](error_code error, size_t) {
        if (error) return self->end();
        self->read_request();
      });
    }

    void pass_answers() {
      broker.async_read_some(asio::buffer(answer), [self = shared_from_this()](error_code error, size_t size) {
        if (error || self->deaf) return self->end();
        asio::async_write(self->client, asio::buffer(self->answer.data(), size),
                          [self](error_code write_error, size_t) {
                            if (write_error) return self->end();
                            self->pass_answers();
                          });
      });
    }

    void end() {
      error_code ignored;
      client.close(ignored);
      broker.close(ignored);
      timer.cancel();
    }

    Loop& loop;
    tcp::socket client, broker;
    asio::steady_timer timer;
    std::vector<unsigned char> frame;
    std::array<char, 64 << 10> answer{};
    bool deaf = false;  // the next answer ends the connection
  };

  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!error && !cut_) {
        auto connection = std::make_shared<Connection>(*this, std::move(socket));
        connections_.push_back(connection);
        connection->begin();
      }
      if (acceptor_.is_open()) accept();
    });
  }

  asio::io_context context_;
  const uint16_t broker_port_;
  tcp::acceptor acceptor_;
  std::vector<std::weak_ptr<Connection>> connections_;
  bool cut_ = false;
  std::mutex mutex_;
  Rule rule_;
  std::chrono::milliseconds delay_{0};
};

TcpProxy::TcpProxy(uint16_t port, uint16_t broker_port) : loop_(std::make_unique<Loop>(port, broker_port)) {
  thread_ = std::thread([this] { loop_->run(); });
}

TcpProxy::~TcpProxy() {
  loop_->stop();
  thread_.join();
}

uint16_t TcpProxy::port() const { return loop_->port(); }
void TcpProxy::set_rule(Rule rule) { loop_->set_rule(std::move(rule)); }
void TcpProxy::set_delay(std::chrono::milliseconds delay) { loop_->set_delay(delay); }
void TcpProxy::cut_off(bool cut) { loop_->cut_off(cut); }

}  // namespace millrace::testing
