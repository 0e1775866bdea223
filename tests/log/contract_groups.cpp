// What is appended while the log is at work goes together; what nobody waits for waits a little itself.
#include "tests/log/contract_fixture.h"

namespace millrace::testing {

namespace {

// From within the first one's answer: so all are there when the log looks again.
std::vector<CommitResult> append_together(LogWriter& writer, std::vector<std::vector<RecordBlock>> all,
                                          AppendKind kind) {
  struct Answers {
    std::vector<CommitResult> results;
    std::promise<void> done;
  };
  const auto answers = std::make_shared<Answers>();
  const size_t count = all.size();
  writer.append({}, [&writer, all = std::move(all), kind, answers, count](const CommitResult&) mutable {
    for (std::vector<RecordBlock>& blocks : all)
      writer.append(std::move(blocks), kind, [answers, count](CommitResult result) {
        answers->results.push_back(std::move(result));
        if (answers->results.size() == count) answers->done.set_value();
      });
  });
  answers->done.get_future().wait();
  return answers->results;
}

}  // namespace

TEST_P(BlockLogContract, SmallNeighboursOfAGroupAreOneBlock) {
  const TopicId topic = make_topic("t"), other = make_topic("other");
  const std::string long_text(5000, 'x');
  const std::vector<Row> rows = {{1, "k", "a", "header"}, {2, std::nullopt, "b"}, {3, "", std::nullopt}, {4, "k", ""},
                                 {5, "l", "c"},           {6, "k", long_text},    {7, "k", "d"}};
  std::vector<std::vector<RecordBlock>> all;
  for (const Row& row : rows) {
    if (row.timestamp == 5) all.push_back(one_block(other, 0, {{9, "o", "o"}}));
    all.push_back(one_block(topic, 0, {row}));
  }
  const int64_t before = log_->last_sequence();
  for (const auto kind : {AppendKind::prompt, AppendKind::unhurried, AppendKind::from_reserve}) {
    const int64_t begin = log_->offsets(topic, 0).end, others_begin = log_->offsets(other, 0).end;
    const auto results = append_together(*writer_, all, kind);
    ASSERT_EQ(results.size(), 8U);
    std::vector<int64_t> firsts;
    for (const CommitResult& result : results) {
      EXPECT_EQ(result.outcome, CommitOutcome::committed);
      ASSERT_EQ(result.first_offsets.size(), 1U);
      firsts.push_back(result.first_offsets[0]);
    }
    EXPECT_EQ(firsts, (std::vector<int64_t>{begin, begin + 1, begin + 2, begin + 3, others_begin, begin + 4, begin + 5,
                                            begin + 6}));
    EXPECT_EQ(results.back().sequence, log_->last_sequence());
    const auto blocks = read_all(*log_, topic, 0, begin);
    EXPECT_EQ(rows_of(blocks), rows);
    EXPECT_EQ(offsets_of(blocks).back(), begin + 6);
    std::vector<size_t> sizes;
    for (const auto& block : blocks) sizes.push_back(block->size());
    // The other topic's record came between, and what is large is copied for nothing.
    EXPECT_EQ(sizes, (std::vector<size_t>{4, 1, 1, 1}));
    const auto others = read_all(*log_, other, 0, others_begin);
    ASSERT_EQ(others.size(), 1U);
    EXPECT_LT(blocks[0]->sequence, others[0]->sequence);
    EXPECT_LT(others[0]->sequence, blocks[1]->sequence);
  }
  EXPECT_EQ(log_->last_sequence(), before + 3 * 8);
}

// Many small ones are more than one block may hold.
TEST_P(BlockLogContract, NeighboursMakeNoBlockThatIsTooLarge) {
  const TopicId topic = make_topic("t");
  constexpr int count = 70'000;
  std::vector<std::vector<RecordBlock>> all;
  for (int i = 0; i < count; i += 1000) {
    std::vector<Row> rows;
    for (int r = i; r < i + 1000; ++r) rows.push_back({r, std::nullopt, "x"});
    all.push_back(one_block(topic, 0, rows));
  }
  append_together(*writer_, all, AppendKind::unhurried);
  const auto blocks = read_all(*log_, topic, 0, 0);
  EXPECT_EQ(rows_of(blocks).size(), static_cast<size_t>(count));
  for (const auto& block : blocks) EXPECT_LE(block->size(), 65'536U);
  EXPECT_EQ(rows_of(blocks).back().timestamp, count - 1);
}

TEST_P(LogContract, UnhurriedAppendsKeepTheirPlace) {
  const TopicId topic = make_topic("t");
  std::mutex mutex;
  std::vector<std::string> answered;
  const auto append_one = [&](const std::string& text, AppendKind kind) {
    writer_->append(one_block(topic, 0, values({text})), kind, [&, text](const CommitResult& result) {
      const std::lock_guard lock(mutex);
      answered.push_back(text + (result.outcome == CommitOutcome::committed ? "" : ": " + result.reason));
    });
  };
  append_one("first", AppendKind::unhurried);
  append_one("second", AppendKind::unhurried);
  EXPECT_EQ(append(*writer_, one_block(topic, 0, values({"third"}))).outcome, CommitOutcome::committed);
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(answered, (std::vector<std::string>{"first", "second"}));
  }
  append_one("fourth", AppendKind::unhurried);
  const auto answered_all = [&] {
    const std::lock_guard lock(mutex);
    return answered.size() == 3;
  };
  for (int i = 0; i < 1000 && !answered_all(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(values_of(read_all(*log_, topic, 0, 0)), (std::vector<std::string>{"first", "second", "third", "fourth"}));
}

TEST_P(LogContract, WhatIsOutstandingIsAnsweredBeforeTheWriterGoes) {
  const TopicId topic = make_topic("t");
  std::atomic<int> answered = 0;
  auto writer = log_->open_writer("other");
  for (const auto kind : {AppendKind::unhurried, AppendKind::prompt, AppendKind::unhurried})
    writer->append(one_block(topic, 0, values({"a"})), kind, [&](const CommitResult&) { ++answered; });
  writer.reset();
  EXPECT_EQ(answered, 3);
}

}  // namespace millrace::testing
