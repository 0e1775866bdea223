#include "tests/benchmark/child_server.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <csignal>
#include <deque>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "server/options.h"
#include "server/server.h"

namespace millrace::benchmark {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

class BareSocket : public std::enable_shared_from_this<BareSocket> {
 public:
  explicit BareSocket(tcp::socket socket) : stream_(std::move(socket)) { stream_.text(true); }

  void accept(const http::request<http::string_body>& request, const std::function<void()>& done) {
    stream_.async_accept(request, [self = shared_from_this(), done](error_code error) {
      if (error) return;
      done();
      self->read();
    });
  }
  void send(const std::shared_ptr<const std::string>& text) {
    queue_.push_back(text);
    if (queue_.size() == 1) write();
  }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, size_t) {
      self->buffer_.consume(self->buffer_.size());
      if (!error) self->read();
    });
  }
  void write() {
    stream_.async_write(asio::buffer(*queue_.front()), [self = shared_from_this()](error_code error, size_t) {
      if (error) return;
      self->queue_.pop_front();
      if (!self->queue_.empty()) self->write();
    });
  }

  websocket::stream<tcp::socket> stream_;
  beast::flat_buffer buffer_;
  std::deque<std::shared_ptr<const std::string>> queue_;
};

using BareSockets = std::vector<std::shared_ptr<BareSocket>>;

class BareSession : public std::enable_shared_from_this<BareSession> {
 public:
  BareSession(tcp::socket socket, BareSockets& sockets) : socket_(std::move(socket)), sockets_(sockets) {
    socket_.set_option(tcp::no_delay(true));
  }

  void read() {
    parser_.emplace();
    parser_->body_limit(64 << 20);
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->answer();
    });
  }

 private:
  void answer() {
    http::request<http::string_body>& request = parser_->get();
    if (websocket::is_upgrade(request)) {
      auto socket = std::make_shared<BareSocket>(std::move(socket_));
      return socket->accept(request, [socket, &sockets = sockets_] { sockets.push_back(socket); });
    }
    const std::string target(request.target().data(), request.target().size());
    if (target.starts_with("/broadcast?")) {
      const auto text = std::make_shared<const std::string>(request.body());
      for (int i = std::stoi(target.substr(11)); i > 0; --i)
        for (const auto& socket : sockets_) socket->send(text);
    }
    response_ = {http::status::accepted, 11};
    response_.set(http::field::content_type, "application/json");
    response_.body() = R"({"received":1,"rejected":[]})";
    response_.prepare_payload();
    http::async_write(socket_, response_, [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->read();
    });
  }

  tcp::socket socket_;
  BareSockets& sockets_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

void accept(tcp::acceptor& acceptor, BareSockets& sockets) {
  acceptor.async_accept([&](error_code error, tcp::socket socket) {
    if (!error) std::make_shared<BareSession>(std::move(socket), sockets)->read();
    accept(acceptor, sockets);
  });
}

}  // namespace

ChildServer::ChildServer(const std::function<void(const std::function<void(uint16_t)>&)>& serve) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve([&](uint16_t port) { static_cast<void>(::write(ends[1], &port, sizeof port)); });
    ::_exit(0);
  }
  ::close(ends[1]);
  const bool told = ::read(ends[0], &port_, sizeof port_) == sizeof port_;
  ::close(ends[0]);
  if (!told) throw std::runtime_error("a server did not start");
}

ChildServer::~ChildServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

double ChildServer::cpu_seconds() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));  // from the third field on
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::function<void(const std::function<void(uint16_t)>&)> millrace_server(const std::string& directory,
                                                                          std::vector<std::string> settings) {
  return [directory, settings = std::move(settings)](const std::function<void(uint16_t)>& listening) {
    Options options;
    options.set("listen", "127.0.0.1:0", "benchmark");
    options.set("data.dir", directory, "benchmark");
    for (const std::string& setting : settings) {
      const size_t equals = setting.find('=');
      options.set(setting.substr(0, equals), setting.substr(equals + 1), "benchmark");
    }
    const Server server(options);
    listening(server.front().port());
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  };
}

void serve_bare_beast(const std::function<void(uint16_t)>& listening) {
  asio::io_context io{1};
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  BareSockets sockets;
  accept(acceptor, sockets);
  listening(acceptor.local_endpoint().port());
  io.run();
}

}  // namespace millrace::benchmark
