#include "server/json_inserts.h"

#include <fmt/format.h>

#include "runtime/event_time.h"
#include "runtime/system_time.h"

namespace millrace {

namespace {

// Buffers that a larger insert has grown are not kept.
constexpr size_t kept_bytes_max = 1 << 20;

ErrorCode code_of(RowErrorCode code) {
  if (code == RowErrorCode::unknown_column) return ErrorCode::column_unknown;
  return code == RowErrorCode::wrong_type ? ErrorCode::type_mismatch : ErrorCode::value_invalid;
}

using Outcome = InsertStream::Outcome;

Error failure(const CommitResult& result) {
  if (result.outcome == CommitOutcome::fenced) return Error(ErrorCode::fenced, "another server owns the log");
  return Error(result.full ? ErrorCode::log_full : ErrorCode::log_failed, result.reason);
}

void refuse_times(const Column& times, std::vector<Outcome>& outcomes) {
  for (size_t i = 0; i < outcomes.size(); ++i)
    if (!outcomes[i].error && times.valid(i) && !is_event_time(times.at<int64_t>(i)))
      outcomes[i].error =
          Error(ErrorCode::value_invalid,
                fmt::format("ROWTIME is a time from 1970 to 9999 in milliseconds, not {}", times.at<int64_t>(i)));
}

class JsonInserts final : public InsertStream {
 public:
  explicit JsonInserts(std::shared_ptr<JsonInsertTarget> target) : target_(std::move(target)) {}

  const Schema& schema() const override { return target_->options().source->schema; }

  std::vector<Outcome> insert(std::span<const std::string_view> texts, Ack ack, Done done) override {
    const std::lock_guard lock(mutex_);
    const size_t outstanding_max = target_->options().outstanding_max;
    if (*outstanding_ + texts.size() > outstanding_max)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("{} rows wait for their commit already, the limit is {} (inserts.outstanding.max)",
                              outstanding_->load(), outstanding_max));
    const size_t first = next_row_;
    next_row_ += texts.size();
    std::vector<Outcome> outcomes(texts.size());
    for (size_t i = 0; i < texts.size(); ++i) outcomes[i].row = first + i;
    std::vector<RecordBlock> blocks = target_->encode(texts, outcomes);
    std::vector<Outcome> refused;
    for (const Outcome& outcome : outcomes)
      if (outcome.error) refused.push_back(outcome);
    if (blocks.empty()) return done(std::move(outcomes)), refused;
    outstanding_->fetch_add(texts.size());
    size_t bytes = 0;
    for (const RecordBlock& block : blocks) bytes += block.bytes();
    target_->writer().append(
        std::move(blocks), ack == Ack::received ? AppendKind::unhurried : AppendKind::prompt,
        [outcomes = std::move(outcomes), done = std::move(done), bytes, rows = texts.size() - refused.size(),
         target = target_, outstanding = outstanding_](const CommitResult& result) mutable {
          const bool committed = result.outcome == CommitOutcome::committed;
          if (committed && target->options().inserted) target->options().inserted(rows, bytes);
          if (!committed)
            for (Outcome& outcome : outcomes)
              if (!outcome.error) outcome.error = failure(result);
          outstanding->fetch_sub(outcomes.size());
          done(std::move(outcomes));
        });
    return refused;
  }

 private:
  const std::shared_ptr<JsonInsertTarget> target_;
  std::mutex mutex_;
  size_t next_row_ = 0;
  // Shared with the answers that come after this stream was closed.
  std::shared_ptr<std::atomic<size_t>> outstanding_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace

JsonInsertTarget::JsonInsertTarget(JsonInsertOptions options, const Log& log, LogWriter& writer)
    : options_(std::move(options)), log_(log), writer_(writer), fields_(options_.source->schema.fields()) {
  for (Field& field : fields_) field.key = false;  // in an insert all columns are members of one object
  fields_.push_back({"ROWTIME", bigint_type, false});
}

std::unique_ptr<JsonInsertTarget::Encoder> JsonInsertTarget::take_encoder() {
  {
    const std::lock_guard lock(mutex_);
    while (!idle_.empty()) {
      std::unique_ptr<Encoder> encoder = std::move(idle_.back());
      idle_.pop_back();
      if (!encoder->rows.outdated()) return encoder;
    }
  }
  FormatOptions strict;
  strict.refuse_unknown = true;
  strict.wrap_single = true;
  return std::make_unique<Encoder>(
      Encoder{options_.json->make_decoder(fields_, false, strict), RowWriter(*options_.source, log_)});
}

void JsonInsertTarget::give_back(std::unique_ptr<Encoder> encoder) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(encoder));
}

std::vector<RecordBlock> JsonInsertTarget::encode(std::span<const std::string_view> texts,
                                                  std::vector<Outcome>& outcomes) {
  std::vector<Bytes> payloads(texts.begin(), texts.end());
  RowErrors rejected(texts.size() * 2);
  size_t bytes = 0;
  for (size_t i = 0; i < payloads.size(); ++i) {
    bytes += payloads[i].size();
    // To the decoder null is a record without a value; as a row it says nothing.
    const size_t begin = std::min(payloads[i].find_first_not_of(" \t\r"), payloads[i].size());
    if (payloads[i].substr(begin).starts_with("null"))
      rejected.add(i, RowErrorCode::wrong_type, "expected an object, got null");
    if (payloads[i].size() <= options_.record_bytes_max) continue;
    rejected.add(i, RowErrorCode::too_large,
                 fmt::format("the row has {} bytes, more than record.bytes.max ({})", payloads[i].size(),
                             options_.record_bytes_max));
    payloads[i] = null_bytes();
  }
  std::vector<std::shared_ptr<Column>> columns;
  for (const Field& field : fields_)
    columns.push_back(std::make_shared<Column>(field.type, field.type.is_nested() ? 0 : payloads.size()));
  std::unique_ptr<Encoder> encoder = take_encoder();
  encoder->decoder->decode(payloads, columns, rejected);
  std::vector<uint32_t> good;
  for (const RowError& error : rejected.errors())
    if (!outcomes[error.row].error) outcomes[error.row].error = Error(code_of(error.code), error.reason);
  refuse_null_keys(columns, outcomes);
  refuse_times(*columns.back(), outcomes);
  for (uint32_t i = 0; i < outcomes.size(); ++i)
    if (!outcomes[i].error) good.push_back(i);
  std::vector<RecordBlock> blocks;
  if (!good.empty()) {
    const Column& given = *columns.back();
    auto times = std::make_shared<Column>(bigint_type, good.size());
    const int64_t now = system_milliseconds();
    for (size_t i = 0; i < good.size(); ++i) times->set(i, given.valid(good[i]) ? given.at<int64_t>(good[i]) : now);
    columns.pop_back();
    std::vector<ColumnPtr> kept;
    for (const auto& column : columns)
      kept.push_back(good.size() == outcomes.size() ? ColumnPtr(column) : gather(column, good));
    blocks = encoder->rows.encode(std::move(kept), std::move(times), next_row_.fetch_add(good.size()));
  }
  if (bytes <= kept_bytes_max) give_back(std::move(encoder));
  return blocks;
}

void JsonInsertTarget::refuse_null_keys(const std::vector<std::shared_ptr<Column>>& columns,
                                        std::vector<Outcome>& outcomes) const {
  if (!options_.source->table) return;
  for (size_t key : options_.source->schema.key_indexes())
    for (size_t i = 0; i < outcomes.size(); ++i)
      if (!outcomes[i].error && !columns[key]->valid(i))
        outcomes[i].error =
            Error(ErrorCode::value_invalid, fmt::format("a row of a table needs its primary key: {} must have a value",
                                                        options_.source->schema[key].name));
}

std::unique_ptr<InsertStream> open_json_inserts(std::shared_ptr<JsonInsertTarget> target) {
  return std::make_unique<JsonInserts>(std::move(target));
}

}  // namespace millrace
