// The queries that are killed, and what each must have made of the rows that are in the stream.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "shell/http_client.h"
#include "tests/kill/clients.h"

namespace millrace::testing {

struct KillKind {
  std::string name;
  std::vector<std::string> statements;  // after the one that makes ROWS_IN
  // Empty: every one of the rows is in the result exactly once, and nothing else; otherwise the first difference.
  std::function<std::string(const shell::ServerUrl&, std::span<const KillRow> rows)> check;
};

std::span<const KillKind> kill_kinds();

}  // namespace millrace::testing
