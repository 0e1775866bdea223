#include "tests/program/wire_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace millrace::testing {

WireClient::WireClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

WireClient::~WireClient() { ::close(socket_); }

std::string WireClient::post(std::string_view path, std::string_view body, std::string_view content_type) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", path,
                     content_type, body.size(), body);
}

void WireClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) throw std::runtime_error("the server has closed");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

bool WireClient::fill(bool wait) {
  char buffer[65536];
  const ssize_t count = ::recv(socket_, buffer, sizeof buffer, wait ? 0 : MSG_DONTWAIT);
  if (count > 0) input_.append(buffer, static_cast<size_t>(count));
  if (count == 0 || (count < 0 && wait)) throw std::runtime_error("the server has closed");
  return count > 0;
}

int WireClient::receive(std::string& body) {
  size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) fill(true);
  const int status = std::stoi(input_.substr(9, 3));
  const std::string head = input_.substr(0, end);
  input_.erase(0, end + 4);
  body.clear();
  constexpr std::string_view length = "Content-Length: ";
  if (const size_t at = head.find(length); at != std::string::npos) {
    const size_t bytes = std::stoul(head.substr(at + length.size()));
    while (input_.size() < bytes) fill(true);
    body = input_.substr(0, bytes);
    input_.erase(0, bytes);
    return status;
  }
  for (size_t bytes = 1; bytes > 0;) {
    size_t line = 0;
    while ((line = input_.find("\r\n")) == std::string::npos) fill(true);
    bytes = std::stoul(input_.substr(0, line), nullptr, 16);
    while (input_.size() < line + 2 + bytes + 2) fill(true);
    body.append(input_, line + 2, bytes);
    input_.erase(0, line + 2 + bytes + 2);
  }
  return status;
}

void WireClient::upgrade(std::string_view path) {
  send(
      fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
                  "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                  path));
  size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) fill(true);
  if (input_.substr(9, 3) != "101") throw std::runtime_error("no WebSocket: " + input_);
  input_.erase(0, end + 4);
}

// RFC 6455, 5.2; masked by zeros.
void WireClient::send_text(std::string_view text) {
  std::string frame = "\x81";
  if (text.size() < 126) {
    frame += static_cast<char>(0x80 | text.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(text.size() >> 8);
    frame += static_cast<char>(text.size() & 0xFF);
  }
  frame.append(4, '\0').append(text);
  send(frame);
}

uint64_t WireClient::frames() {
  while (fill(false)) {
    size_t at = 0;
    while (true) {
      if (skip_ > 0) {
        const size_t taken = std::min(skip_, input_.size() - at);
        skip_ -= taken;
        at += taken;
        if (skip_ > 0) break;
        ++frames_;
      }
      if (input_.size() - at < 4) break;
      const auto byte = [&](size_t i) { return static_cast<unsigned char>(input_[at + i]); };
      const size_t short_length = byte(1) & 0x7F;
      if (short_length == 127) throw std::runtime_error("a frame is too long for this client");
      const size_t head = short_length == 126 ? 4 : 2;
      skip_ = short_length == 126 ? (size_t{byte(2)} << 8 | byte(3)) : short_length;
      at += head;
    }
    input_.erase(0, at);
  }
  return frames_;
}

}  // namespace millrace::testing
