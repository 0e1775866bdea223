#include "tests/kill/kinds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "tests/program/sql_client.h"

namespace millrace::testing {

namespace {

constexpr int32_t kept_below = 60;
constexpr int32_t chained_below = 90;
constexpr int64_t window_ms = 10'000;

struct Total {
  int64_t count = 0;
  int64_t sum = 0;  // of the ids: two mistakes that cancel each other out in the count do not here
  bool operator==(const Total&) const = default;
};
using Totals = std::map<std::vector<int64_t>, Total>;  // by group, or by group and start of the window

// Rows of a result: its key columns, then count and sum.
Totals totals_of(const std::vector<nlohmann::json>& rows, size_t keys) {
  Totals totals;
  for (const auto& row : rows) {
    std::vector<int64_t> key;
    for (size_t i = 0; i < keys; ++i) key.push_back(row.at(i).get<int64_t>());
    totals[key] = {row.at(keys).get<int64_t>(), row.at(keys + 1).get<int64_t>()};
  }
  return totals;
}

std::string difference(const Totals& expected, const Totals& got) {
  for (const auto& [key, total] : expected) {
    const auto found = got.find(key);
    if (found == got.end()) return fmt::format("no row for {}, expected count {}", key, total.count);
    if (found->second == total) continue;
    return fmt::format("for {}: count {} and sum {}, expected {} and {}", key, found->second.count, found->second.sum,
                       total.count, total.sum);
  }
  return expected.size() == got.size() ? "" : fmt::format("{} rows, expected {}", got.size(), expected.size());
}

std::string check_ids(const std::vector<nlohmann::json>& result, std::span<const KillRow> rows, int32_t below) {
  std::map<int64_t, int> times;
  for (const auto& row : result) ++times[row.at(0).get<int64_t>()];
  size_t expected = 0;
  for (const KillRow& row : rows) {
    if (row.value >= below) continue;
    ++expected;
    const auto found = times.find(row.id);
    if (found == times.end()) return fmt::format("row {} is missing ({} rows came)", row.id, result.size());
    if (found->second > 1) return fmt::format("row {} is there {} times", row.id, found->second);
  }
  return times.size() == expected ? "" : fmt::format("{} rows, expected {}", times.size(), expected);
}

std::string check_filter(const shell::ServerUrl& url, std::span<const KillRow> rows) {
  const auto kept = query(url, "SELECT id FROM kept;");
  if (std::string wrong = check_ids(kept, rows, kept_below); !wrong.empty()) return wrong;
  // And as a subscriber that begins at the start sees it.
  const auto pushed = query(url, fmt::format("SELECT id FROM kept EMIT CHANGES LIMIT {};", kept.size()));
  return check_ids(pushed, rows, kept_below);
}

std::string check_tumbling(const shell::ServerUrl& url, std::span<const KillRow> rows) {
  Totals expected;
  for (const KillRow& row : rows) {
    Total& total = expected[{row.group, row.time - row.time % window_ms}];
    ++total.count;
    total.sum += row.id;
  }
  return difference(expected, totals_of(query(url, "SELECT grp, WINDOWSTART, n, total FROM counted;"), 2));
}

std::string check_chain(const shell::ServerUrl& url, std::span<const KillRow> rows) {
  Totals expected;
  for (const KillRow& row : rows) {
    if (row.value >= chained_below) continue;
    Total& total = expected[{row.group}];
    ++total.count;
    total.sum += row.id;
  }
  const auto linked = query(url, "SELECT id FROM linked;");
  if (std::string wrong = check_ids(linked, rows, chained_below); !wrong.empty()) return "the first query: " + wrong;
  return difference(expected, totals_of(query(url, "SELECT grp, n, total FROM chained;"), 1));
}

// What is final depends on the order of the rows within their partition: an uninterrupted run says what it must be.
std::string check_final(const shell::ServerUrl& url, std::span<const KillRow>) {
  const std::string columns = "SELECT grp, WINDOWSTART, n, total FROM finals";
  const auto killed = query(url, columns + ";");
  if (killed.empty()) return "no window is final";
  return difference(totals_of(query(url, fmt::format("{}{};", columns, again)), 2), totals_of(killed, 2));
}

std::vector<KillKind> single_kinds() {
  return {
      {"filter",
       {fmt::format("CREATE STREAM kept{{0}} AS SELECT * FROM rows_in WHERE v < {} EMIT CHANGES;", kept_below)},
       check_filter,
       {"KEPT"},
       {}},
      {"tumbling",
       {"CREATE TABLE counted{0} AS SELECT grp, COUNT(*) AS n, SUM(id) AS total FROM rows_in "
        "WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY grp EMIT CHANGES;"},
       check_tumbling,
       {},
       {"COUNTED"}},
      {"final",
       {"CREATE TABLE finals{0} AS SELECT grp, COUNT(*) AS n, SUM(id) AS total FROM rows_in "
        "WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 3 SECONDS) GROUP BY grp EMIT FINAL;"},
       check_final,
       {"FINALS"},
       {}},
      {"chain",
       {fmt::format("CREATE STREAM linked{{0}} AS SELECT * FROM rows_in WHERE v < {} EMIT CHANGES;", chained_below),
        "CREATE TABLE chained{0} AS SELECT grp, COUNT(*) AS n, SUM(id) AS total FROM linked{0} GROUP BY grp EMIT "
        "CHANGES;"},
       check_chain,
       {"LINKED"},
       {"CHAINED"}},
  };
}

// All kinds side by side, for what takes long to happen.
KillKind all_kinds(const std::vector<KillKind>& kinds) {
  KillKind all{"all", {}, {}, {}, {}};
  auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (const KillKind& kind : kinds) {
    add(all.statements, kind.statements);
    add(all.records, kind.records);
    add(all.tables, kind.tables);
  }
  all.check = [kinds](const shell::ServerUrl& url, std::span<const KillRow> rows) {
    for (const KillKind& kind : kinds)
      if (const std::string wrong = kind.check(url, rows); !wrong.empty()) return kind.name + ": " + wrong;
    return std::string();
  };
  return all;
}

}  // namespace

void make_again(const shell::ServerUrl& url, const KillKind& kind) {
  for (const std::string& statement : kind.statements)
    execute_well(url, fmt::format(fmt::runtime(statement), again), from_earliest);
}

std::span<const KillKind> kill_kinds() {
  static const std::vector<KillKind> kinds = [] {
    std::vector<KillKind> list = single_kinds();
    list.push_back(all_kinds(list));
    return list;
  }();
  return kinds;
}

}  // namespace millrace::testing
