// Bytes of HTTP/1.x to a Request, as they come. Does no I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/http_error.h"
#include "server/http/request.h"

namespace millrace {

// For one request. Not thread-safe.
class RequestParser {
 public:
  enum class State {
    header,    // wants more bytes of the header
    body,      // the header is complete: request() is filled but for its body
    complete,  // so is the body
    failed,    // error() says why
  };

  explicit RequestParser(uint32_t header_bytes_max);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes from the front of `bytes` and returns how many; those it left must be given again, with more behind
  // them. Stops after the header, so that the caller may look at it, and after the request.
  size_t put(std::string_view bytes);
  State state() const { return state_; }
  const HttpError& error() const { return error_; }

  // From State::body on.
  Request& request();
  std::optional<uint64_t> content_length() const;
  bool keep_alive() const;
  bool http_1_0() const;

  // The part of the body that came since the last call.
  std::string take_body();
  size_t body_bytes() const;

 private:
  class Grammar;  // Beast's parser

  void fail(int status, int code, std::string message);
  void check_header();

  uint32_t header_bytes_max_;
  State state_ = State::header;
  HttpError error_;
  std::unique_ptr<Grammar> grammar_;
};

}  // namespace millrace
