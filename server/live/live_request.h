// What a client asks of a live subscription.
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/log.h"
#include "server/engine.h"

namespace millrace {

// What becomes of a subscriber that does not take its events as fast as they come.
enum class SlowPolicy {
  wait,        // it gets all of them, later; where they have to be kept for it alone, its own query waits for it
  conflate,    // it gets the last one of each key
  drop,        // it gets the newest, and is told how many it missed
  disconnect,  // its subscription ends with an error
};

struct LiveRequest {
  std::string sql;
  Session session;
  std::optional<std::string> cursor;
  SlowPolicy slow = SlowPolicy::wait;
  std::chrono::milliseconds conflate{0};  // the last one of each key, as often; 0: each one as it comes
  std::chrono::milliseconds progress{1000};
};

// {"sql" or "ksql": …, "properties": {…}, "cursor": …, "slow": …, "conflate": "200ms", "progress": "1s"}; other members
// are the transport's. Throws Error{value_invalid} that says what is wrong.
LiveRequest parse_live_request(const nlohmann::json& body);
// The same from the parameters of a URL; a property is a parameter of its own name.
LiveRequest parse_live_request(const std::map<std::string, std::string, std::less<>>& parameters);

// Positions as one word that a client keeps, and their reverse. Throws Error{value_invalid}.
std::string write_cursor(const std::vector<Position>& positions);
std::vector<Position> read_cursor(std::string_view cursor);

}  // namespace millrace
