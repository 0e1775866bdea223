// What statements answer, in ksqlDB's JSON shapes.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "server/results.h"

namespace millrace {

// An entity with its "@type".
nlohmann::ordered_json result_json(const StatementResult& result);
// {"type":"ARRAY","fields":null,"memberSchema":{"type":"INTEGER",…}}
nlohmann::ordered_json type_json(const Type& type);

}  // namespace millrace
