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
  // After the one that makes ROWS_IN; {0} ends each name, so that the same can be made once more.
  std::vector<std::string> statements;
  // Empty: every one of the rows is in the result exactly once, and nothing else; otherwise the first difference.
  std::function<std::string(const shell::ServerUrl&, std::span<const KillRow> rows)> check;
  // The topics of results whose records are all to be compared, and of those of which each key's last one is; without
  // the name's end.
  std::vector<std::string> records, tables;
};

// The last, named "all", is all of them at once.
std::span<const KillKind> kill_kinds();

// Makes the queries once more, with names that end with AGAIN, from the first row on.
inline constexpr std::string_view again = "_AGAIN";
void make_again(const shell::ServerUrl& url, const KillKind& kind);

}  // namespace millrace::testing
