// A client that says exactly what a test wants on the wire.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

namespace millrace {

class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  // Ends both directions, so that a thread that is in send() comes back.
  void shut() { ::shutdown(socket_, SHUT_RDWR); }

  // False: the other end has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  // Reads on until `text` is there, counted from the start of what was received; false: closed, or too late.
  bool wait_for(std::string_view text, std::chrono::milliseconds time = std::chrono::seconds(5)) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (received.find(text) == std::string::npos) {
      if (!receive(deadline)) return false;
    }
    return true;
  }
  // Everything until the other end closes; false: it did not.
  bool wait_for_end(std::chrono::milliseconds time = std::chrono::seconds(5)) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (receive(deadline)) continue;
    return ended_;
  }

  std::string received;

 private:
  bool receive(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd poll{socket_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) <= 0) return false;
    char buffer[65536];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0) {
      ended_ = true;
      return false;
    }
    received.append(buffer, static_cast<size_t>(count));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
};

}  // namespace millrace
