#include "shell/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

namespace millrace::shell {
namespace {

constexpr size_t head_bytes_max = 64 << 10;

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && strncasecmp(text.data(), prefix.data(), prefix.size()) == 0;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string ServerUrl::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("http://{}:{}", host, port)
                                             : fmt::format("http://[{}]:{}", host, port);
}

std::optional<ServerUrl> parse_url(std::string_view text) {
  if (text.starts_with("http://")) text.remove_prefix(7);
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty() || text.find('/') != std::string_view::npos) return std::nullopt;
  ServerUrl url;
  const size_t bracket = text.rfind(']');
  const size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  std::string_view host = has_port ? text.substr(0, colon) : text;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (has_port) url.port = text.substr(colon + 1);
  url.host = host;
  if (url.host.empty() || url.port.empty() || url.port.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return url;
}

HttpExchange::HttpExchange(const ServerUrl& url) : HttpExchange(url, Patience()) {}

HttpExchange::HttpExchange(const ServerUrl& url, Patience patience) : address_(url.to_string()), patience_(patience) {
  const auto refuse = [this](const char* reason, const char* advice = "") {
    throw ServerUnreachable(fmt::format("cannot reach the server at {}: {}{}", address_, reason, advice));
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); error != 0) {
    refuse(gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    socket_ = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, each->ai_protocol);
    error = socket_ < 0 ? errno : connect(each->ai_addr, each->ai_addrlen);
    if (error == 0) break;
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
    if (error == ECANCELED) break;
  }
  if (error == ECONNREFUSED) refuse("nothing listens there", "; is it running? `millrace serve` starts it");
  if (socket_ < 0) refuse(std::strerror(error));
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int HttpExchange::connect(const sockaddr* address, unsigned size) {
  if (::connect(socket_, address, size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  const auto deadline = std::chrono::steady_clock::now() + patience_.connect;
  for (;;) {
    pollfd polls[2] = {{socket_, POLLOUT, 0}, {patience_.interrupt_descriptor, POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (::poll(polls, 2, static_cast<int>(std::max<int64_t>(0, left))) < 0 && errno != EINTR) return errno;
    if ((polls[1].revents & POLLIN) != 0) return ECANCELED;
    if (polls[0].revents != 0) break;
    if (left <= 0) return ETIMEDOUT;
  }
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

HttpExchange::~HttpExchange() {
  if (socket_ >= 0) close(socket_);
}

void HttpExchange::fail(const std::string& what) const {
  throw ConnectionError(fmt::format("cannot talk to the server at {}: {}", address_, what));
}

void HttpExchange::send(std::string_view method, std::string_view path, std::string_view accept,
                        std::string_view body) {
  output_ = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nAccept: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n",
      method, path, address_.substr(7), accept, body.size());
  output_.append(body);
  // A server that answers before it has taken all is heard by read().
  flush(true);
}

void HttpExchange::send_head(std::string_view method, std::string_view path, std::string_view content_type) {
  output_ = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nAccept: {}\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n"
      "Connection: close\r\n\r\n",
      method, path, address_.substr(7), content_type, content_type);
  flush(false);
}

bool HttpExchange::send_piece(std::string_view bytes) {
  if (!bytes.empty()) output_.append(fmt::format("{:x}\r\n", bytes.size())).append(bytes).append("\r\n");
  return flush(true);
}

bool HttpExchange::end_body() {
  output_.append("0\r\n\r\n");
  return flush(true);
}

// Sends what there is. False: something came that is to be read first.
bool HttpExchange::flush(bool wait) {
  size_t sent = 0;
  while (sent < output_.size()) {
    const ssize_t count = ::send(socket_, output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) break;  // what the server said before is still to be read
    if (errno != EAGAIN && errno != EWOULDBLOCK) fail(std::strerror(errno));
    if (!wait) break;
    pollfd polls[2] = {{socket_, POLLOUT | POLLIN, 0}, {patience_.interrupt_descriptor, POLLIN, 0}};
    if (::poll(polls, 2, -1) > 0 && ((polls[0].revents | polls[1].revents) & POLLIN) != 0) break;
  }
  output_.erase(0, sent);
  return output_.empty();
}

HttpExchange::Event HttpExchange::read(std::string& body, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const size_t before = body.size();
    if (status_ != 0 || parse_head()) ended_ = decode(body) || ended_;
    if (body.size() > before) return Event::bytes;
    if (ended_) return Event::ended;

    pollfd polls[2] = {{socket_, POLLIN, 0}, {patience_.interrupt_descriptor, POLLIN, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int ready =
        ::poll(polls, 2, static_cast<int>(std::max<int64_t>(0, std::min<int64_t>(left.count(), 1 << 30))));
    if (ready < 0 && errno != EINTR) fail(std::strerror(errno));
    if (ready > 0 && (polls[1].revents & POLLIN) != 0) return Event::interrupted;
    if (ready == 0 && left.count() <= 0) return Event::timed_out;
    if (ready <= 0 || polls[0].revents == 0) continue;

    char buffer[64 << 10];
    const ssize_t count = recv(socket_, buffer, sizeof buffer, 0);
    if (count > 0) {
      input_.append(buffer, static_cast<size_t>(count));
    } else if (count == 0 && status_ != 0 && !chunked_ && !left_) {
      body.append(std::exchange(input_, {}));
      ended_ = true;
    } else if (count == 0) {
      fail("it ended the connection in the middle of an answer");
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      fail(std::strerror(errno));
    }
  }
}

std::string HttpExchange::read_all() {
  std::string body;
  while (read(body, std::chrono::hours(24)) != Event::ended) continue;
  return body;
}

// Takes the head off the input once it is whole.
bool HttpExchange::parse_head() {
  for (;;) {
    const size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (input_.size() > head_bytes_max) fail("what it says is not HTTP");
      return false;
    }
    const std::string head = input_.substr(0, end + 2);
    input_.erase(0, end + 4);
    int status = 0;
    const bool valid = head.starts_with("HTTP/1.") && head.size() > 12;
    if (!valid || std::from_chars(head.data() + 9, head.data() + 12, status).ptr != head.data() + 12) {
      fail("what it says is not HTTP");
    }
    if (status < 200) continue;  // 100 Continue
    std::string_view rest = head;
    rest.remove_prefix(rest.find("\r\n") + 2);
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find("\r\n"));
      rest.remove_prefix(line.size() + 2);
      const std::string_view value = trim(line.substr(std::min(line.find(':'), line.size() - 1) + 1));
      if (starts_with_ignoring_case(line, "transfer-encoding:")) chunked_ = starts_with_ignoring_case(value, "chunked");
      if (uint64_t length = 0; starts_with_ignoring_case(line, "content-length:")) {
        std::from_chars(value.data(), value.data() + value.size(), length);
        left_ = length;
      }
    }
    if (status == 204 || status == 304) left_ = 0;
    if (chunked_) left_ = 0;
    status_ = status;
    return true;
  }
}

// Moves what is decoded from the input to the body. True: the body is complete.
bool HttpExchange::decode(std::string& body) {
  if (!left_) {
    body.append(std::exchange(input_, {}));
    return false;
  }
  size_t at = 0;
  bool complete = false;
  for (;;) {
    const size_t count = std::min<uint64_t>(*left_, input_.size() - at);
    body.append(input_, at, count);
    at += count;
    *left_ -= count;
    if (*left_ > 0) break;
    if (!chunked_) {
      complete = true;
      break;
    }
    // The end of the line after a chunk, then the size of the next one.
    const size_t line = at + (chunk_begun_ ? 2 : 0);
    const size_t end = input_.find("\r\n", line);
    if (line > input_.size() || end == std::string::npos) break;
    uint64_t size = 0;
    if (std::from_chars(input_.data() + line, input_.data() + end, size, 16).ptr == input_.data() + line) {
      fail("a chunk of its answer has no size");
    }
    at = end + 2;
    chunk_begun_ = true;
    left_ = size;
    if (size == 0) {
      complete = true;
      break;
    }
  }
  input_.erase(0, at);
  return complete;
}

}  // namespace millrace::shell
