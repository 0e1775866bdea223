#include "runtime/state/keyed_state.h"

#include <gtest/gtest.h>

#include "tests/state/container_model.h"

namespace millrace {
namespace {

using Key = std::pair<int64_t, std::string>;
using Value = std::pair<int64_t, std::string>;
using Model = std::map<Key, Value>;

KeyedState make() { return KeyedState({bigint_type, varchar_type}, {bigint_type, varchar_type}); }

std::string text_at(const StateColumn& column, uint32_t entry) { return column.valid(entry) ? column.text(entry) : ""; }

Model contents(const KeyedState& state) {
  Model found;
  for (uint32_t entry : state.all()) {
    const Key key{state.key(0).at<int64_t>(entry), text_at(state.key(1), entry)};
    const Value value{state.value(0).at<int64_t>(entry), text_at(state.value(1), entry)};
    EXPECT_TRUE(found.emplace(key, value).second) << "a key is there twice";
  }
  EXPECT_EQ(found.size(), state.entries());
  return found;
}

void set_text(StateColumn& column, uint32_t entry, const std::string& text) {
  column.account_text(column.text(entry).size(), text.size());
  column.text(entry) = text;
  column.set_valid(entry, !text.empty());
}

// One step of random work on both.
class RandomWork {
 public:
  RandomWork(KeyedState& state, Model& model, uint64_t seed) : state_(state), model_(model), random_(seed) {}

  void step() {
    for (uint64_t i = random_() % 4; i > 0; --i) random_() % 3 == 0 ? erase() : upsert();
  }
  std::mt19937_64& random() { return random_; }

 private:
  void upsert() {
    std::vector<int64_t> numbers;
    std::vector<std::string> texts;
    std::vector<uint32_t> rows;
    const auto size = static_cast<uint32_t>(1 + random_() % 300);
    for (uint32_t i = 0; i < size; ++i) {
      numbers.push_back(static_cast<int64_t>(random_() % 500));
      texts.push_back(std::string(random_() % 3 * 12, static_cast<char>('a' + random_() % 3)));
      if (random_() % 4 != 0) rows.push_back(i);
    }
    const std::vector<ColumnPtr> keys = {bigint_column(numbers), text_column(texts)};
    std::vector<uint32_t> entries, created;
    state_.upsert(keys, Selection(rows), size, entries, &created);
    size_t new_keys = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const Key key{numbers[rows[i]], texts[rows[i]]};
      new_keys += model_.emplace(key, Value{}).second;
      const Value value{static_cast<int64_t>(random_()), std::string(random_() % 40, 'v')};
      model_[key] = value;
      state_.value(0).at<int64_t>(entries[i]) = value.first;
      state_.value(0).set_valid(entries[i], true);
      set_text(state_.value(1), entries[i], value.second);
      ASSERT_EQ(state_.find(keys, rows[i]), entries[i]);
    }
    ASSERT_EQ(created.size(), new_keys);
  }

  void erase() {
    const uint64_t one_of = 2 + random_() % 20;
    for (uint32_t entry : state_.all()) {
      if (random_() % one_of != 0) continue;
      model_.erase({state_.key(0).at<int64_t>(entry), text_at(state_.key(1), entry)});
      state_.erase(entry);
    }
  }

  KeyedState& state_;
  Model& model_;
  std::mt19937_64 random_;
};

TEST(KeyedState, HoldsWhatAMapHolds) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    KeyedState state = make();
    KeyedState follower = make();  // that loads every block as it comes
    Model model;
    StateLog log;
    RandomWork work(state, model, seed);
    for (int step = 0; step < 40; ++step) {
      work.step();
      ASSERT_EQ(contents(state), model) << "step " << step;
      const size_t bytes_max = work.random()() % 2 == 0 ? 900'000 : 300 + work.random()() % 3000;
      const auto blocks = state.take_changes(bytes_max, random_images(work.random()));
      log.add(blocks);
      ASSERT_EQ(contents(state), model) << "step " << step << ", after its changes were taken";
      load_all(follower, blocks);
      ASSERT_EQ(contents(follower), model) << "step " << step << ", followed";
      KeyedState fresh = make();
      log.apply(fresh);
      ASSERT_EQ(contents(fresh), model) << "step " << step << ", loaded afresh";
    }
  }
}

TEST(KeyedState, GoesOnAfterLoading) {
  KeyedState state = make();
  Model model;
  StateLog log;
  for (uint64_t life = 1; life <= 10; ++life) {
    RandomWork work(state, model, life);
    for (int step = 0; step < 10; ++step) {
      work.step();
      log.add(state.take_changes(900'000, random_images(work.random())));
    }
    work.step();  // lost: its changes are not taken
    state.clear();
    EXPECT_EQ(state.entries(), 0U);
    log.apply(state);
    model = contents(state);
    // Nothing of what was loaded counts as changed.
    EXPECT_TRUE(state.take_changes(900'000, 0).empty());
  }
  EXPECT_GT(model.size(), 100U);
}

TEST(KeyedState, PiecesAreBounded) {
  KeyedState state = make();
  std::vector<int64_t> numbers;
  std::vector<std::string> texts;
  for (int64_t i = 0; i < 20'000; ++i) {
    numbers.push_back(i);
    texts.push_back("key " + std::to_string(i));
  }
  const std::vector<ColumnPtr> keys = {bigint_column(numbers), text_column(texts)};
  std::vector<uint32_t> entries;
  state.upsert(keys, Selection(numbers.size()), numbers.size(), entries);
  for (uint32_t entry : entries) set_text(state.value(1), entry, std::string(entry % 1000, 'v'));
  for (const uint64_t images : {uint64_t{0}, ~uint64_t{0}}) {
    constexpr size_t bytes_max = 20'000;
    const auto blocks = state.take_changes(bytes_max, images);
    EXPECT_GT(blocks.size(), 400U);
    std::map<uint8_t, size_t> starts;
    for (const StateBlock& block : blocks) {
      EXPECT_LE(block.block.size(), bytes_max);
      EXPECT_EQ(block.image, images != 0);
      starts[block.bucket] += block.image_start;
    }
    EXPECT_EQ(starts.size(), static_cast<size_t>(bucket_count));
    for (const auto& [bucket, count] : starts) EXPECT_EQ(count, images == 0 ? 0U : 1U) << int{bucket};
    KeyedState fresh = make();
    load_all(fresh, blocks);
    EXPECT_EQ(contents(fresh), contents(state));
  }
}

// An entry that is larger than a piece may be is a piece of its own.
TEST(KeyedState, OneLargeEntry) {
  KeyedState state = make();
  const std::vector<ColumnPtr> keys = {bigint_column({1, 2}), text_column({"a", "b"})};
  std::vector<uint32_t> entries;
  state.upsert(keys, Selection(2), 2, entries);
  set_text(state.value(1), entries[0], std::string(100'000, 'v'));
  KeyedState fresh = make();
  load_all(fresh, state.take_changes(1000, 0));
  EXPECT_EQ(contents(fresh), contents(state));
}

TEST(KeyedState, RefusesWhatItCannotRead) {
  KeyedState state = make();
  const std::vector<ColumnPtr> keys = {bigint_column({1, 2}), text_column({"a", "b"})};
  std::vector<uint32_t> entries;
  state.upsert(keys, Selection(2), 2, entries);
  const auto blocks = state.take_changes(900'000, 0);
  for (size_t size = 0; size < blocks[0].block.size(); ++size) {
    KeyedState fresh = make();
    EXPECT_THROW(fresh.load(blocks[0].bucket, false, blocks[0].block.substr(0, size)), Error) << size;
  }
  std::string later = blocks[0].block;
  later[0] = 9;
  KeyedState fresh = make();
  EXPECT_THROW(fresh.load(blocks[0].bucket, false, later), Error);
}

}  // namespace
}  // namespace millrace
