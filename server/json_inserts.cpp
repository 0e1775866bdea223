#include "server/json_inserts.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "runtime/event_time.h"
#include "runtime/system_time.h"
#include "server/row_writer.h"

namespace millrace {

namespace {

ErrorCode code_of(RowErrorCode code) {
  if (code == RowErrorCode::unknown_column) return ErrorCode::column_unknown;
  return code == RowErrorCode::wrong_type ? ErrorCode::type_mismatch : ErrorCode::value_invalid;
}

class JsonInserts final : public InsertStream {
 public:
  JsonInserts(JsonInsertOptions options, const Log& log, LogWriter& writer)
      : options_(std::move(options)),
        writer_(writer),
        rows_(*options_.source, log),
        width_(options_.source->schema.size()) {
    std::vector<Field> fields = options_.source->schema.fields();
    for (Field& field : fields) field.key = false;  // in an insert all columns are members of one object
    fields.push_back({"ROWTIME", bigint_type, false});
    FormatOptions strict;
    strict.refuse_unknown = true;
    strict.wrap_single = true;
    decoder_ = options_.json->make_decoder(fields, false, strict);
    for (const Field& field : fields) types_.push_back(field.type);
  }

  const Schema& schema() const override { return options_.source->schema; }

  std::vector<Outcome> insert(std::span<const std::string_view> texts, Done done) override {
    const std::lock_guard lock(mutex_);
    if (*outstanding_ + texts.size() > options_.outstanding_max)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("{} rows wait for their commit already, the limit is {} (inserts.outstanding.max)",
                              outstanding_->load(), options_.outstanding_max));
    const size_t first = next_row_;
    next_row_ += texts.size();
    std::vector<Outcome> outcomes(texts.size());
    for (size_t i = 0; i < texts.size(); ++i) outcomes[i].row = first + i;
    std::vector<RecordBlock> blocks = encode(texts, outcomes);
    std::vector<Outcome> refused;
    for (const Outcome& outcome : outcomes)
      if (outcome.error) refused.push_back(outcome);
    if (blocks.empty()) return done(std::move(outcomes)), refused;
    outstanding_->fetch_add(texts.size());
    size_t bytes = 0;
    for (const RecordBlock& block : blocks) bytes += block.bytes();
    writer_.append(std::move(blocks),
                   [outcomes = std::move(outcomes), done = std::move(done), bytes, rows = texts.size() - refused.size(),
                    inserted = options_.inserted, outstanding = outstanding_](const CommitResult& result) mutable {
                     if (result.outcome == CommitOutcome::committed && inserted) inserted(rows, bytes);
                     if (result.outcome != CommitOutcome::committed)
                       for (Outcome& outcome : outcomes)
                         if (!outcome.error) outcome.error = failure(result);
                     outstanding->fetch_sub(outcomes.size());
                     done(std::move(outcomes));
                   });
    return refused;
  }

 private:
  static Error failure(const CommitResult& result) {
    if (result.outcome == CommitOutcome::fenced) return Error(ErrorCode::fenced, "another server owns the log");
    return Error(result.full ? ErrorCode::log_full : ErrorCode::log_failed, result.reason);
  }

  static void refuse_times(const Column& times, std::vector<Outcome>& outcomes) {
    for (size_t i = 0; i < outcomes.size(); ++i)
      if (!outcomes[i].error && times.valid(i) && !is_event_time(times.at<int64_t>(i)))
        outcomes[i].error =
            Error(ErrorCode::value_invalid,
                  fmt::format("ROWTIME is a time from 1970 to 9999 in milliseconds, not {}", times.at<int64_t>(i)));
  }

  // The rows that are right, as records; the others get their error.
  std::vector<RecordBlock> encode(std::span<const std::string_view> texts, std::vector<Outcome>& outcomes) {
    std::vector<Bytes> payloads(texts.begin(), texts.end());
    RowErrors rejected(texts.size() * 2);
    for (size_t i = 0; i < payloads.size(); ++i) {
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
    for (const Type& type : types_)
      columns.push_back(std::make_shared<Column>(type, type.is_nested() ? 0 : payloads.size()));
    decoder_->decode(payloads, columns, rejected);
    std::vector<uint32_t> good;
    for (const RowError& error : rejected.errors())
      if (!outcomes[error.row].error) outcomes[error.row].error = Error(code_of(error.code), error.reason);
    refuse_null_keys(columns, outcomes);
    refuse_times(*columns.back(), outcomes);
    for (uint32_t i = 0; i < outcomes.size(); ++i)
      if (!outcomes[i].error) good.push_back(i);
    if (good.empty()) return {};
    const Column& given = *columns.back();
    auto times = std::make_shared<Column>(bigint_type, good.size());
    const int64_t now = system_milliseconds();
    for (size_t i = 0; i < good.size(); ++i) times->set(i, given.valid(good[i]) ? given.at<int64_t>(good[i]) : now);
    std::vector<ColumnPtr> kept;
    for (size_t c = 0; c < width_; ++c)
      kept.push_back(good.size() == outcomes.size() ? ColumnPtr(columns[c]) : gather(columns[c], good));
    return rows_.encode(std::move(kept), std::move(times));
  }

  void refuse_null_keys(const std::vector<std::shared_ptr<Column>>& columns, std::vector<Outcome>& outcomes) const {
    if (!options_.source->table) return;
    for (size_t key : options_.source->schema.key_indexes())
      for (size_t i = 0; i < outcomes.size(); ++i)
        if (!outcomes[i].error && !columns[key]->valid(i))
          outcomes[i].error = Error(ErrorCode::value_invalid,
                                    fmt::format("a row of a table needs its primary key: {} must have a value",
                                                options_.source->schema[key].name));
  }

  JsonInsertOptions options_;
  LogWriter& writer_;
  std::mutex mutex_;
  RowWriter rows_;
  size_t width_;
  std::vector<Type> types_;
  std::unique_ptr<Decoder> decoder_;
  size_t next_row_ = 0;
  // Shared with the answers that come after this stream was closed.
  std::shared_ptr<std::atomic<size_t>> outstanding_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace

std::unique_ptr<InsertStream> make_json_inserts(JsonInsertOptions options, const Log& log, LogWriter& writer) {
  return std::make_unique<JsonInserts>(std::move(options), log, writer);
}

}  // namespace millrace
