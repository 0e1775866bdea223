#include "server/http/front.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <future>
#include <optional>
#include <thread>

#include "runtime/error.h"
#include "server/http/connections.h"
#include "server/http/worker_pool.h"

namespace millrace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds sweep_interval{100};
// When no descriptor is left, accepting rests so long.
constexpr std::chrono::milliseconds accept_pause{100};

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

tcp::endpoint resolve(asio::io_context& io, const std::string& listen) {
  const size_t colon = listen.rfind(':');
  std::string host = colon == std::string::npos ? "" : listen.substr(0, colon);
  uint16_t port = 0;
  const char* const end = listen.data() + listen.size();
  bool has_port = false;
  if (colon != std::string::npos) {
    const auto [stop, mistake] = std::from_chars(listen.data() + colon + 1, end, port);
    has_port = stop == end && mistake == std::errc();
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || !has_port) {
    throw Error(ErrorCode::unavailable,
                "cannot listen on \"" + listen + "\": expected HOST:PORT, such as 127.0.0.1:8088");
  }
  error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, std::to_string(port), error);
  if (error || found.empty()) {
    throw Error(ErrorCode::unavailable, "cannot listen on " + listen + ": " + error.message());
  }
  return found.begin()->endpoint();
}

}  // namespace

struct HttpFront::Core {
  Core(HttpSettings settings_given, RouteTable routes_given)
      : settings(std::move(settings_given)), routes(std::move(routes_given)) {}

  void listen();
  void accept();
  void sweep();

  HttpSettings settings;
  RouteTable routes;
  std::vector<RouteTable> former;  // requests under way may go by them
  std::shared_ptr<WorkerPool> workers;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer sweep_timer{io};
  asio::steady_timer accept_timer{io};
  std::optional<Connections> connections;
  bool sweeping = true;
  tcp::endpoint bound;
  std::thread thread;
};

void HttpFront::Core::listen() {
  const tcp::endpoint wanted = resolve(io, settings.listen);
  error_code error;
  acceptor.open(wanted.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(wanted, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw Error(ErrorCode::unavailable, "cannot listen on " + settings.listen + ": " + error.message());
  bound = acceptor.local_endpoint();
}

void HttpFront::Core::accept() {
  acceptor.async_accept([this](error_code error, tcp::socket socket) {
    if (!acceptor.is_open()) return;
    if (error) {
      accept_timer.expires_after(accept_pause);
      accept_timer.async_wait([this](error_code cancelled) {
        if (!cancelled) accept();
      });
      return;
    }
    error_code gone;
    const tcp::endpoint peer = socket.remote_endpoint(gone);
    if (!gone) {
      const int descriptor = socket.release(gone);
      if (!gone) connections->open(descriptor, text_of(peer));
    }
    accept();
  });
}

void HttpFront::Core::sweep() {
  sweep_timer.expires_after(sweep_interval);
  sweep_timer.async_wait([this](error_code cancelled) {
    if (cancelled || !sweeping) return;
    connections->sweep(Connections::Clock::now());
    sweep();
  });
}

HttpFront::HttpFront(HttpSettings settings, RouteTable routes)
    : core_(std::make_unique<Core>(std::move(settings), std::move(routes))) {}

HttpFront::~HttpFront() { stop(std::chrono::milliseconds(0)); }

void HttpFront::start() {
  core_->listen();
  core_->workers = std::make_shared<WorkerPool>(core_->settings.worker_threads);
  core_->connections.emplace(core_->io, core_->settings, core_->routes, core_->workers);
  core_->accept();
  core_->sweep();
  core_->thread = std::thread([core = core_.get()] { core->io.run(); });
}

void HttpFront::serve(RouteTable routes) {
  std::promise<void> done;
  asio::post(core_->io, [&] {
    core_->former.push_back(std::exchange(core_->routes, std::move(routes)));
    done.set_value();
  });
  done.get_future().wait();
}

uint16_t HttpFront::port() const { return core_->bound.port(); }
std::string HttpFront::address() const { return text_of(core_->bound); }
bool HttpFront::beyond_loopback() const { return !core_->bound.address().is_loopback(); }
size_t HttpFront::connections() const { return core_->connections ? core_->connections->size() : 0; }

size_t HttpFront::request_bytes() const { return core_->connections ? core_->connections->memory->bytes() : 0; }

void HttpFront::stop(std::chrono::milliseconds grace) {
  if (!core_->thread.joinable()) return;
  asio::post(core_->io, [core = core_.get()] {
    error_code ignored;
    core->acceptor.close(ignored);
    core->accept_timer.cancel();
    core->connections->begin_stop();
  });
  // Once at the end of a program: polling is simpler than telling.
  const auto deadline = std::chrono::steady_clock::now() + grace;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } while (core_->connections->size() > 0 && std::chrono::steady_clock::now() < deadline);
  asio::post(core_->io, [core = core_.get()] {
    core->connections->cut();
    core->sweeping = false;
    core->sweep_timer.cancel();
  });
  core_->thread.join();    // nothing is left to wait for
  core_->workers->stop();  // handlers end; what they still answer goes nowhere
}

}  // namespace millrace
