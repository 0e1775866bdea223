#include "runtime/state/state_column.h"

#include <gtest/gtest.h>

#include <numeric>

#include "runtime/state/keyed_state.h"
#include "tests/state/random_values.h"

namespace millrace {
namespace {

TEST(StateColumn, KeepsValuesOfAnyType) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const Type type = random_type(random, 0);
    SCOPED_TRACE(type.to_string());
    Column values(type, 0);
    constexpr size_t rows = 20;
    for (size_t i = 0; i < rows; ++i) append_random(values, random);
    StateColumn column(type);
    column.resize(rows);
    std::vector<uint32_t> entries(rows);
    std::iota(entries.begin(), entries.end(), 0U);
    std::shuffle(entries.begin(), entries.end(), random);
    for (size_t i = 0; i < rows; ++i) column.assign(entries[i], values, (i + 1) % rows);
    for (size_t i = 0; i < rows; ++i) column.assign(entries[i], values, i);
    const auto read = column.read(entries);
    StateWriter writer;
    column.save(entries, writer);
    StateColumn loaded(type);
    loaded.resize(rows);
    StateReader reader(writer.buffer());
    loaded.load(entries, reader);
    EXPECT_TRUE(reader.at_end());
    StateReader again(writer.buffer());
    const auto load_column = StateColumn::load_column(type, rows, again);
    for (size_t i = 0; i < rows; ++i) {
      EXPECT_TRUE(same_value(*read, i, values, i));
      EXPECT_TRUE(column.equals(entries[i], values, i));
      EXPECT_TRUE(loaded.equals(entries[i], values, i));
      EXPECT_TRUE(same_value(*load_column, i, values, i));
      for (size_t j = 0; j < rows; ++j) {
        EXPECT_EQ(column.equals(entries[i], values, j), same_value(values, i, values, j));
        EXPECT_EQ(column.compare(entries[i], entries[j]) == 0, same_value(values, i, values, j));
      }
    }
    for (const uint32_t entry : entries) column.reset(entry);
    StateColumn empty(type);
    empty.resize(rows);
    EXPECT_EQ(column.bytes(), empty.bytes());
  }
}

// Nested keys: loading finds the entry again.
TEST(StateColumn, KeysOfAnyType) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 50; ++round) {
    const Type type = random_type(random, 0);
    auto keys = std::make_shared<Column>(type, 0);
    for (size_t i = 0; i < 100; ++i) append_random(*keys, random);
    KeyedState state({type}, {bigint_type});
    const std::vector<ColumnPtr> columns{keys};
    std::vector<uint32_t> entries;
    state.upsert(columns, Selection(100), 100, entries);
    for (size_t i = 0; i < 100; ++i) state.value(0).at<int64_t>(entries[i]) = static_cast<int64_t>(entries[i]);
    KeyedState loaded({type}, {bigint_type});
    for (const StateBlock& block : state.take_changes(2000, 0))
      loaded.load(block.bucket, block.image_start, block.block);
    EXPECT_EQ(loaded.entries(), state.entries());
    for (size_t i = 0; i < 100; ++i) {
      const auto found = loaded.find(columns, i);
      ASSERT_TRUE(found) << type.to_string();
      EXPECT_EQ(loaded.value(0).at<int64_t>(*found), static_cast<int64_t>(entries[i]));
    }
  }
}

}  // namespace
}  // namespace millrace
