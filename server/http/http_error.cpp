#include "server/http/http_error.h"

#include <nlohmann/json.hpp>

namespace millrace {

std::string_view http_error_name(int code) {
  switch (code) {
    case 40000:
      return "request_invalid";
    case 40300:
      return "origin_forbidden";
    case 40400:
      return "path_unknown";
    case 40401:
      return "query_unknown";
    case 40500:
      return "method_invalid";
    case 40800:
      return "request_timeout";
    case 41300:
      return "request_too_large";
    case 41700:
      return "expectation_unknown";
    case 42600:
      return "upgrade_required";
    case 43100:
      return "header_too_large";
    case 50000:
      return "internal";
    case 50100:
      return "encoding_unknown";
    case 50300:
      return "unavailable";
    case 50400:
      return "timeout";
    default:
      return "";
  }
}

std::string error_body(int code, std::string_view message) {
  nlohmann::ordered_json body = {
      {"@type", "generic_error"}, {"error_code", code}, {"message", message}, {"code", http_error_name(code)}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 426:
      return "Upgrade Required";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

}  // namespace millrace
