// Errors as clients see them: the one place where codes become statuses and numbers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "runtime/error.h"
#include "server/http/response_stream.h"

namespace millrace {

struct ErrorAnswer {
  int status;  // of HTTP
  int number;  // "error_code", ksqlDB's where it has one
};

ErrorAnswer error_answer(ErrorCode code);

// {"@type":kind,"error_code":…,"message":…,"code":"source_unknown","line":…,"column":…}; without a place no line and
// column.
nlohmann::ordered_json error_json(const Error& error, std::string_view kind = "generic_error");
// The same without "@type", which is of ksqlDB's interface.
nlohmann::ordered_json error_members(const Error& error);
// JSON whatever bytes its strings hold.
std::string dump(const nlohmann::ordered_json& json);

void reply_json(ResponseStream& response, int status, const nlohmann::ordered_json& json);
void reply_error(ResponseStream& response, const Error& error);
// Not an error of the engine's: a request that a route cannot take.
void reply_bad_request(ResponseStream& response, std::string_view message);

}  // namespace millrace
