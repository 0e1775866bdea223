#include "runtime/state/row_log.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "tests/state/container_model.h"

namespace millrace {
namespace {

struct Row {
  int64_t key, time, value;
  int32_t partition;
  auto operator<=>(const Row&) const = default;
};

constexpr int64_t first_time = std::numeric_limits<int64_t>::min();
constexpr int64_t last_time = std::numeric_limits<int64_t>::max();

RowLog make() { return RowLog({bigint_type}, {bigint_type}); }

void append(RowLog& log, const std::vector<Row>& rows) {
  std::vector<int64_t> keys, times, values;
  std::vector<int32_t> partitions;
  for (const Row& row : rows) {
    keys.push_back(row.key);
    times.push_back(row.time);
    values.push_back(row.value);
    partitions.push_back(row.partition);
  }
  log.append(std::vector<ColumnPtr>{bigint_column(keys)}, std::vector<ColumnPtr>{bigint_column(values)},
             bigint_column(times), integer_column(partitions), Selection(rows.size()), rows.size());
}

std::vector<int64_t> values_of(const RowLog& log, const std::vector<uint32_t>& rows) {
  std::vector<int64_t> values;
  for (const uint32_t row : rows) values.push_back(log.value(0).at<int64_t>(row));
  return values;
}

std::vector<int64_t> find(const RowLog& log, int64_t key, int64_t from, int64_t to) {
  return values_of(log, log.find(std::vector<ColumnPtr>{bigint_column({key})}, 0, from, to));
}

// The same by looking at every row.
std::vector<int64_t> find(const std::vector<Row>& model, int64_t key, int64_t from, int64_t to) {
  std::vector<Row> rows;
  for (const Row& row : model)
    if (row.key == key && row.time >= from && row.time <= to) rows.push_back(row);
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.time < b.time; });
  std::vector<int64_t> values;
  for (const Row& row : rows) values.push_back(row.value);
  return values;
}

RowLog reload(RowLog& log, std::vector<std::pair<uint8_t, StateBlock>>& written, uint64_t images) {
  for (StateBlock& block : log.take_changes(4096, images)) written.emplace_back(block.bucket, std::move(block));
  RowLog fresh = make();
  for (const auto& [bucket, block] : written) fresh.load(bucket, block.image_start, block.block);
  return fresh;
}

TEST(RowLog, FindsByKeyAndTimeInOrderAlsoAfterAReload) {
  std::mt19937_64 random(7);
  RowLog log = make();
  std::vector<Row> model;
  std::vector<std::pair<uint8_t, StateBlock>> written;
  int64_t next = 0;
  for (int step = 0; step < 60; ++step) {
    std::vector<Row> rows;
    for (size_t i = 0; i < random() % 40; ++i)
      rows.push_back({static_cast<int64_t>(random() % 10), step * 10 + static_cast<int64_t>(random() % 50), next++,
                      static_cast<int32_t>(random() % 3)});
    append(log, rows);
    model.insert(model.end(), rows.begin(), rows.end());
    if (step % 5 == 4) {
      const auto partition = static_cast<int32_t>(random() % 3);
      std::vector<int64_t> expired;
      log.expire(partition, step * 10 - 50, [&](std::span<const uint32_t> passed) {
        expired = values_of(log, {passed.begin(), passed.end()});
      });
      std::vector<Row> gone;
      std::erase_if(model, [&](const Row& row) {
        const bool passes = row.partition == partition && row.time < step * 10 - 50;
        if (passes) gone.push_back(row);
        return passes;
      });
      std::stable_sort(gone.begin(), gone.end(), [](const Row& a, const Row& b) { return a.time < b.time; });
      std::vector<int64_t> wanted;
      for (const Row& row : gone) wanted.push_back(row.value);
      EXPECT_EQ(expired, wanted);
    }
    RowLog fresh = reload(log, written, random() & random() & random());
    for (const RowLog* each : {&log, &fresh}) {
      ASSERT_EQ(each->entries(), model.size());
      std::vector<int64_t> order;
      for (const Row& row : model) order.push_back(row.value);
      ASSERT_EQ(values_of(*each, each->all()), order);
      for (int64_t key = 0; key < 11; ++key) {
        ASSERT_EQ(find(*each, key, first_time, last_time), find(model, key, first_time, last_time));
        ASSERT_EQ(find(*each, key, step * 10, step * 10 + 20), find(model, key, step * 10, step * 10 + 20));
      }
    }
    if (step % 7 == 0) std::swap(log, fresh);
  }
}

TEST(RowLog, MemoryLevelsOffWhenTimePasses) {
  RowLog log = make();
  size_t after_two = 0;
  for (int64_t window = 0; window < 10; ++window) {
    std::vector<Row> rows;
    for (int64_t i = 0; i < 5000; ++i) rows.push_back({i, window * 1000, i, 0});
    append(log, rows);
    log.expire(0, window * 1000, nullptr);
    log.take_changes(900'000, 0);
    if (window == 1) after_two = log.bytes();
  }
  EXPECT_EQ(log.entries(), 5000U);
  EXPECT_LE(log.bytes(), after_two * 3 / 2);
}

}  // namespace
}  // namespace millrace
