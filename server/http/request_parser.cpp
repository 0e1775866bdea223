#include "server/http/request_parser.h"

#include <strings.h>

#include <boost/beast/http/basic_parser.hpp>

#include "server/http/target.h"

namespace millrace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::beast::error_code;

// Puts fields where they belong as they are found; there is no Beast message in between.
class RequestParser::Grammar final : public http::basic_parser<true> {
 public:
  Request request;
  std::string target;
  std::string body;
  int version = 11;
  size_t hosts = 0;
  bool has_transfer_encoding = false;

  // Whether the line of a chunk comes next.
  bool before_chunk() const { return is_header_done() && chunked() && chunk_left_ == 0; }

 private:
  using View = beast::string_view;

  static std::string copy(View text) { return {text.data(), text.size()}; }

  void on_request_impl(http::verb, View method, View path, int number, error_code&) override {
    request.method = copy(method);
    target = copy(path);
    version = number;
  }
  void on_response_impl(int, View, int, error_code&) override {}
  void on_field_impl(http::field field, View name, View value, error_code&) override {
    if (is_header_done()) return;  // trailers say nothing that is used here
    if (field == http::field::host) ++hosts;
    if (field == http::field::transfer_encoding) has_transfer_encoding = true;
    request.headers.add(copy(name), copy(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View bytes, error_code&) override { return keep(bytes); }
  void on_chunk_header_impl(std::uint64_t size, View, error_code&) override { chunk_left_ = size; }
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, error_code&) override {
    chunk_left_ -= bytes.size();
    return keep(bytes);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t keep(View bytes) {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  std::uint64_t chunk_left_ = 0;
};

RequestParser::RequestParser(uint32_t header_bytes_max)
    : header_bytes_max_(header_bytes_max), grammar_(std::make_unique<Grammar>()) {
  grammar_->header_limit(header_bytes_max);
  grammar_->body_limit(boost::none);
}

RequestParser::~RequestParser() = default;

void RequestParser::fail(int status, int code, std::string message) {
  state_ = State::failed;
  error_ = HttpError{status, code, std::move(message)};
}

size_t RequestParser::put(std::string_view bytes) {
  size_t used = 0;
  while (state_ == State::header || state_ == State::body) {
    const State before = state_;
    const std::string_view rest = bytes.substr(used);
    if (rest.empty() && !(state_ == State::body && grammar_->is_done())) break;
    // Beast asserts that a body's first line which is its last has come whole: "0" and two ends of line.
    constexpr size_t last_chunk_bytes = 5;
    if (grammar_->before_chunk() && !grammar_->is_done() && rest.size() < last_chunk_bytes && rest[0] == '0') break;
    error_code error;
    if (!grammar_->is_done()) used += grammar_->put({rest.data(), rest.size()}, error);
    if (error == http::error::need_more) {
      // The line of a chunk's size and the trailers are bounded like the header.
      if (bytes.size() - used >= header_bytes_max_) fail(431, 43100, "a line of the request is too long");
      break;
    }
    if (error == http::error::header_limit) {
      fail(431, 43100, "the header of the request has more than " + std::to_string(header_bytes_max_) + " bytes");
    } else if (error) {
      fail(400, 40000, "malformed request: " + error.message());
    } else if (before == State::header && grammar_->is_header_done()) {
      check_header();
      break;
    } else if (grammar_->is_done()) {
      state_ = State::complete;
    }
  }
  return used;
}

// What HTTP/1.1 asks for and Beast leaves to its user.
void RequestParser::check_header() {
  Grammar& grammar = *grammar_;
  if (grammar.has_transfer_encoding && !grammar.chunked()) {
    return fail(501, 50100, "Transfer-Encoding takes chunked only");
  }
  if (grammar.hosts > 1 || (grammar.hosts == 0 && !http_1_0())) {
    return fail(400, 40000, "malformed request: expected one Host header");
  }
  if (!parse_target(grammar.target, grammar.request)) {
    return fail(400, 40000, "malformed request: the target is not a path, or is badly encoded");
  }
  state_ = State::body;
}

Request& RequestParser::request() { return grammar_->request; }

std::optional<uint64_t> RequestParser::content_length() const {
  const auto length = grammar_->content_length();
  return length ? std::optional<uint64_t>(*length) : std::nullopt;
}

bool RequestParser::keep_alive() const { return grammar_->keep_alive(); }

bool RequestParser::http_1_0() const { return grammar_->version == 10; }

std::string RequestParser::take_body() { return std::exchange(grammar_->body, {}); }
size_t RequestParser::body_bytes() const { return grammar_->body.size(); }

}  // namespace millrace
