// Who may write, what becomes visible, and who hears of it.
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "tests/log/contract_fixture.h"

namespace millrace::testing {

TEST_P(BlockLogContract, CommitOverManyTopicsIsAtomic) {
  std::vector<TopicId> topics;
  std::vector<Position> positions;
  for (int i = 0; i < 20; ++i) {
    topics.push_back(make_topic("t" + std::to_string(i)));
    positions.push_back({.topic = topics.back()});
  }
  constexpr int commits = 50;
  std::thread committing([&] {
    for (int c = 0; c < commits; ++c) {
      std::vector<RecordBlock> blocks;
      for (TopicId topic : topics) blocks.push_back(make_block(topic, 0, values({std::to_string(c)})));
      EXPECT_EQ(commit(*writer_, std::move(blocks)).outcome, CommitOutcome::committed);
    }
  });
  // A read sees whole commits: as much of each topic as of the others, when it asks for all there is.
  auto reader = log_->open_reader(positions);
  size_t seen = 0;
  while (seen < topics.size() * commits) {
    const auto blocks = reader->read(size_t{1} << 30, in_ms(10'000));
    ASSERT_FALSE(blocks.empty());
    EXPECT_EQ(blocks.size() % topics.size(), 0u);
    seen += blocks.size();
  }
  committing.join();
}

TEST_P(LogContract, CommitToADroppedTopicShowsNothing) {
  const TopicId kept = make_topic("kept");
  const TopicId gone = make_topic("gone");
  log_->drop(gone);
  std::vector<RecordBlock> blocks = one_block(kept, 0, values({"a"}));
  blocks.push_back(make_block(gone, 0, values({"b"})));
  const CommitResult result = commit(*writer_, std::move(blocks));
  EXPECT_EQ(result.outcome, CommitOutcome::aborted);
  EXPECT_EQ(result.topic, gone);
  EXPECT_EQ(result.reason, "topic gone was dropped");
  EXPECT_EQ(log_->offsets(kept, 0).end, 0);
  EXPECT_EQ(log_->last_sequence(), 0);
  const CommitResult outside = commit(*writer_, one_block(kept, 5, values({"a"})));
  EXPECT_EQ(outside.outcome, CommitOutcome::aborted);
  EXPECT_EQ(outside.partition, 5);
  EXPECT_EQ(outside.reason, "topic kept has 1 partitions, there is no partition 5");
}

TEST_P(LogContract, OpeningAWriterFencesTheOlder) {
  const TopicId topic = make_topic("t");
  auto other = log_->open_writer("other");
  auto older = log_->open_writer("id");
  EXPECT_EQ(commit(*older, one_block(topic, 0, values({"a"}))).outcome, CommitOutcome::committed);
  auto newer = log_->open_writer("id");
  EXPECT_EQ(commit(*older, one_block(topic, 0, values({"lost"}))).outcome, CommitOutcome::fenced);
  EXPECT_EQ(append(*older, one_block(topic, 0, values({"lost"}))).outcome, CommitOutcome::fenced);
  EXPECT_EQ(append(*older, {}).outcome, CommitOutcome::fenced);
  EXPECT_EQ(append(*newer, one_block(topic, 0, values({"b"}))).outcome, CommitOutcome::committed);
  EXPECT_EQ(commit(*other, one_block(topic, 0, values({"c"}))).outcome, CommitOutcome::committed);
  EXPECT_EQ(values_of(read_all(*log_, topic, 0, 0)), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_P(LogContract, WhatIsUnderWayIsDecidedWhenTheNewOwnerIsThere) {
  const TopicId topic = make_topic("t");
  for (int round = 0; round < 20; ++round) {
    auto older = log_->open_writer("id");
    std::atomic<int> committed = 0;
    std::atomic<int> answered = 0;
    std::thread appending([&] {
      for (int i = 0; i < 50; ++i) {
        older->append(one_block(topic, 0, values({"x"})), [&](const CommitResult& result) {
          committed += result.outcome == CommitOutcome::committed;
          ++answered;
        });
      }
    });
    auto newer = log_->open_writer("id");
    const int64_t end = log_->offsets(topic, 0).end;
    appending.join();
    EXPECT_EQ(commit(*newer, {}).outcome, CommitOutcome::committed);
    while (answered < 50) std::this_thread::yield();
    EXPECT_EQ(log_->offsets(topic, 0).end, end);
    log_->trim(topic, 0, end);
  }
}

TEST_P(LogContract, AppendsKeepTheirOrderAndAllAreAnswered) {
  const TopicId topic = make_topic("t", 4);
  constexpr int threads = 4;
  constexpr int each = 200;
  std::atomic<int> answered = 0;
  std::vector<std::thread> appending;
  for (int t = 0; t < threads; ++t) {
    appending.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        writer_->append(one_block(topic, t, values({std::to_string(i)})), [&](const CommitResult& result) {
          EXPECT_EQ(result.outcome, CommitOutcome::committed) << result.reason;
          ++answered;
        });
      }
    });
  }
  for (auto& thread : appending) thread.join();
  while (answered < threads * each) std::this_thread::yield();
  for (int t = 0; t < threads; ++t) {
    const auto all = values_of(read_all(*log_, topic, t, 0));
    ASSERT_EQ(all.size(), static_cast<size_t>(each));
    for (int i = 0; i < each; ++i) EXPECT_EQ(all[static_cast<size_t>(i)], std::to_string(i));
  }
  EXPECT_EQ(log_->last_sequence(), GetParam().sequenced ? threads * each : 0);
}

TEST_P(LogContract, NextCommitMayBeGivenFromTheAnswer) {
  const TopicId topic = make_topic("t");
  std::promise<void> ended;
  int left = 5000;
  CommitDone done = [&](const CommitResult& result) {
    EXPECT_EQ(result.outcome, CommitOutcome::committed);
    if (--left == 0) {
      ended.set_value();
    } else {
      writer_->commit(left % 500 == 0 ? one_block(topic, 0, values({"x"})) : std::vector<RecordBlock>{}, done);
    }
  };
  writer_->commit(one_block(topic, 0, values({"x"})), done);
  ended.get_future().get();
  commit(*writer_, {});  // the answer before has returned
  EXPECT_EQ(rows_of(read_all(*log_, topic, 0, 0)).size(), 10u);
}

TEST_P(LogContract, WatchHearsOfEndsAndTopics) {
  const TopicId topic = make_topic("t");
  std::mutex mutex;
  std::multiset<uint64_t> heard;
  auto watch = log_->watch([&](std::span<const TopicId> topics) {
    log_->list();  // holds no lock of the log
    std::lock_guard lock(mutex);
    for (TopicId id : topics) heard.insert(id.value);
  });
  commit(*writer_, one_block(topic, 0, values({"a"})));
  commit(*writer_, {});
  const TopicId other = make_topic("other");
  log_->drop(other);
  {
    std::lock_guard lock(mutex);
    EXPECT_EQ(heard.count(topic.value), 1u);
    EXPECT_GE(heard.count(other.value), 2u);  // a log that others change too may notice its own doing once more
    EXPECT_EQ(heard.size(), 1 + heard.count(other.value));
  }
  watch.reset();
  const size_t before = heard.size();
  commit(*writer_, one_block(topic, 0, values({"b"})));
  EXPECT_EQ(heard.size(), before);
}

TEST_P(LogContract, EndingAWatchWaitsForTheCall) {
  const TopicId topic = make_topic("t");
  std::promise<void> entered;
  std::atomic<bool> left = false;
  auto watch = log_->watch([&](std::span<const TopicId>) {
    entered.set_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    left = true;
  });
  std::thread committing([&] { commit(*writer_, one_block(topic, 0, values({"a"}))); });
  entered.get_future().get();
  watch.reset();
  EXPECT_TRUE(left);
  committing.join();
}

TEST_P(LogContract, TopicsAreMadeDescribedAndRefused) {
  const TopicDescription made =
      log_->create({"flights.v1_a-b", 3, {.milliseconds = 1000, .bytes = 77, .compact = true}});
  EXPECT_EQ(log_->describe("flights.v1_a-b")->id, made.id);
  EXPECT_EQ(log_->describe(made.id)->name, "flights.v1_a-b");
  EXPECT_EQ(log_->describe(made.id)->partitions, 3);
  EXPECT_EQ(log_->describe(made.id)->retention.bytes, 77);
  EXPECT_FALSE(log_->describe("nothing"));
  const auto list = log_->list();
  EXPECT_EQ(std::count_if(list.begin(), list.end(), [&](const auto& topic) { return topic.id == made.id; }), 1);
  EXPECT_EQ(error_of([&] { log_->create({"flights.v1_a-b", 1, {}}); }).code(), ErrorCode::topic_exists);
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a/b"), std::string(250, 'a')}) {
    EXPECT_EQ(error_of([&] { log_->create({name, 1, {}}); }).code(), ErrorCode::name_invalid) << name;
  }
  EXPECT_EQ(error_of([&] { log_->create({"none", 0, {}}); }).code(), ErrorCode::value_invalid);
  EXPECT_EQ(error_of([&] { log_->drop({999}); }).code(), ErrorCode::topic_unknown);
  EXPECT_EQ(error_of([&] { log_->offsets(made.id, 3); }).code(), ErrorCode::topic_unknown);
  EXPECT_EQ(error_of([&] { log_->trim({999}, 0, 0); }).code(), ErrorCode::topic_unknown);
}

}  // namespace millrace::testing
