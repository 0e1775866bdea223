// A small HTTP/1.1 client: one connection per exchange, bodies of both directions as they come.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sockaddr;

namespace millrace::shell {

// The server cannot be reached, or it does not speak HTTP. The message names its address.
class ConnectionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
// There is no connection, so nothing of the request was sent.
class ServerUnreachable : public ConnectionError {
 public:
  using ConnectionError::ConnectionError;
};

struct ServerUrl {
  std::string host = "127.0.0.1";
  std::string port = "8088";

  std::string to_string() const;
};

// "http://HOST:PORT", "HOST:PORT" or "HOST". Absent: it is none of these.
std::optional<ServerUrl> parse_url(std::string_view text);

// One request and its response. Not thread-safe. Every call throws ConnectionError.
class HttpExchange {
 public:
  struct Patience {
    std::chrono::milliseconds connect = std::chrono::minutes(2);
    int interrupt_descriptor = -1;  // what becomes readable on Ctrl-C ends every wait
  };
  // Throws ServerUnreachable.
  explicit HttpExchange(const ServerUrl& url);
  HttpExchange(const ServerUrl& url, Patience patience);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  // A whole request.
  void send(std::string_view method, std::string_view path, std::string_view accept, std::string_view body);
  // A request whose body follows in pieces, until end_body().
  void send_head(std::string_view method, std::string_view path, std::string_view content_type);
  // Waits while the server takes nothing, but returns false as soon as there is something to read: read, then go on
  // with an empty piece, until true.
  bool send_piece(std::string_view bytes);
  bool end_body();

  enum class Event {
    bytes,        // some were appended
    ended,        // the body is complete
    interrupted,  // the interrupt's descriptor is readable
    timed_out,
  };
  // The response's body as it comes; status() is known from the first bytes or end on. A body that is cut short throws.
  Event read(std::string& body, std::chrono::milliseconds timeout);
  // All of it.
  std::string read_all();
  int status() const { return status_; }

 private:
  bool flush(bool wait);
  bool parse_head();
  bool decode(std::string& body);
  // 0, or the number of the error.
  int connect(const sockaddr* address, unsigned size);
  [[noreturn]] void fail(const std::string& what) const;

  std::string address_;
  const Patience patience_;
  int socket_ = -1;
  std::string output_;  // not taken by the kernel yet
  std::string input_;   // not decoded yet
  int status_ = 0;
  bool chunked_ = false;
  bool chunk_begun_ = false;  // its end of line is still to be skipped
  bool ended_ = false;
  std::optional<uint64_t> left_;  // of the chunk, or of the body; absent: to the end of the connection
};

}  // namespace millrace::shell
