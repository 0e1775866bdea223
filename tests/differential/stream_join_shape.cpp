#include <fmt/format.h>

#include <algorithm>

#include "tests/differential/joins.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

struct StreamJoin {
  JoinKind kind;
  int64_t before = 0, after = 0, grace = 0;
  bool pads_at_close = false;
  size_t left_key = 0, right_key = 0;  // columns
  bool one_time = true;                // of all partitions
  bool self = false;                   // both sides are topic 0
};

struct Row {
  const Event* event = nullptr;
  bool left = false, met = false;
  int64_t arrival = 0;
};

class Reference {
 public:
  explicit Reference(const StreamJoin& how) : how_(how) {}

  void add(const Event& event, bool left) {
    Row row{&event, left, false, static_cast<int64_t>(rows_.size())};
    if (!event.has_value || is_null(key(row))) return;
    const int32_t partition = how_.one_time ? 0 : event.partition;
    int64_t& now = times_.try_emplace(partition, event.time).first->second;
    now = std::max(now, event.time);
    close(partition, now);
    const bool pads = left ? how_.kind.pads_left : how_.kind.pads_right;
    std::vector<Row*> matches;
    for (Row& other : rows_)
      if (other.left != left && key(other) == key(row) && other.event->time >= now - kept() && near(row, other))
        matches.push_back(&other);
    std::stable_sort(matches.begin(), matches.end(),
                     [](const Row* a, const Row* b) { return a->event->time < b->event->time; });
    for (Row* other : matches) {
      row.met = other->met = true;
      emit(&row, other);
    }
    if (!row.met && pads && (!how_.pads_at_close || closing(row) < now)) {
      row.met = true;
      emit(&row, nullptr);
    }
    rows_.push_back(row);
  }
  Results results;

 private:
  const Value& key(const Row& row) const { return row.event->columns[row.left ? how_.left_key : how_.right_key]; }
  int64_t kept() const { return how_.before + how_.after + how_.grace; }
  int64_t closing(const Row& row) const { return row.event->time + (row.left ? how_.after : how_.before) + how_.grace; }
  bool near(const Row& a, const Row& b) const {
    const int64_t left = (a.left ? a : b).event->time;
    const int64_t right = (a.left ? b : a).event->time;
    return left - how_.before <= right && right <= left + how_.after;
  }

  // Rows whose partner can come no more.
  void close(int32_t partition, int64_t now) {
    if (!how_.pads_at_close) return;
    std::vector<Row*> closed;
    for (Row& row : rows_) {
      const bool pads = row.left ? how_.kind.pads_left : how_.kind.pads_right;
      if (pads && !row.met && closing(row) < now && (how_.one_time || row.event->partition == partition))
        closed.push_back(&row);
    }
    std::stable_sort(closed.begin(), closed.end(), [this](const Row* a, const Row* b) {
      return std::tuple(closing(*a), a->left) < std::tuple(closing(*b), b->left);
    });
    for (Row* row : closed) {
      row->met = true;
      emit(row, nullptr);
    }
  }

  void emit(const Row* a, const Row* b) {
    ResultRow out{a->event->time, {"KEY"}, {key(*a)}, {}, {"LV", "RV"}, Values(2)};
    if (b != nullptr) out.time = std::max(out.time, b->event->time);
    for (const Row* row : {a, b})
      if (row != nullptr) (*out.values)[row->left ? 0 : 1] = row->event->columns[2];
    results.push_back(std::move(out));
  }

  const StreamJoin& how_;
  std::map<int32_t, int64_t> times_;
  std::vector<Row> rows_;
};

std::string within(const StreamJoin& how) {
  std::string text = how.before == how.after
                         ? fmt::format("WITHIN {} MILLISECONDS", how.before)
                         : fmt::format("WITHIN ({} MILLISECONDS, {} MILLISECONDS)", how.before, how.after);
  if (how.pads_at_close) text += fmt::format(" GRACE PERIOD {} MILLISECONDS", how.grace);
  return text;
}

}  // namespace

QueryCase stream_join_shape(Random& random) {
  StreamJoin how;
  how.kind = random_join_kind(true, random);
  how.self = random.chance(20);
  how.before = random.pick(std::vector<int64_t>{0, 200, 1000});
  how.after = random.pick(std::vector<int64_t>{0, 200, 1000});
  how.pads_at_close = random.chance(70);
  how.grace =
      how.pads_at_close ? random.pick(std::vector<int64_t>{0, 100, 2000}) : 24 * 3'600'000 - how.before - how.after;
  const int32_t partitions = random.chance(60) ? 4 : 1;
  how.one_time = partitions == 1;
  if (how.one_time) {
    how.left_key = static_cast<size_t>(random.below(2));
    how.right_key = static_cast<size_t>(random.below(2));
  }
  QueryCase out;
  const std::vector<ColumnSpec> columns = {
      {"K", ValueType::integer}, {"R", ValueType::integer}, {"V", ValueType::text}};
  out.topics = {{"L", false, partitions, columns}};
  if (!how.self) out.topics.push_back({"M", false, partitions, columns});
  const std::string left = how.left_key == 0 ? "l.K" : "l.R";
  const std::string right = how.right_key == 0 ? "r.K" : "r.R";
  out.statement = fmt::format(
      "CREATE STREAM OUT WITH (partitions = 1) AS SELECT {} AS KEY, l.V AS LV, r.V AS RV FROM L l {} JOIN {} r {} ON "
      "{} = "
      "{};",
      joined_key(how.kind, left, right), how.kind.sql, how.self ? "L" : "M", within(how), left, right);
  out.expected = [how](const Events& events) {
    Reference reference(how);
    for (const Event& event : events) {
      if (how.self || event.topic == 0) reference.add(event, true);
      if (how.self || event.topic == 1) reference.add(event, false);
    }
    return std::move(reference.results);
  };
  out.events = random_events(out.topics, {.count = 80, .disorder_ms = 3000, .jump_percent = 2}, random);
  return out;
}

}  // namespace millrace::differential
