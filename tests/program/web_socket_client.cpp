#include "tests/program/web_socket_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace millrace::testing {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;

struct WebSocketClient::State {
  asio::io_context io;
  beast::websocket::stream<asio::ip::tcp::socket> stream{io};
  beast::flat_buffer buffer;
  bool reading = false;
  bool ended = false;
  std::optional<std::string> text;

  void read() {
    reading = true;
    stream.async_read(buffer, [this](boost::system::error_code error, size_t) {
      reading = false;
      ended = bool(error);
      if (error) return;
      text = beast::buffers_to_string(buffer.data());
      buffer.consume(buffer.size());
    });
  }
};

WebSocketClient::WebSocketClient(const shell::ServerUrl& url, const std::string& path)
    : state_(std::make_unique<State>()) {
  try {
    asio::ip::tcp::resolver resolver(state_->io);
    state_->stream.next_layer().connect(resolver.resolve(url.host, url.port).begin()->endpoint());
    state_->stream.handshake(url.host + ":" + url.port, path);
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error(error.what());
  }
}

WebSocketClient::~WebSocketClient() { cut(); }

void WebSocketClient::send(const std::string& text) {
  boost::system::error_code error;
  state_->stream.write(asio::buffer(text), error);
  if (error) throw std::runtime_error(error.message());
}

std::optional<std::string> WebSocketClient::receive(std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  while (!state_->text && !state_->ended && Clock::now() < deadline) {
    if (!state_->reading) state_->read();
    state_->io.restart();
    state_->io.run_one_until(deadline);
  }
  return std::exchange(state_->text, std::nullopt);
}

nlohmann::json WebSocketClient::next(std::chrono::milliseconds timeout, const std::string& but) {
  const auto deadline = Clock::now() + timeout;
  while (true) {
    const auto text = receive(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
    if (!text) return nullptr;
    nlohmann::json message = nlohmann::json::parse(*text);
    if (!message.is_object() || message.value("type", "") != but) return message;
  }
}

std::vector<nlohmann::json> WebSocketClient::until(const std::string& type, std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  std::vector<nlohmann::json> all;
  while (true) {
    const auto text = receive(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
    if (!text) return {};
    all.push_back(nlohmann::json::parse(*text));
    if (all.back().value("type", "") == type) return all;
  }
}

int WebSocketClient::close_code() const { return state_->ended ? state_->stream.reason().code : 0; }

void WebSocketClient::cut() {
  boost::system::error_code ignored;
  state_->stream.next_layer().close(ignored);
  state_->io.restart();
  state_->io.poll();
}

std::string percent_encoded(const std::string& text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      out += c;
    } else {
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  return out;
}

}  // namespace millrace::testing
