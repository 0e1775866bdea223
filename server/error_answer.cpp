#include "server/error_answer.h"

#include <nlohmann/json.hpp>

#include "server/http/http_error.h"

namespace millrace {

using Json = nlohmann::ordered_json;

ErrorAnswer error_answer(ErrorCode code) {
  switch (code) {
    case ErrorCode::operation_forbidden:
      return {403, 40300};
    case ErrorCode::statement_too_large:
    case ErrorCode::limit_exceeded:
      return {413, 41300};
    case ErrorCode::assertion_failed:
      return {417, 41700};
    case ErrorCode::quota_exceeded:
      return {429, 42900};
    case ErrorCode::timeout:
      return {504, 50400};
    case ErrorCode::cancelled:
    case ErrorCode::not_ready:
    case ErrorCode::unavailable:
    case ErrorCode::fenced:
      return {503, 50300};
    case ErrorCode::log_full:
      return {507, 50700};
    case ErrorCode::internal:
    case ErrorCode::log_failed:
    case ErrorCode::log_corrupt:
    case ErrorCode::log_locked:
    case ErrorCode::log_version:
    case ErrorCode::log_permission:
    case ErrorCode::position_lost:
    case ErrorCode::state_unreadable:
      return {500, 50000};
    default:
      return {400, 40001};  // what was said cannot be done
  }
}

Json error_json(const Error& error, std::string_view kind) {
  Json json = {{"@type", kind},
               {"error_code", error_answer(error.code()).number},
               {"message", error.message()},
               {"code", error_name(error.code())}};
  if (error.position().line > 0) {
    json["line"] = error.position().line;
    json["column"] = error.position().column;
  }
  return json;
}

Json error_members(const Error& error) {
  Json json = error_json(error);
  json.erase("@type");
  return json;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void reply_json(ResponseStream& response, int status, const Json& json) {
  response.reply(status, {{"Content-Type", "application/json"}}, dump(json) + "\n");  // for who reads it in a terminal
}

void reply_error(ResponseStream& response, const Error& error) {
  reply_json(response, error_answer(error.code()).status, error_json(error));
}

void reply_bad_request(ResponseStream& response, std::string_view message) {
  response.reply(400, {{"Content-Type", "application/json"}}, error_body(40000, message));
}

}  // namespace millrace
