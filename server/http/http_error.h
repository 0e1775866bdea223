// Answers to requests that never reach a route, and the shape that all errors of the HTTP surface share.
#pragma once

#include <string>
#include <string_view>

#include "server/http/request.h"

namespace millrace {

// Numbers are ksqlDB's: the status and two digits.
struct HttpError {
  int status = 400;
  int code = 40000;
  std::string message;
  Headers headers = {};  // besides Content-Type
};

// What programs look at, as listed in docs/errors.md; empty where there is no such number.
std::string_view http_error_name(int code);

// {"@type":"generic_error","error_code":…,"message":…,"code":…} and the end of a line
std::string error_body(int code, std::string_view message);

// "Not Found" and so on.
std::string_view reason_phrase(int status);

}  // namespace millrace
