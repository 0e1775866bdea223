#include "server/request_json.h"

#include <nlohmann/json.hpp>

namespace millrace {

namespace {
constexpr int depth_max = 32;
}

nlohmann::json parse_request_json(std::string_view text) {
  using Json = nlohmann::json;
  return Json::parse(
      text, [](int depth, Json::parse_event_t, Json&) { return depth < depth_max; }, false);
}

}  // namespace millrace
