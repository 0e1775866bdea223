// Partitions that a topic gets while queries read it, and how far Kafka's own tools see a query.
#include <set>

#include "runtime/partitioner.h"
#include "tests/kafka/kafka_server.h"

namespace millrace::testing {

namespace {

constexpr int32_t keys = 10;
constexpr int64_t time_base = 1'700'000'000'000;
constexpr int64_t ms_per_row = 10;
constexpr int64_t window_ms = 1'000;

// Row n has key n % 10 and lies where a producer that knows all partitions puts its key.
class KafkaPartitions : public KafkaServer {
 protected:
  KafkaPartitions() : KafkaServer(quick_options()) {}

  // The other program need not wait for the partitions that it made itself.
  static KafkaLogOptions quick_options() {
    KafkaLogOptions options = kafka_options();
    options.settings["topic.metadata.refresh.interval.ms"] = "100";
    return options;
  }
  void make(const std::string& topic, int32_t partitions) {
    topics_[topic] = log_->create({topic, partitions, {}}).id;
    partitions_[topic] = partitions;
  }
  void grow(const std::string& topic, int32_t partitions) {
    set_partitions(topic, partitions);
    partitions_[topic] = partitions;
    ASSERT_TRUE(eventually(10s, [&] { return log_->describe(topic)->partitions == partitions; }));
  }
  void write_rows(const std::string& topic, int count) {
    std::map<int32_t, std::vector<Row>> parts;
    for (int i = 0; i < count; ++i, ++written_) {
      Row row = keyed(time_base + written_ * ms_per_row, static_cast<int32_t>(written_ % keys),
                      fmt::format(R"({{"N":{}}})", written_));
      parts[partition_of(*row.key, partitions_[topic])].push_back(std::move(row));
    }
    for (const auto& [partition, rows] : parts) write(topics_[topic], partition, rows);
    EXPECT_GT(parts.size(), 1u);
  }
  void create() {
    run("CREATE STREAM numbers (k INT KEY, n INT) WITH (kafka_topic = 'numbers', value_format = 'JSON');");
    run("CREATE STREAM copied AS SELECT k, n FROM numbers;", from_earliest);
    run("CREATE TABLE sums AS SELECT k, COUNT(*) AS c, SUM(n) AS total FROM numbers GROUP BY k;", from_earliest);
    run("CREATE TABLE windows AS SELECT k, COUNT(*) AS c FROM numbers WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;",
        from_earliest);
    run("CREATE TABLE scattered AS SELECT n % 7 AS r, COUNT(*) AS c FROM numbers WINDOW TUMBLING (SIZE 1 SECOND) "
        "GROUP BY n % 7;",
        from_earliest);
    run("CREATE STREAM doubled AS SELECT a.k AS k, a.n AS n, b.n AS m FROM numbers a JOIN numbers b WITHIN 1 SECOND ON "
        "a.k = b.k WHERE a.n = b.n;",
        from_earliest);
  }
  // All results are those of rows 0 to written_ - 1, each once.
  void check() {
    auto numbers = [&] { return rows("SELECT k, n FROM copied;"); };
    ASSERT_TRUE(eventually(20s, [&] { return static_cast<int64_t>(numbers().size()) >= written_; }))
        << numbers().size() << " of " << written_ << run("SHOW QUERIES;").dump();
    std::map<int64_t, int64_t> last;
    std::set<int64_t> seen;
    for (const Json& row : numbers()) {
      const auto n = row.at(1).get<int64_t>();
      EXPECT_TRUE(seen.insert(n).second) << n << " is there twice";
      const auto [before, fresh] = last.try_emplace(row.at(0).get<int64_t>(), -1);
      EXPECT_LT(before->second, n) << "out of order within its key";
      before->second = n;
    }
    EXPECT_EQ(static_cast<int64_t>(seen.size()), written_);
    check_table(
        "SELECT k, c, total FROM sums;", 1, [](int64_t n) { return std::vector{n % keys}; }, true);
    check_table("SELECT k, WINDOWSTART, c FROM windows;", 2, [](int64_t n) {
      return std::vector{n % keys, window_of(n)};
    });
    check_table("SELECT r, WINDOWSTART, c FROM scattered;", 2, [](int64_t n) {
      return std::vector{n % 7, window_of(n)};
    });
    EXPECT_TRUE(eventually(20s, [&] {
      return static_cast<int64_t>(rows("SELECT n FROM doubled;").size()) == written_;
    })) << rows("SELECT n FROM doubled;").size();
    for (const auto& [id, state] : queries()) EXPECT_EQ(state.first, "RUNNING") << id << ": " << state.second;
  }
  static int64_t window_of(int64_t n) { return (time_base + n * ms_per_row) / window_ms * window_ms; }
  void check_table(const std::string& sql, size_t width, const std::function<std::vector<int64_t>(int64_t)>& key_of,
                   bool sums = false) {
    std::map<std::vector<int64_t>, std::vector<int64_t>> expected;
    for (int64_t n = 0; n < written_; ++n) {
      auto& values = expected.try_emplace(key_of(n), std::vector<int64_t>(sums ? 2 : 1, 0)).first->second;
      ++values[0];
      if (sums) values[1] += n;
    }
    std::map<std::vector<int64_t>, std::vector<int64_t>> got;
    const bool same = eventually(20s, [&] {
      got.clear();
      for (const Json& row : rows(sql)) {
        const auto all = row.get<std::vector<int64_t>>();
        const auto end = all.begin() + static_cast<std::ptrdiff_t>(width);
        got[{all.begin(), end}] = {end, all.end()};
      }
      return got == expected;
    });
    EXPECT_TRUE(same) << sql << " gives " << Json(rows(sql)).dump();
  }

  std::map<std::string, TopicId> topics_;
  std::map<std::string, int32_t> partitions_;
  int64_t written_ = 0;
};

}  // namespace

TEST_F(KafkaPartitions, NewOnesAreReadFromTheirBeginning) {
  make("numbers", 2);
  write_rows("numbers", 200);
  start();
  create();
  check();
  grow("numbers", 4);
  write_rows("numbers", 200);
  check();
  restart();
  check();
  write_rows("numbers", 100);
  check();
}

TEST_F(KafkaPartitions, NewOnesAreFoundByAServerThatWasAway) {
  make("numbers", 2);
  write_rows("numbers", 100);
  start();
  create();
  check();
  server_.kill();
  server_.reap();
  grow("numbers", 5);
  write_rows("numbers", 200);
  start();
  check();
  // Some progress with all of them, some without.
  server_.kill();
  server_.reap();
  write_rows("numbers", 100);
  start();
  std::this_thread::sleep_for(200ms);
  restart();
  check();
}

// Again and again in the middle of it: the partitions are in the progress of some queries then, and not in others'.
TEST_F(KafkaPartitions, NewOnesAreReadOnceByServersThatDie) {
  make("numbers", 2);
  write_rows("numbers", 100);
  start();
  create();
  for (int32_t partitions = 3; partitions <= 7; ++partitions) {
    check();
    grow("numbers", partitions);
    write_rows("numbers", 100);
    std::this_thread::sleep_for(std::chrono::milliseconds(150 * (partitions - 2)));
    restart();
  }
  check();
}

// Not all that is in a partition which the stream did not have when it was made.
TEST_F(KafkaPartitions, LatestIsTheEndOfNewOnesToo) {
  make("numbers", 2);
  start();
  create();
  grow("numbers", 4);
  write_rows("numbers", 200);
  check();
  run("CREATE STREAM later AS SELECT k, n FROM numbers;");
  write_rows("numbers", 50);
  check();
  ASSERT_TRUE(eventually(10s, [&] { return rows("SELECT n FROM later;").size() >= 50; }));
  restart();
  check();
  const auto later = rows("SELECT n FROM later;");
  EXPECT_EQ(later.size(), 50u);
  for (const Json& row : later) EXPECT_GE(row.at(0).get<int64_t>(), 200);
  EXPECT_EQ(static_cast<int64_t>(rows("SELECT n FROM numbers;").size()), written_);
}

// Two inputs that were partitioned alike are not any more; a plan that is made again must stay what it was.
TEST_F(KafkaPartitions, OneSideOfAJoinMayGrow) {
  make("numbers", 2);
  make("others", 2);
  start();
  for (const char* name : {"numbers", "others"})
    run(fmt::format("CREATE STREAM {0} (k INT KEY, n INT) WITH (kafka_topic = '{0}', value_format = 'JSON');", name));
  run("CREATE STREAM pairs AS SELECT a.k AS k, a.n AS n, b.n AS m FROM numbers a JOIN others b WITHIN 1 SECOND ON "
      "a.k = b.k;",
      from_earliest);
  auto write_both = [&](int count) {
    const int64_t first = written_;
    write_rows("others", count);
    written_ = first;
    write_rows("numbers", count);
  };
  // Rows of a key are 100 ms apart: each meets those up to ten before and behind.
  auto expected = [&] {
    size_t pairs = 0;
    for (int64_t n = 0; n < written_; ++n)
      for (int64_t m = n % keys; m < written_; m += keys) pairs += std::abs(n - m) * ms_per_row <= 1'000;
    return pairs;
  };
  auto check_pairs = [&] {
    std::vector<Json> pairs;
    EXPECT_TRUE(eventually(20s, [&] {
      pairs = rows("SELECT n, m FROM pairs;");
      return pairs.size() >= expected();
    })) << pairs.size();
    EXPECT_EQ(pairs.size(), expected());
    EXPECT_EQ(std::set<Json>(pairs.begin(), pairs.end()).size(), pairs.size());
  };
  write_both(100);
  check_pairs();
  grow("numbers", 3);
  write_both(100);
  check_pairs();
  restart();
  check_pairs();
  write_both(100);
  check_pairs();
}

TEST_F(KafkaPartitions, AGroupOfEachQueryShowsHowFarItIs) {
  make("numbers", 2);
  start();
  create();
  write_rows("numbers", 200);
  check();
  std::vector<std::string> ids;
  for (const auto& [id, state] : queries()) ids.push_back(id);
  ASSERT_EQ(ids.size(), 5u);
  auto at_the_end = [&](const std::string& id) {
    const auto offsets = group_offsets("millrace_default__" + id);
    for (int32_t p = 0; p < partitions_["numbers"]; ++p) {
      const auto at = offsets.find({"numbers", p});
      if (at == offsets.end() || at->second != log_->offsets(topics_["numbers"], p).end) return false;
    }
    return !offsets.empty();
  };
  for (const std::string& id : ids) EXPECT_TRUE(eventually(15s, [&] { return at_the_end(id); })) << id;
  // And follows, also into partitions that come later.
  grow("numbers", 3);
  write_rows("numbers", 100);
  check();
  for (const std::string& id : ids) EXPECT_TRUE(eventually(15s, [&] { return at_the_end(id); })) << id;
}

}  // namespace millrace::testing
