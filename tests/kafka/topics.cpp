// What others do to topics, and what readers and writers are told.
#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/kafka/kafka_fixture.h"

namespace millrace::testing {

using namespace std::chrono_literals;

namespace {

Position after(const RecordBlock& block, size_t i) {
  return {.topic = {block.topic},
          .partition = block.partition,
          .next = block.offsets[i] + 1,
          .last_offset = block.offsets[i],
          .last_timestamp = block.timestamps[i],
          .last_hash = record_hash(block.keys[i], block.values[i])};
}

// The message of the error that reading from there ends with.
std::string lost(Log& log, const Position& position) {
  const auto reader = log.open_reader({position});
  const Error error = error_of([&] {
    for (const auto deadline = in_ms(10'000); std::chrono::steady_clock::now() < deadline;)
      reader->read(1 << 20, in_ms(100));
  });
  EXPECT_EQ(error.code(), ErrorCode::position_lost);
  return error.message();
}

// A transaction that was answered is seen a moment later, when its mark is in the partition.
void await_end(const Log& log, TopicId topic, int32_t partition, int64_t end) {
  for (const auto deadline = in_ms(5'000);
       log.offsets(topic, partition).end != end && std::chrono::steady_clock::now() < deadline;)
    std::this_thread::sleep_for(10ms);
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Another program beside ours.
class KafkaTopics : public ::testing::Test {
 protected:
  std::unique_ptr<Log> log_ = open_empty_kafka();
  std::unique_ptr<Log> other_ = open_kafka_log(kafka_options());
  std::unique_ptr<LogWriter> writer_ = log_->open_writer("mine");
  std::unique_ptr<LogWriter> other_writer_ = other_->open_writer("other");
};

}  // namespace

TEST_F(KafkaTopics, RetentionCanBeChanged) {
  const TopicId topic = log_->create({"kept", 1, {.milliseconds = 3'600'000}}).id;
  const std::string largest = topic_setting("kept", "max.message.bytes");
  EXPECT_EQ(topic_setting("kept", "retention.ms"), "3600000");
  log_->retain(topic, {.milliseconds = 120'000, .bytes = 5'000'000});
  EXPECT_EQ(log_->describe(topic)->retention.milliseconds, 120'000);
  EXPECT_EQ(topic_setting("kept", "retention.ms"), "120000");
  EXPECT_EQ(topic_setting("kept", "retention.bytes"), "5000000");
  EXPECT_EQ(topic_setting("kept", "max.message.bytes"), largest);
  EXPECT_EQ(error_of([&] { log_->retain({12345}, {}); }).code(), ErrorCode::topic_unknown);
}

TEST_F(KafkaTopics, DeletedSinkIsNamedAndTheOthersGoOn) {
  const TopicId kept = log_->create({"kept", 1, {}}).id;
  const TopicId gone = log_->create({"gone", 1, {}}).id;
  for (const TopicId topic : {kept, gone})
    ASSERT_EQ(commit(*writer_, one_block(topic, 0, values({"a"}))).outcome, CommitOutcome::committed);
  other_->describe("gone");
  other_->drop(gone);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<RecordBlock> blocks = one_block(kept, 0, values({"not this"}));
  blocks.push_back(make_block(gone, 0, values({"nor this"})));
  const CommitResult result = commit(*writer_, std::move(blocks));
  EXPECT_EQ(result.outcome, CommitOutcome::aborted);
  EXPECT_EQ(result.topic, gone);
  EXPECT_EQ(result.reason, "topic gone was dropped");
  ASSERT_EQ(commit(*writer_, one_block(kept, 0, values({"b"}))).outcome, CommitOutcome::committed);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_EQ(values_of(read_all(*log_, kept, 0, 0)), (std::vector<std::string>{"a", "b"}));
}

// As a broker with auto.create.topics.enable does: the topic is there again before anybody looked.
TEST_F(KafkaTopics, SinkThatWasMadeAgainIsNamed) {
  const TopicId kept = log_->create({"kept", 1, {}}).id;
  const TopicId again = log_->create({"again", 1, {}}).id;
  for (const TopicId topic : {kept, again})
    ASSERT_EQ(commit(*writer_, one_block(topic, 0, values({"a", "b", "c"}))).outcome, CommitOutcome::committed);
  other_->describe("again");
  other_->drop(again);
  other_->create({"again", 1, {}});
  std::vector<RecordBlock> blocks = one_block(kept, 0, values({"not this"}));
  blocks.push_back(make_block(again, 0, values({"nor this"})));
  const CommitResult result = commit(*writer_, std::move(blocks));
  EXPECT_EQ(result.outcome, CommitOutcome::aborted);
  EXPECT_EQ(result.topic, again);
  EXPECT_TRUE(holds(result.reason, "topic again was dropped")) << result.reason;
  ASSERT_EQ(commit(*writer_, one_block(kept, 0, values({"d"}))).outcome, CommitOutcome::committed);
  EXPECT_EQ(values_of(read_all(*log_, kept, 0, 0)), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_TRUE(read_all(*log_, again, 0, 0).empty());
}

TEST_F(KafkaTopics, InputThatWasMadeAgainIsNoticedByItsRecord) {
  const TopicId topic = other_->create({"flights", 1, {}}).id;
  ASSERT_EQ(append(*other_writer_, one_block(topic, 0, values({"a", "b", "c"}))).outcome, CommitOutcome::committed);
  log_->describe("flights");
  const auto blocks = read_all(*log_, topic, 0, 0);
  ASSERT_EQ(rows_of(blocks).size(), 3u);
  const Position second = after(*blocks[0], 1);
  EXPECT_EQ(values_of(read_all(*log_->open_reader({second}))), std::vector<std::string>{"c"});
  other_->drop(topic);
  other_->create({"flights", 1, {}});
  ASSERT_EQ(append(*other_writer_, one_block(topic, 0, values({"a"}))).outcome, CommitOutcome::committed);
  // A log that was opened after all this knows nothing but the position.
  auto later = open_kafka_log(kafka_options());
  const std::string shorter = lost(*later, second);
  EXPECT_TRUE(holds(shorter, "flights[0]") && holds(shorter, "2")) << shorter;
  ASSERT_EQ(append(*other_writer_, one_block(topic, 0, values({"x", "y", "z"}))).outcome, CommitOutcome::committed);
  const std::string longer = lost(*later, second);
  EXPECT_TRUE(holds(longer, "the record at offset 1 of flights[0]")) << longer;
}

TEST_F(KafkaTopics, ReaderAtWorkIsToldThatItsTopicWasDropped) {
  const TopicId topic = other_->create({"flights", 1, {}}).id;
  ASSERT_EQ(append(*other_writer_, one_block(topic, 0, values({"a"}))).outcome, CommitOutcome::committed);
  log_->describe("flights");
  auto reader = log_->open_reader({{.topic = topic}});
  ASSERT_EQ(rows_of(read_once(*reader, 1 << 20, in_ms(5'000))).size(), 1u);
  other_->drop(topic);
  other_->create({"flights", 1, {}});
  const Error error = error_of([&] {
    for (const auto deadline = in_ms(10'000); std::chrono::steady_clock::now() < deadline;)
      reader->read(1 << 20, in_ms(100));
  });
  EXPECT_EQ(error.code(), ErrorCode::position_lost);
  EXPECT_TRUE(holds(error.message(), "flights")) << error.message();
}

TEST_F(KafkaTopics, RecordsDeletedBelowAPositionAreNamedWithBothOffsets) {
  const TopicId topic = log_->create({"flights", 1, {}}).id;
  ASSERT_EQ(append(*writer_, one_block(topic, 0, values({"a", "b", "c", "d", "e"}))).outcome, CommitOutcome::committed);
  const auto blocks = read_all(*log_, topic, 0, 0);
  const Position second = after(*blocks[0], 1);
  const Position third = after(*blocks[0], 2);
  log_->trim(topic, 0, 3);
  for (const auto deadline = in_ms(5'000);
       log_->offsets(topic, 0).first != 3 && std::chrono::steady_clock::now() < deadline;)
    std::this_thread::sleep_for(10ms);
  // A log that has the records at hand still may give them; one that has not says what is missing.
  auto fresh = open_kafka_log(kafka_options());
  EXPECT_EQ(lost(*fresh, second), "position 2 of flights[0] is no longer in the log, which begins at 3");
  EXPECT_EQ(values_of(read_all(*fresh->open_reader({third}))), (std::vector<std::string>{"d", "e"}));
  EXPECT_EQ(lost(*fresh, {.topic = topic, .next = 60}), "position 60 of flights[0] lies beyond the end of the log, 5");
}

TEST_F(KafkaTopics, CompactionTakesNothingFromAPosition) {
  const TopicId topic = log_->create({"table", 1, {.compact = true}}).id;
  ASSERT_EQ(append(*writer_, one_block(topic, 0, {{10, "a", "1"}, {20, "b", "1"}, {30, "a", "2"}})).outcome,
            CommitOutcome::committed);
  const Position first = after(*read_all(*log_, topic, 0, 0)[0], 0);
  // What is written later ends the segment; only segments that have ended are compacted.
  bool compacted = false;
  for (const auto deadline = in_ms(30'000); !compacted && std::chrono::steady_clock::now() < deadline;) {
    append(*writer_, one_block(topic, 0, {{40, "c", "1"}}));
    std::this_thread::sleep_for(300ms);
    auto fresh = open_kafka_log(kafka_options());
    compacted = offsets_of(read_all(*fresh, topic, 0, 0)).at(0) > 0;
  }
  ASSERT_TRUE(compacted);
  auto fresh = open_kafka_log(kafka_options());
  EXPECT_EQ(offsets_of(read_all(*fresh->open_reader({first}))).at(0), 1);
}

TEST_F(KafkaTopics, AnOwnerWithNothingToDoNoticesTheNext) {
  auto later = other_->open_writer("mine");
  for (const auto deadline = in_ms(8'000); !writer_->fenced() && std::chrono::steady_clock::now() < deadline;)
    std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(writer_->fenced());
  EXPECT_FALSE(later->fenced());
}

TEST_F(KafkaTopics, ManyPartitionsAreCommittedAtOnce) {
  const TopicId topic = log_->create({"wide", 100, {}}).id;
  std::vector<RecordBlock> blocks;
  for (int32_t p = 0; p < 100; ++p) blocks.push_back(make_block(topic, p, values({std::to_string(p)})));
  const CommitResult result = commit(*writer_, std::move(blocks));
  ASSERT_EQ(result.outcome, CommitOutcome::committed) << result.reason;
  await_end(*log_, topic, 99, 1);
  EXPECT_EQ(values_of(read_all(*log_, topic, 99, 0)), std::vector<std::string>{"99"});
}

TEST_F(KafkaTopics, PartitionsComeByTime) {
  const TopicId topic = log_->create({"t", 3, {}}).id;
  for (int32_t p = 0; p < 3; ++p) {
    std::vector<Row> rows;
    for (int i = 0; i < 20; ++i) rows.push_back({1000 + i * 3 + p, {}, std::to_string(i * 3 + p)});
    ASSERT_EQ(append(*writer_, one_block(topic, p, rows)).outcome, CommitOutcome::committed);
  }
  await_end(*log_, topic, 2, 20);
  auto reader =
      log_->open_reader({{.topic = topic}, {.topic = topic, .partition = 1}, {.topic = topic, .partition = 2}});
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(values_of(read_all(*reader, 100)), expected);
}

TEST(KafkaSettings, AreRefusedByName) {
  KafkaLogOptions options = kafka_options();
  options.settings = {{"sasl.mechanisn", "PLAIN"}};
  const Error unknown = error_of([&] { open_kafka_log(options); });
  EXPECT_EQ(unknown.code(), ErrorCode::property_unknown);
  EXPECT_TRUE(holds(unknown.message(), "kafka.sasl.mechanisn")) << unknown.message();
  options.settings = {{"socket.timeout.ms", "soon"}};
  EXPECT_EQ(error_of([&] { open_kafka_log(options); }).code(), ErrorCode::property_invalid);
  options.settings = {{"isolation.level", "read_uncommitted"}};
  EXPECT_EQ(error_of([&] { open_kafka_log(options); }).code(), ErrorCode::property_invalid);
}

}  // namespace millrace::testing
