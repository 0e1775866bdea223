// A WebSocket to a server, as a test's client holds it.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "shell/http_client.h"

namespace millrace::testing {

// Belongs to one thread. Throws std::runtime_error where it cannot connect or send.
class WebSocketClient {
 public:
  // `path` with its parameters, encoded.
  WebSocketClient(const shell::ServerUrl& url, const std::string& path);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  void send(const std::string& text);
  // The next text; absent: none came in time, or the server has closed.
  std::optional<std::string> receive(std::chrono::milliseconds timeout = std::chrono::seconds(10));
  // The next message as JSON that is not of this type, "progress" unless said otherwise; null: none came in time.
  nlohmann::json next(std::chrono::milliseconds timeout = std::chrono::seconds(10),
                      const std::string& but = "progress");
  // Messages up to one of this type, which is the last; empty where it did not come in time.
  std::vector<nlohmann::json> until(const std::string& type,
                                    std::chrono::milliseconds timeout = std::chrono::seconds(10));
  // Why the server closed; 0 while it did not.
  int close_code() const;
  // Goes without a word.
  void cut();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What a URL's parameter may hold.
std::string percent_encoded(const std::string& text);

}  // namespace millrace::testing
