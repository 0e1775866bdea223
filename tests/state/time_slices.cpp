#include "runtime/state/time_slices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/state/container_model.h"

namespace millrace {
namespace {

// Keys of each slice in the order of their first row, with their counts; by partition and start.
using Slices = std::map<std::pair<int32_t, int64_t>, std::vector<std::pair<int64_t, int64_t>>>;

constexpr int64_t all_times = std::numeric_limits<int64_t>::max();
constexpr int32_t partitions = 3;

TimeSlices make() { return TimeSlices({bigint_type}, {bigint_type}); }

Slices contents(TimeSlices& state) {
  Slices found;
  size_t entries = 0;
  for (int32_t partition = 0; partition < partitions; ++partition) {
    state.visit(
        partition, std::numeric_limits<int64_t>::min(), all_times, [&](int64_t start, std::span<const uint32_t> slice) {
          for (uint32_t entry : slice) {
            found[{partition, start}].emplace_back(state.key(0).at<int64_t>(entry), state.value(0).at<int64_t>(entry));
            EXPECT_EQ(state.start().at<int64_t>(entry), start);
            ++entries;
          }
        });
    const auto first = found.lower_bound({partition, std::numeric_limits<int64_t>::min()});
    const bool any = first != found.end() && first->first.first == partition;
    EXPECT_EQ(state.oldest(partition), any ? first->first.second : all_times);
  }
  EXPECT_EQ(entries, state.entries());
  return found;
}

// Counts rows of random keys around `now` in both; a key belongs to one partition.
void count_rows(TimeSlices& state, Slices& model, std::mt19937_64& random, int64_t now, size_t size, int64_t keys) {
  std::vector<int64_t> key, start;
  std::vector<int32_t> partition;
  for (size_t i = 0; i < size; ++i) {
    key.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(keys)));
    start.push_back((now - static_cast<int64_t>(random() % 30)) / 10 * 10);
    partition.push_back(static_cast<int32_t>(key.back() % partitions));
  }
  std::vector<uint32_t> entries;
  state.upsert(std::vector<ColumnPtr>{bigint_column(key)}, bigint_column(start), integer_column(partition),
               Selection(size), size, entries);
  for (size_t i = 0; i < size; ++i) {
    ++state.value(0).at<int64_t>(entries[i]);
    state.value(0).set_valid(entries[i], true);
    auto& slice = model[{partition[i], start[i]}];
    auto at = std::find_if(slice.begin(), slice.end(), [&](const auto& entry) { return entry.first == key[i]; });
    if (at == slice.end()) at = slice.insert(slice.end(), {key[i], 0});
    ++at->second;
  }
}

// Frees what begins before `start`, in both; what is passed on is what the model held, oldest first.
void expire(TimeSlices& state, Slices& model, int32_t partition, int64_t start) {
  std::vector<std::pair<int64_t, std::vector<std::pair<int64_t, int64_t>>>> got, expected;
  state.expire(partition, start, [&](int64_t begin, std::span<const uint32_t> slice) {
    got.emplace_back(begin, std::vector<std::pair<int64_t, int64_t>>());
    for (uint32_t entry : slice)
      got.back().second.emplace_back(state.key(0).at<int64_t>(entry), state.value(0).at<int64_t>(entry));
  });
  for (auto at = model.begin(); at != model.end();) {
    if (at->first.first != partition || at->first.second >= start) {
      ++at;
      continue;
    }
    expected.emplace_back(at->first.second, at->second);
    at = model.erase(at);
  }
  EXPECT_EQ(got, expected);
}

TEST(TimeSlices, HoldWhatAMapHoldsInTheSameOrder) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    TimeSlices state = make();
    TimeSlices follower = make();
    Slices model;
    StateLog log;
    for (int64_t now = 100; now < 700; now += 10) {
      count_rows(state, model, random, now, 1 + random() % 200, 60);
      if (random() % 2 == 0) expire(state, model, static_cast<int32_t>(random() % partitions), now - 30);
      // A row may come to a slice that was freed in the same step.
      if (random() % 4 == 0) count_rows(state, model, random, now - 40, 1 + random() % 20, 60);
      ASSERT_EQ(contents(state), model) << now;
      const auto blocks = state.take_changes(random() % 2 == 0 ? 900'000 : 500, random_images(random));
      log.add(blocks);
      load_all(follower, blocks);
      ASSERT_EQ(contents(follower), model) << now << ", followed";
      TimeSlices fresh = make();
      log.apply(fresh);
      ASSERT_EQ(contents(fresh), model) << now << ", loaded afresh";
    }
  }
}

TEST(TimeSlices, GoOnAfterLoading) {
  std::mt19937_64 random(7);
  TimeSlices state = make();
  Slices model;
  StateLog log;
  for (int64_t now = 100; now < 500; now += 10) {
    count_rows(state, model, random, now, 100, 60);
    for (int32_t partition = 0; partition < partitions; ++partition) expire(state, model, partition, now - 60);
    log.add(state.take_changes(900'000, random_images(random)));
    if (random() % 3 != 0) continue;
    state.clear();
    log.apply(state);
    ASSERT_EQ(contents(state), model) << now;
  }
}

TEST(TimeSlices, FindsAKeyInEverySlice) {
  TimeSlices state = make();
  std::vector<uint32_t> entries;
  state.upsert(std::vector<ColumnPtr>{bigint_column({5, 6, 5, 5})}, bigint_column({20, 20, 10, 30}),
               integer_column({0, 0, 0, 0}), Selection(4), 4, entries);
  const std::vector<ColumnPtr> key = {bigint_column({6, 5})};
  EXPECT_EQ(state.find(key, 1), (std::vector<uint32_t>{entries[2], entries[0], entries[3]}));
  EXPECT_EQ(state.find(key, 0), (std::vector<uint32_t>{entries[1]}));
}

// Ten windows' worth of keys, each freed when it has passed: memory and log stay those of the windows that are open.
TEST(TimeSlices, BytesLevelOff) {
  constexpr size_t rows = 50'000;
  TimeSlices state = make();
  std::vector<size_t> bytes;
  for (int64_t window = 0; window < 10; ++window) {
    std::vector<int64_t> keys(rows);
    std::vector<int32_t> partition(rows);
    for (size_t i = 0; i < rows; ++i) {
      keys[i] = window * 1'000'000 + static_cast<int64_t>(i);
      partition[i] = static_cast<int32_t>(i % partitions);
    }
    std::vector<uint32_t> entries;
    state.upsert(std::vector<ColumnPtr>{bigint_column(keys)}, bigint_column(std::vector<int64_t>(rows, window * 100)),
                 integer_column(partition), Selection(rows), rows, entries);
    for (int32_t each = 0; each < partitions; ++each) state.expire(each, window * 100, nullptr);
    state.take_changes(900'000, 0);
    bytes.push_back(state.bytes());
  }
  EXPECT_EQ(state.entries(), rows);
  // From the second on they are the same, but for the rounding of what grows by doubling.
  for (size_t i = 2; i < bytes.size(); ++i) EXPECT_LE(bytes[i], bytes[1] + bytes[1] / 10) << "window " << i;
  for (int32_t partition = 0; partition < partitions; ++partition) state.expire(partition, all_times, nullptr);
  EXPECT_EQ(state.entries(), 0U);
}

}  // namespace
}  // namespace millrace
