// What insert streams hold until the commit, and what becomes of rows that nobody waits for.
#include "server/json_inserts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/format_registry.h"
#include "connectors/memory_log.h"

namespace millrace {
namespace {

using testing::HasSubstr;

// Answers when it is told to.
class HoldingWriter final : public LogWriter {
 public:
  using LogWriter::append;
  void commit(std::vector<RecordBlock> blocks, CommitDone done) override { append(std::move(blocks), std::move(done)); }
  void append(std::vector<RecordBlock> blocks, AppendKind kind, CommitDone done) override {
    for (const RecordBlock& block : blocks) records += block.size();
    kinds.push_back(kind);
    held_.push_back(std::move(done));
  }
  void answer(CommitOutcome outcome, const std::string& reason = "", std::optional<TopicId> topic = std::nullopt) {
    CommitResult result;
    result.outcome = outcome;
    result.reason = reason;
    result.topic = topic;
    for (const CommitDone& done : std::exchange(held_, {})) done(result);
  }

  size_t records = 0;
  std::vector<AppendKind> kinds;

 private:
  std::vector<CommitDone> held_;
};

class JsonInsertsTest : public testing::Test {
 protected:
  JsonInsertsTest() { register_all_formats(formats_); }

  void open(std::vector<Field> fields, size_t bytes_max) {
    auto source = std::make_shared<Source>();
    source->name = "S";
    source->topic = log_->create({"s", 1, {}});
    source->schema = Schema(std::move(fields));
    source->key_format = source->value_format = formats_.find("JSON");
    memory_ = std::make_shared<MemoryQuota>(bytes_max);
    JsonInsertOptions options;
    options.source = source;
    options.json = formats_.find("JSON");
    options.memory = memory_;
    options.inserted = [this](size_t rows, size_t) { inserted_ += rows; };
    options.lost = [this](size_t rows, const std::string& reason) {
      lost_.push_back(fmt::format("{}: {}", rows, reason));
    };
    target_ = std::make_shared<JsonInsertTarget>(std::move(options), *log_, writer_);
    inserts_ = open_json_inserts(target_);
  }
  std::vector<InsertStream::Outcome> insert(const std::vector<std::string_view>& rows, InsertStream::Ack ack) {
    return inserts_->insert(rows, ack,
                            [this](std::vector<InsertStream::Outcome> outcomes) { outcomes_ = std::move(outcomes); });
  }

  FormatRegistry formats_;
  std::unique_ptr<Log> log_ = make_memory_log();
  HoldingWriter writer_;
  std::shared_ptr<MemoryQuota> memory_;
  std::shared_ptr<JsonInsertTarget> target_;
  std::unique_ptr<InsertStream> inserts_;
  std::vector<InsertStream::Outcome> outcomes_;
  size_t inserted_ = 0;
  std::vector<std::string> lost_;
};

TEST_F(JsonInsertsTest, RowsCountUntilTheirCommit) {
  open({{"V", varchar_type}}, 10'000);
  for (const auto ack : {InsertStream::Ack::received, InsertStream::Ack::commit}) {
    insert({R"({"v": "a"})", R"({"v": 1, "w": 2})"}, ack);
    EXPECT_GT(memory_->bytes(), 1000U);
    EXPECT_EQ(outcomes_.size(), 0U);
    writer_.answer(CommitOutcome::committed);
    EXPECT_EQ(memory_->bytes(), 0U);
    EXPECT_EQ(outcomes_.size(), 2U);
    outcomes_.clear();
  }
  EXPECT_EQ(inserted_, 2U);
  EXPECT_EQ(lost_.size(), 0U);
  EXPECT_EQ(writer_.kinds, (std::vector{AppendKind::unhurried, AppendKind::prompt}));
}

// What has no room is not taken at all, and its rows are counted: the next one has the number that its client gave it.
TEST_F(JsonInsertsTest, WhatHasNoRoomIsRefused) {
  open({{"V", varchar_type}}, 10'000);
  const std::string long_row = fmt::format(R"({{"v": "{}"}})", std::string(6000, 'x'));
  insert({long_row}, InsertStream::Ack::received);
  const size_t held = memory_->bytes();
  try {
    insert({long_row, long_row}, InsertStream::Ack::received);
    ADD_FAILURE() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_THAT(error.message(), HasSubstr("http.requests.bytes.max"));
  }
  EXPECT_EQ(memory_->bytes(), held);
  writer_.answer(CommitOutcome::committed);
  EXPECT_EQ(memory_->bytes(), 0U);
  EXPECT_EQ(writer_.records, 1U);
  insert({"no object"}, InsertStream::Ack::commit);
  ASSERT_EQ(outcomes_.size(), 1U);
  EXPECT_EQ(outcomes_[0].row, 3U);
}

// Few bytes of text can be many values: they count as what is made of them, and are made in pieces.
TEST_F(JsonInsertsTest, WhatTextsLeaveOutCounts) {
  std::vector<Field> fields;
  for (int i = 0; i < 2000; ++i) fields.push_back({fmt::format("COLUMN_{}", i), integer_type});
  open(fields, 8 << 20);
  EXPECT_EQ(inserts_->width(), 2001U);
  const std::vector<std::string_view> rows(5000, "{}");
  EXPECT_THROW(insert(rows, InsertStream::Ack::received), Error);  // which would be 130 MB
  EXPECT_EQ(memory_->bytes(), 0U);
  EXPECT_EQ(writer_.records, 0U);
  std::vector<std::string_view> some(600, "{}");
  some[599] = "no object";
  memory_ = std::make_shared<MemoryQuota>(64 << 20);
  JsonInsertOptions options = target_->options();
  options.memory = memory_;
  inserts_ = open_json_inserts(std::make_shared<JsonInsertTarget>(std::move(options), *log_, writer_));
  const auto refused = insert(some, InsertStream::Ack::received);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].row, 599U);
  EXPECT_EQ(writer_.records, 599U);
  writer_.answer(CommitOutcome::committed);
}

TEST_F(JsonInsertsTest, WidthCountsWhatIsInStructs) {
  const Type inner = Type::structure({"A", "B"}, {integer_type, varchar_type});
  open({{"V", varchar_type}, {"S", Type::structure({"X", "INNER"}, {integer_type, inner})}}, 1000);
  EXPECT_EQ(inserts_->width(), 1U + 5U + 1U);  // and ROWTIME
}

TEST_F(JsonInsertsTest, LossesThatNobodyWaitsForAreTold) {
  open({{"V", varchar_type}}, 10'000);
  insert({R"({"v": "a"})", "no object", R"({"v": "b"})"}, InsertStream::Ack::received);
  writer_.answer(CommitOutcome::aborted, "the disk is broken");
  EXPECT_EQ(lost_, std::vector<std::string>{"2: the disk is broken"});
  EXPECT_EQ(outcomes_[0].error->code(), ErrorCode::log_failed);
  insert({R"({"v": "a"})"}, InsertStream::Ack::commit);
  writer_.answer(CommitOutcome::aborted, "the disk is broken");
  EXPECT_EQ(lost_.size(), 1U);
  const TopicId topic = target_->options().source->topic.id;
  log_->drop(topic);
  insert({R"({"v": "a"})"}, InsertStream::Ack::commit);
  writer_.answer(CommitOutcome::aborted, "topic s was dropped", topic);
  EXPECT_EQ(outcomes_[0].error->code(), ErrorCode::topic_unknown);
}

}  // namespace
}  // namespace millrace
