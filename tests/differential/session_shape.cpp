#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tests/differential/aggregates.h"
#include "tests/differential/groups.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

struct Sessioning {
  GroupKey key;
  Aggregates aggregates;
  int64_t gap = 500, grace = 0;
  bool final = false;
};

struct Session {
  int32_t partition = 0;
  Values keys;
  int64_t start = 0, end = 0;
  std::vector<GroupedRow> rows;
};

class Sessions {
 public:
  explicit Sessions(const Sessioning& how) : how_(how) {}

  void add(const Event& event, int64_t arrival) {
    Session merged{event.partition, how_.key.of(event.columns), event.time, event.time, {}};
    if (any_null(merged.keys)) return;
    int64_t& now = times_.try_emplace(event.partition, event.time).first->second;
    now = std::max(now, event.time);
    close(event.partition, now);
    std::vector<Session> met;
    std::vector<Session> others;
    for (Session& session : sessions_) {
      const bool near = session.start <= event.time + how_.gap && session.end >= event.time - how_.gap;
      (near && session.keys == merged.keys ? met : others).push_back(session);
    }
    for (const Session& session : met) {
      merged.start = std::min(merged.start, session.start);
      merged.end = std::max(merged.end, session.end);
      merged.rows.insert(merged.rows.end(), session.rows.begin(), session.rows.end());
    }
    if (merged.end < now - how_.gap - how_.grace) return;
    merged.rows.push_back({event.columns[value_column], arrival});
    std::sort(met.begin(), met.end(), [](const Session& a, const Session& b) { return a.start < b.start; });
    if (!how_.final) {
      for (const Session& session : met)
        if (merged.start != event.time || merged.end != event.time) emit(session, false);
      emit(merged, true);
    }
    others.push_back(merged);
    sessions_ = std::move(others);
  }
  Results results;

 private:
  // Those that no row can join any more.
  void close(int32_t partition, int64_t now) {
    auto over = [&](const Session& session) {
      return session.partition == partition && session.end < now - how_.gap - how_.grace;
    };
    std::vector<Session> closed;
    std::copy_if(sessions_.begin(), sessions_.end(), std::back_inserter(closed), over);
    std::erase_if(sessions_, over);
    std::sort(closed.begin(), closed.end(), [](const Session& a, const Session& b) {
      return std::tie(a.end, a.start, a.keys) < std::tie(b.end, b.start, b.keys);
    });
    for (const Session& session : closed)
      if (how_.final) emit(session, true);
  }
  void emit(const Session& session, bool there) {
    results.push_back({session.end,
                       how_.key.names,
                       session.keys,
                       {session.start, session.end},
                       how_.aggregates.names,
                       there ? std::optional(how_.aggregates.compute(session.rows)) : std::nullopt});
  }

  const Sessioning& how_;
  std::map<int32_t, int64_t> times_;
  std::vector<Session> sessions_;
};

}  // namespace

QueryCase session_shape(Random& random) {
  Sessioning how{random_group_key(random), random_aggregates(AggregateUse::sessions, random)};
  how.gap = random.pick(std::vector<int64_t>{100, 300, 1000});
  how.grace = random.pick(std::vector<int64_t>{0, 100, 1000, 5000});
  how.final = random.chance(50);
  QueryCase out;
  out.final_state = !how.final && random.chance(25);
  out.window_bounds = 2;
  out.topics = {{"S", false, how.key.is_source_key() && random.chance(60) ? 4 : 1, grouped_columns()}};
  out.statement = fmt::format(
      "CREATE TABLE OUT WITH (partitions = 1) AS SELECT {}{} FROM S WINDOW SESSION ({} MILLISECONDS, GRACE PERIOD {} "
      "MILLISECONDS) GROUP BY {}{};",
      fmt::join(how.key.names, ", "), how.aggregates.list, how.gap, how.grace, fmt::join(how.key.names, ", "),
      how.final ? " EMIT FINAL" : "");
  out.expected = [how](const Events& events) {
    Sessions sessions(how);
    int64_t arrival = 0;
    for (const Event& event : events)
      if (event.has_value) sessions.add(event, ++arrival);
    return std::move(sessions.results);
  };
  out.events = random_events(out.topics, {.count = 80, .disorder_ms = 3000, .jump_percent = 3}, random);
  return out;
}

}  // namespace millrace::differential
