// Clients that cost next to nothing themselves: HTTP/1.1 kept alive, and WebSockets that are only read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::testing {

// Blocking. Throws std::runtime_error where the server goes.
class WireClient {
 public:
  explicit WireClient(uint16_t port);
  ~WireClient();
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;

  static std::string post(std::string_view path, std::string_view body,
                          std::string_view content_type = "application/json");
  void send(std::string_view bytes);
  // The next answer, whole; its status.
  int receive(std::string& body);
  int ask(std::string_view request, std::string& body) {
    send(request);
    return receive(body);
  }

  // Becomes a WebSocket.
  void upgrade(std::string_view path);
  void send_text(std::string_view text);  // at most 65535 bytes
  int descriptor() const { return socket_; }
  // Counts the frames that have arrived, without waiting.
  uint64_t frames();

 private:
  bool fill(bool wait);

  int socket_ = -1;
  std::string input_;
  uint64_t frames_ = 0;
  size_t skip_ = 0;  // of the frame at work
};

}  // namespace millrace::testing
