// What leaves the log, and what a reader is told whose records left.
#include <thread>

#include "tests/log/contract_fixture.h"

namespace millrace::testing {

namespace {

Position after(const RecordBlock& block, size_t i) {
  return {.topic = {block.topic},
          .partition = block.partition,
          .next = block.offsets[i] + 1,
          .last_offset = block.offsets[i],
          .last_timestamp = block.timestamps[i],
          .last_hash = record_hash(block.keys[i], block.values[i])};
}

}  // namespace

TEST_P(BlockLogContract, RetentionByTimeDropsWholeBlocks) {
  const TopicId topic = make_topic("t", 1, {.milliseconds = 1000});
  const int64_t now = now_;
  commit(*writer_, one_block(topic, 0, {{now - 5000, {}, "a"}, {now - 400, {}, "b"}}));
  commit(*writer_, one_block(topic, 0, {{now - 2000, {}, "late"}}));
  commit(*writer_, one_block(topic, 0, {{now, {}, "c"}}));
  maintain();
  EXPECT_EQ(values_of(read_all(*log_, topic, 0, 0)), (std::vector<std::string>{"a", "b", "late", "c"}));
  now_ += 700;
  maintain();
  EXPECT_EQ(log_->offsets(topic, 0).first, 3);
  EXPECT_EQ(values_of(read_all(*log_, topic, 0, 3)), std::vector<std::string>{"c"});
  now_ += 5000;
  maintain();
  EXPECT_EQ(log_->offsets(topic, 0).first, 4);
  EXPECT_EQ(log_->offsets(topic, 0).end, 4);
  EXPECT_EQ(commit(*writer_, one_block(topic, 0, {{now_, {}, "d"}})).first_offsets[0], 4);
}

TEST_P(BlockLogContract, RetentionCanBeChanged) {
  const TopicId topic = make_topic("t", 1, {});
  const TopicId other = make_topic("other", 1, {});
  commit(*writer_, one_block(topic, 0, {{now_ - 5000, {}, "a"}}));
  commit(*writer_, one_block(topic, 0, {{now_, {}, "b"}}));
  maintain();
  EXPECT_EQ(log_->offsets(topic, 0).first, 0);
  log_->retain(topic, {.milliseconds = 1000});
  EXPECT_EQ(log_->describe(topic)->retention.milliseconds, 1000);
  maintain();
  EXPECT_EQ(log_->offsets(topic, 0).first, 1);
  EXPECT_GT(make_topic("next", 1, {}), other) << "an id was given twice";
  EXPECT_EQ(error_of([&] { log_->retain({12345}, {}); }).code(), ErrorCode::topic_unknown);
}

TEST_P(BlockLogContract, RetentionBySizeKeepsTheNewest) {
  const TopicId topic = make_topic("t", 2, {.bytes = 10'000});
  for (int i = 0; i < 20; ++i) commit(*writer_, one_block(topic, 0, values({std::string(2000, 'x')})));
  commit(*writer_, one_block(topic, 1, values({std::string(50'000, 'x')})));
  maintain();
  EXPECT_EQ(log_->offsets(topic, 0).first, 16);
  EXPECT_EQ(log_->offsets(topic, 0).end, 20);
  EXPECT_EQ(log_->offsets(topic, 1).first, 0);
  EXPECT_EQ(read_all(*log_, topic, 0, 16).size(), 4u);
}

TEST_P(BlockLogContract, ReaderLeftBehindIsToldBothOffsets) {
  const TopicId topic = make_topic("flights", 1, {.milliseconds = 1000});
  for (int i = 0; i < 3; ++i)
    commit(*writer_, one_block(topic, 0, {{now_ + i * 1000, {}, "a"}, {now_ + i * 1000, {}, "b"}}));
  auto reader = log_->open_reader({{.topic = topic, .next = 1}});
  now_ += 2500;
  maintain();
  const Error error = error_of([&] { reader->read(100, in_ms(0)); });
  EXPECT_EQ(error.code(), ErrorCode::position_lost);
  EXPECT_EQ(error.message(), "position 1 of flights[0] is no longer in the log, which begins at 4");
  reader->seek({.topic = topic, .next = 4});
  EXPECT_EQ(offsets_of(read_all(*reader)), (std::vector<int64_t>{4, 5}));
  auto beyond = log_->open_reader({{.topic = topic, .next = 60}});
  EXPECT_EQ(error_of([&] { beyond->read(100, in_ms(0)); }).message(),
            "position 60 of flights[0] lies beyond the end of the log, 6");
}

TEST_P(BlockLogContract, TrimDropsWholeBlocksOnly) {
  const TopicId topic = make_topic("t");
  for (int i = 0; i < 3; ++i) commit(*writer_, one_block(topic, 0, values({"a", "b", "c"})));
  log_->trim(topic, 0, 5);
  EXPECT_EQ(log_->offsets(topic, 0).first, 3);
  EXPECT_EQ(offsets_of(read_all(*log_, topic, 0, 4)), (std::vector<int64_t>{4, 5, 6, 7, 8}));
  auto reader = log_->open_reader({{.topic = topic, .next = 2}});
  EXPECT_EQ(error_of([&] { reader->read(100, in_ms(0)); }).code(), ErrorCode::position_lost);
  log_->trim(topic, 0, 100);
  maintain();
  EXPECT_EQ(log_->offsets(topic, 0).first, 9);
  EXPECT_EQ(log_->offsets(topic, 0).end, 9);
  EXPECT_EQ(commit(*writer_, one_block(topic, 0, values({"d"}))).first_offsets[0], 9);
  EXPECT_EQ(values_of(read_all(*log_, topic, 0, 9)), std::vector<std::string>{"d"});
}

TEST_P(BlockLogContract, CompactionKeepsOffsetsAndLeavesGaps) {
  const TopicId topic = make_topic("t", 1, {.compact = true});
  commit(*writer_, one_block(topic, 0, {{1, "a", "1", "h"}, {2, "b", "1"}, {3, {}, "no key"}, {4, "", "empty key"}}));
  commit(*writer_, one_block(topic, 0, {{5, "a", "2"}}));
  commit(*writer_, one_block(topic, 0, {{6, "a", "3", "h3"}, {7, "c", ""}, {8, "b", std::nullopt}}));
  maintain();
  const std::vector<Row> left = {
      {3, {}, "no key"}, {4, "", "empty key"}, {6, "a", "3", "h3"}, {7, "c", ""}, {8, "b", std::nullopt}};
  EXPECT_EQ(rows_of(read_all(*log_, topic, 0, 0)), left);
  EXPECT_EQ(offsets_of(read_all(*log_, topic, 0, 0)), (std::vector<int64_t>{2, 3, 5, 6, 7}));
  EXPECT_EQ(log_->offsets(topic, 0).first, 2);
  EXPECT_EQ(log_->offsets(topic, 0).end, 8);
  // A position in a gap goes on behind it: nothing that compaction took is missed.
  EXPECT_EQ(offsets_of(read_all(*log_, topic, 0, 4)), (std::vector<int64_t>{5, 6, 7}));
  maintain();
  EXPECT_EQ(rows_of(read_all(*log_, topic, 0, 0)), left);
}

TEST_P(BlockLogContract, TombstonesGoAfterTheirTime) {
  const TopicId topic = make_topic("t", 1, {.compact = true, .tombstone_milliseconds = 1000});
  commit(*writer_, one_block(topic, 0, {{1, "a", "1"}, {2, "b", "1"}}));
  commit(*writer_, one_block(topic, 0, {{3, "a", std::nullopt}}));
  maintain();
  EXPECT_EQ(rows_of(read_all(*log_, topic, 0, 0)), (std::vector<Row>{{2, "b", "1"}, {3, "a", std::nullopt}}));
  now_ += 999;
  maintain();
  EXPECT_EQ(read_all(*log_, topic, 0, 0).size(), 2u);
  now_ += 1;
  maintain();
  EXPECT_EQ(rows_of(read_all(*log_, topic, 0, 0)), (std::vector<Row>{{2, "b", "1"}}));
  EXPECT_EQ(log_->offsets(topic, 0).end, 3);
  // The log's end stays where the tombstone was, and a reader there waits instead of spinning.
  auto reader = log_->open_reader({{.topic = topic, .next = 2}});
  EXPECT_TRUE(reader->read(100, in_ms(20)).empty());
  EXPECT_EQ(commit(*writer_, one_block(topic, 0, {{4, "c", "1"}})).first_offsets[0], 3);
  EXPECT_EQ(offsets_of(read_all(*reader)), std::vector<int64_t>{3});
}

TEST_P(BlockLogContract, CompactionInStepsEqualsOneAtTheEnd) {
  const TopicId topic = make_topic("t", 1, {.compact = true});
  std::vector<std::pair<std::string, std::string>> written;
  uint32_t random = 7;
  for (int block = 0; block < 60; ++block) {
    std::vector<Row> rows;
    for (int i = 0; i < 50; ++i) {
      random = random * 1'664'525 + 1'013'904'223;
      written.emplace_back("k" + std::to_string((random >> 16) % 97), std::to_string(written.size()));
      rows.push_back({block, written.back().first, written.back().second});
    }
    commit(*writer_, one_block(topic, 0, rows));
    if (block % 7 == 0) maintain();
  }
  for (int i = 0; i < 3; ++i) commit(*writer_, one_block(topic, 0, std::vector<Row>(3000, Row{9, "k0", "last"})));
  maintain();
  std::map<std::string, std::string> last(written.begin(), written.end());
  for (const auto& [key, value] : written) last[key] = value;
  last["k0"] = "last";
  std::map<std::string, std::string> left;
  int64_t before = -1;
  for (const auto& block : read_all(*log_, topic, 0, 0)) {
    for (size_t i = 0; i < block->size(); ++i) {
      EXPECT_TRUE(left.emplace(block->keys[i], block->values[i]).second) << block->keys[i];
      EXPECT_GT(block->offsets[i], before);
      before = block->offsets[i];
      if (before < static_cast<int64_t>(written.size())) {
        EXPECT_EQ(block->values[i], std::to_string(before));
      }
    }
  }
  EXPECT_EQ(left, last);
}

TEST_P(BlockLogContract, MadeAgainIsAnotherTopic) {
  const TopicId old = make_topic("flights");
  commit(*writer_, one_block(old, 0, values({"a", "b"})));
  auto reader = log_->open_reader({{.topic = old, .next = 1}});
  log_->drop(old);
  EXPECT_EQ(error_of([&] { reader->read(100, in_ms(0)); }).message(),
            "topic flights (id 1), from which the position was taken, was dropped");
  const TopicId made = make_topic("flights");
  EXPECT_NE(made, old);
  EXPECT_EQ(log_->offsets(made, 0).end, 0);
  commit(*writer_, one_block(made, 0, values({"c", "d"})));
  const Error error = error_of([&] { reader->read(100, in_ms(0)); });
  EXPECT_EQ(error.code(), ErrorCode::position_lost);
  EXPECT_EQ(error.message(),
            "topic flights now is the one with id 2; the position at offset 1 was taken from id 1, which was dropped");
  EXPECT_EQ(values_of(read_all(*log_, made, 0, 0)), (std::vector<std::string>{"c", "d"}));
}

TEST_P(LogContract, DropEndsAWaitingRead) {
  const TopicId topic = make_topic("t");
  auto reader = log_->open_reader({{.topic = topic}});
  std::thread dropping([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    log_->drop(topic);
  });
  EXPECT_EQ(error_of([&] { reader->read(100, in_ms(20'000)); }).code(), ErrorCode::position_lost);
  dropping.join();
}

TEST_P(BlockLogContract, PositionKnowsItsRecord) {
  const TopicId topic = make_topic("flights", 1, {.compact = true});
  commit(*writer_, one_block(topic, 0, {{10, "a", "1"}, {20, "b", ""}, {30, "a", "2"}}));
  const auto blocks = read_all(*log_, topic, 0, 0);
  const Position right = after(*blocks[0], 1);
  EXPECT_EQ(offsets_of(read_all(*log_->open_reader({right}))), std::vector<int64_t>{2});
  Position other_value = right;
  other_value.last_hash = record_hash("b", null_bytes());
  EXPECT_NE(other_value.last_hash, right.last_hash);
  Position other_time = right;
  other_time.last_timestamp = 21;
  for (const Position& wrong : {other_value, other_time}) {
    auto reader = log_->open_reader({wrong});
    const Error error = error_of([&] { reader->read(100, in_ms(0)); });
    EXPECT_EQ(error.code(), ErrorCode::position_lost);
    EXPECT_NE(
        error.message().find("the record at offset 1 of flights[0] is not the one the position at 2 was taken from"),
        std::string::npos)
        << error.message();
    reader->seek(right);
    EXPECT_EQ(offsets_of(read_all(*reader)), std::vector<int64_t>{2});
  }
  // The record of this one is compacted away, which says nothing against it.
  const Position first = after(*blocks[0], 0);
  maintain();
  EXPECT_EQ(offsets_of(read_all(*log_->open_reader({first}))), (std::vector<int64_t>{1, 2}));
}

}  // namespace millrace::testing
