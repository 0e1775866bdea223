// What is written is what is read: records, positions, blocks, order.
#include <thread>

#include "runtime/record_headers.h"
#include "tests/log/contract_fixture.h"

namespace millrace::testing {

TEST_P(LogContract, RecordsComeBackAsGiven) {
  const TopicId topic = make_topic("t");
  const std::string headers = encode_record_headers({{"a", "1"}, {"b", null_bytes()}, {"a", empty_bytes()}});
  const std::vector<Row> rows = {{5, "key", "value", headers},
                                 {-7, std::nullopt, "value"},
                                 {0, "", ""},
                                 {1'700'000'000'000, "key", std::nullopt},
                                 {5, std::nullopt, std::nullopt},
                                 {6, std::string("\0x", 2), std::string(3000, 'v')}};
  const CommitResult result = commit(*writer_, one_block(topic, 0, rows));
  ASSERT_EQ(result.outcome, CommitOutcome::committed) << result.reason;
  EXPECT_EQ(result.first_offsets, std::vector<int64_t>{0});
  const auto blocks = read_all(*log_, topic, 0, 0);
  EXPECT_EQ(rows_of(blocks), rows);
  EXPECT_EQ(offsets_of(blocks), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  const auto decoded = decode_record_headers(blocks[0]->headers[0]);
  ASSERT_TRUE(decoded && decoded->size() == 3);
  EXPECT_EQ((*decoded)[0].name, "a");
  EXPECT_EQ((*decoded)[0].value, "1");
  EXPECT_TRUE(is_null((*decoded)[1].value));
  EXPECT_TRUE((*decoded)[2].value.empty() && !is_null((*decoded)[2].value));
}

TEST_P(LogContract, ReadsFromAnyPosition) {
  const TopicId topic = make_topic("t");
  std::vector<std::string> all;
  for (int block = 0; block < 5; ++block) {
    std::vector<std::string> some;
    for (int i = 0; i <= block; ++i) some.push_back(std::to_string(block) + "." + std::to_string(i));
    all.insert(all.end(), some.begin(), some.end());
    commit(*writer_, one_block(topic, 0, values(some)));
  }
  const std::vector<int64_t> offsets = offsets_of(read_all(*log_, topic, 0, 0));
  ASSERT_EQ(offsets.size(), all.size());
  EXPECT_EQ(log_->offsets(topic, 0).end, offsets.back() + 1);
  for (size_t from = 0; from < all.size(); ++from) {
    const auto blocks = read_all(*log_, topic, 0, offsets[from]);
    EXPECT_EQ(values_of(blocks), std::vector<std::string>(all.begin() + static_cast<int64_t>(from), all.end())) << from;
    EXPECT_EQ(blocks[0]->offsets[0], offsets[from]);
  }
  EXPECT_TRUE(read_all(*log_, topic, 0, offsets.back() + 1).empty());
}

TEST_P(LogContract, ReadReturnsAboutTheBytesAsked) {
  const TopicId topic = make_topic("t");
  for (int i = 0; i < 10; ++i) commit(*writer_, one_block(topic, 0, values({std::string(1000, 'v')})));
  auto reader = log_->open_reader({{.topic = topic}});
  EXPECT_EQ(rows_of(read_once(*reader, 1, in_ms(read_patience.count()))).size(), 1u);
  EXPECT_EQ(rows_of(read_once(*reader, 2500, in_ms(read_patience.count()))).size(), 3u);
  EXPECT_EQ(rows_of(read_all(*reader)).size(), 6u);
}

TEST_P(BlockLogContract, PartitionsComeInTheOrderOfCommits) {
  const TopicId one = make_topic("one", 3);
  const TopicId two = make_topic("two");
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    const std::string first = std::to_string(i) + "a";
    const std::string second = std::to_string(i) + "b";
    std::vector<RecordBlock> blocks;
    blocks.push_back(make_block(one, (i * 7) % 3, values({first})));
    blocks.push_back(make_block(i % 4 == 0 ? two : one, i % 4 == 0 ? 0 : 1, values({second})));
    commit(*writer_, std::move(blocks));
    expected.push_back(first);
    expected.push_back(second);
    if (i == 40) maintain();
  }
  for (size_t bytes : {size_t{1}, size_t{20}, size_t{1} << 20}) {
    auto reader = log_->open_reader(
        {{.topic = two}, {.topic = one, .partition = 2}, {.topic = one}, {.topic = one, .partition = 1}});
    const auto blocks = read_all(*reader, bytes);
    EXPECT_EQ(values_of(blocks), expected);
    // One per record, but for neighbours that were made one block.
    int64_t counted = 0;
    for (const auto& block : blocks) EXPECT_EQ(block->sequence, counted += static_cast<int64_t>(block->size()));
  }
  EXPECT_EQ(log_->last_sequence(), 120);
  // From the middle of each partition, the order is the same.
  auto reader = log_->open_reader({{.topic = one, .next = 5}, {.topic = one, .partition = 1, .next = 30}});
  int64_t last = 0;
  for (const auto& block : read_all(*reader)) {
    EXPECT_GT(block->sequence, last);
    last = block->sequence;
  }
}

TEST_P(BlockLogContract, EmptyBlocksAndEmptyListsAreAnswered) {
  const TopicId topic = make_topic("t");
  EXPECT_EQ(append(*writer_, {}).outcome, CommitOutcome::committed);
  commit(*writer_, one_block(topic, 0, values({"a"})));
  std::vector<RecordBlock> blocks = one_block(topic, 0, {});
  blocks.push_back(make_block(topic, 0, values({"b"})));
  const CommitResult result = commit(*writer_, std::move(blocks));
  EXPECT_EQ(result.first_offsets, (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(result.sequence, 2);
  EXPECT_EQ(values_of(read_all(*log_, topic, 0, 0)), (std::vector<std::string>{"a", "b"}));
}

TEST_P(BlockLogContract, LargeBlocksAreStoredInPieces) {
  const TopicId topic = make_topic("t");
  RecordBlockBuilder many(topic.value, 0);
  for (int i = 0; i < 150'000; ++i) many.add(i, null_bytes(), std::to_string(i));
  RecordBlockBuilder heavy(topic.value, 0);
  for (int i = 0; i < 5; ++i) heavy.add(i, null_bytes(), std::string(3 << 20, static_cast<char>('a' + i)));
  std::vector<RecordBlock> blocks;
  blocks.push_back(many.build());
  blocks.push_back(heavy.build());
  const CommitResult result = commit(*writer_, std::move(blocks));
  ASSERT_EQ(result.outcome, CommitOutcome::committed) << result.reason;
  EXPECT_EQ(result.first_offsets, (std::vector<int64_t>{0, 150'000}));
  EXPECT_EQ(result.sequence, 2);
  const auto read = read_all(*log_, topic, 0, 0);
  EXPECT_EQ(read.size(), 3u + 3u);
  const auto offsets = offsets_of(read);
  ASSERT_EQ(offsets.size(), 150'005u);
  EXPECT_EQ(offsets.back(), 150'004);
  const auto all = values_of(read);
  EXPECT_EQ(all[149'999], "149999");
  EXPECT_EQ(all[150'004], std::string(3 << 20, 'e'));
}

TEST_P(LogContract, TooLargeRecordIsRefusedByName) {
  const TopicId topic = make_topic("flights");
  const TopicId other = make_topic("other");
  std::vector<RecordBlock> blocks = one_block(other, 0, values({"fine"}));
  blocks.push_back(make_block(topic, 0, values({std::string((16 << 20) + 1, 'x')})));
  const CommitResult result = commit(*writer_, std::move(blocks));
  EXPECT_EQ(result.outcome, CommitOutcome::aborted);
  EXPECT_EQ(result.topic, topic);
  EXPECT_FALSE(result.full);
  EXPECT_EQ(result.reason, "a record for topic flights has 16777217 bytes, the limit is 16777216");
  EXPECT_EQ(log_->offsets(other, 0).end, 0);
}

TEST_P(LogContract, LooksUpByTime) {
  const TopicId topic = make_topic("t");
  EXPECT_EQ(log_->offset_at(topic, 0, 0), 0);
  const auto offset_of = [&](const std::vector<Row>& rows) {
    return commit(*writer_, one_block(topic, 0, rows)).first_offsets.at(0);
  };
  const int64_t a = offset_of({{100, {}, "a"}, {300, {}, "b"}, {200, {}, "c"}});
  const int64_t d = offset_of({{250, {}, "d"}});
  const int64_t e = offset_of({{400, {}, "e"}, {500, {}, "f"}});
  for (const auto& [time, offset] : std::vector<std::pair<int64_t, int64_t>>{{-1, a},
                                                                             {100, a},
                                                                             {101, a + 1},
                                                                             {300, a + 1},
                                                                             {301, e},
                                                                             {400, e},
                                                                             {401, e + 1},
                                                                             {500, e + 1},
                                                                             {501, e + 2}}) {
    EXPECT_EQ(log_->offset_at(topic, 0, time), offset) << time;
  }
  log_->trim(topic, 0, d);
  EXPECT_EQ(log_->offset_at(topic, 0, 301), e);
}

TEST_P(LogContract, WaitingReadEndsByDataDeadlineAndWake) {
  const TopicId topic = make_topic("t");
  auto reader = log_->open_reader({{.topic = topic}});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(reader->read(100, in_ms(30)).empty());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(30));
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    commit(*writer_, one_block(topic, 0, values({"a"})));
  });
  EXPECT_EQ(values_of(read_once(*reader, 100, in_ms(20'000))), std::vector<std::string>{"a"});
  later.join();
  std::thread waker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    reader->wake();
  });
  EXPECT_TRUE(reader->read(100, in_ms(20'000)).empty());
  waker.join();
  reader->wake();
  EXPECT_TRUE(reader->read(100, in_ms(20'000)).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_P(LogContract, SeeksAndPauses) {
  const TopicId topic = make_topic("t", 2);
  for (int i = 0; i < 4; ++i) commit(*writer_, one_block(topic, i % 2, values({std::to_string(i)})));
  auto reader = log_->open_reader({{.topic = topic}, {.topic = topic, .partition = 1}});
  reader->pause(1, true);
  EXPECT_EQ(values_of(read_all(*reader)), (std::vector<std::string>{"0", "2"}));
  reader->pause(1, false);
  EXPECT_EQ(values_of(read_all(*reader)), (std::vector<std::string>{"1", "3"}));
  reader->seek({.topic = topic, .partition = 1, .next = 1});
  EXPECT_EQ(values_of(read_all(*reader)), std::vector<std::string>{"3"});
  const Error error = error_of([&] { reader->seek({.topic = topic, .partition = 7}); });
  EXPECT_EQ(error.code(), ErrorCode::internal);
}

TEST_P(LogContract, ReadersAtTheEndShareBlocks) {
  const TopicId topic = make_topic("t");
  auto one = log_->open_reader({{.topic = topic}});
  auto two = log_->open_reader({{.topic = topic}});
  commit(*writer_, one_block(topic, 0, values({"a"})));
  const auto first = read_all(*one);
  const auto second = read_all(*two);
  EXPECT_EQ(rows_of(first), rows_of(second));
  EXPECT_EQ(first[0] == second[0], GetParam().cached);
}

}  // namespace millrace::testing
