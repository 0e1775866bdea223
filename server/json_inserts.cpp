#include "server/json_inserts.h"

#include <fmt/format.h>

#include "runtime/event_time.h"
#include "runtime/system_time.h"
#include "server/commit_error.h"

namespace millrace {

namespace {

using Outcome = InsertStream::Outcome;

// Values that are read together. What a text leaves out is read too: few bytes can be many values.
constexpr size_t values_at_once = 1 << 20;
// What a record takes beside its bytes, and a block.
constexpr size_t record_cost = 64, block_cost = 1 << 10;

ErrorCode code_of(RowErrorCode code) {
  if (code == RowErrorCode::unknown_column) return ErrorCode::column_unknown;
  return code == RowErrorCode::wrong_type ? ErrorCode::type_mismatch : ErrorCode::value_invalid;
}

size_t width_of(const Type& type) {
  if (!type.is(TypeKind::struct_)) return 1;
  size_t sum = 1;
  for (const Type& field : type.field_types()) sum += width_of(field);
  return sum;
}

void refuse_times(const Column& times, std::span<Outcome> outcomes) {
  for (size_t i = 0; i < outcomes.size(); ++i)
    if (!outcomes[i].error && times.valid(i) && !is_event_time(times.at<int64_t>(i)))
      outcomes[i].error =
          Error(ErrorCode::value_invalid,
                fmt::format("ROWTIME is a time from 1970 to 9999 in milliseconds, not {}", times.at<int64_t>(i)));
}

// Rows on their way to the log.
struct Pending {
  Pending(std::shared_ptr<JsonInsertTarget> into, InsertStream::Ack wanted, InsertStream::Done answer, size_t count)
      : target(std::move(into)),
        ack(wanted),
        done(std::move(answer)),
        outcomes(count),
        held(target->options().memory) {}

  const std::shared_ptr<JsonInsertTarget> target;
  const InsertStream::Ack ack;
  const InsertStream::Done done;
  std::vector<Outcome> outcomes;
  MemoryShare held;
  std::shared_ptr<std::atomic<size_t>> outstanding;  // of the stream, which may be closed by the end
  size_t rows = 0;                                   // that are not refused
  size_t bytes = 0;                                  // of their records

  void answer(const CommitResult& result) {
    if (result.outcome == CommitOutcome::committed) {
      if (target->options().inserted) target->options().inserted(rows, bytes);
    } else {
      const Error error = commit_error(result, target->log());
      for (Outcome& outcome : outcomes)
        if (!outcome.error) outcome.error = error;
      if (ack == InsertStream::Ack::received && target->options().lost) target->options().lost(rows, error.message());
    }
    outstanding->fetch_sub(outcomes.size());
    done(std::move(outcomes));
  }
};

class JsonInserts final : public InsertStream {
 public:
  explicit JsonInserts(std::shared_ptr<JsonInsertTarget> target) : target_(std::move(target)) {}

  const Schema& schema() const override { return target_->options().source->schema; }
  size_t width() const override { return target_->width(); }

  std::vector<Outcome> insert(std::span<const std::string_view> texts, Ack ack, Done done) override {
    const std::lock_guard lock(mutex_);
    const size_t first = std::exchange(next_row_, next_row_ + texts.size());
    const size_t outstanding_max = target_->options().outstanding_max;
    if (*outstanding_ + texts.size() > outstanding_max)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("{} rows wait for their commit already, the limit is {} (inserts.outstanding.max)",
                              outstanding_->load(), outstanding_max));
    auto pending = std::make_shared<Pending>(target_, ack, std::move(done), texts.size());
    for (size_t i = 0; i < texts.size(); ++i) pending->outcomes[i].row = first + i;
    std::vector<RecordBlock> blocks = target_->encode(texts, pending->outcomes, pending->held);
    std::vector<Outcome> refused;
    for (const Outcome& outcome : pending->outcomes)
      if (outcome.error) refused.push_back(outcome);
    if (blocks.empty()) return pending->done(std::move(pending->outcomes)), refused;
    outstanding_->fetch_add(texts.size());
    pending->outstanding = outstanding_;
    pending->rows = texts.size() - refused.size();
    for (const RecordBlock& block : blocks) pending->bytes += block.bytes();
    target_->writer().append(std::move(blocks), ack == Ack::received ? AppendKind::unhurried : AppendKind::prompt,
                             [pending = std::move(pending)](const CommitResult& result) { pending->answer(result); });
    return refused;
  }

 private:
  const std::shared_ptr<JsonInsertTarget> target_;
  std::mutex mutex_;
  size_t next_row_ = 0;
  std::shared_ptr<std::atomic<size_t>> outstanding_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace

JsonInsertTarget::JsonInsertTarget(JsonInsertOptions options, const Log& log, LogWriter& writer)
    : options_(std::move(options)), log_(log), writer_(writer), fields_(options_.source->schema.fields()) {
  for (Field& field : fields_) field.key = false;  // in an insert all columns are members of one object
  fields_.push_back({"ROWTIME", bigint_type, false});
  for (const Field& field : fields_) width_ += width_of(field.type);
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

std::vector<RecordBlock> JsonInsertTarget::encode(std::span<const std::string_view> texts, std::span<Outcome> outcomes,
                                                  MemoryShare& held) {
  const size_t rows_at_once = std::max<size_t>(1, values_at_once / width_);
  std::unique_ptr<Encoder> encoder = take_encoder();
  std::vector<RecordBlock> blocks;
  size_t bytes = 0;
  for (size_t begin = 0; begin < texts.size(); begin += rows_at_once) {
    const size_t count = std::min(rows_at_once, texts.size() - begin);
    for (RecordBlock& block : encode_some(*encoder, texts.subspan(begin, count), outcomes.subspan(begin, count))) {
      bytes += block_cost + block.size() * record_cost + block.bytes();
      blocks.push_back(std::move(block));
    }
    if (!held.resize(bytes))
      throw Error(ErrorCode::unavailable,
                  "the rows of all clients that wait for their commit have more bytes together than "
                  "http.requests.bytes.max allows: try again, or with fewer rows");
  }
  if (texts.size() <= rows_at_once) give_back(std::move(encoder));  // buffers that more have grown are not kept
  return blocks;
}

std::vector<RecordBlock> JsonInsertTarget::encode_some(Encoder& encoder, std::span<const std::string_view> texts,
                                                       std::span<Outcome> outcomes) {
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
  columns.reserve(fields_.size());
  for (const Field& field : fields_)
    columns.push_back(std::make_shared<Column>(field.type, field.type.is_nested() ? 0 : payloads.size()));
  encoder.decoder->decode(payloads, columns, rejected);
  for (const RowError& error : rejected.errors())
    if (!outcomes[error.row].error) outcomes[error.row].error = Error(code_of(error.code), error.reason);
  refuse_null_keys(columns, outcomes);
  refuse_times(*columns.back(), outcomes);
  std::vector<uint32_t> good;
  for (uint32_t i = 0; i < outcomes.size(); ++i)
    if (!outcomes[i].error) good.push_back(i);
  if (good.empty()) return {};
  const Column& given = *columns.back();
  auto times = std::make_shared<Column>(bigint_type, good.size());
  const int64_t now = system_milliseconds();
  for (size_t i = 0; i < good.size(); ++i) times->set(i, given.valid(good[i]) ? given.at<int64_t>(good[i]) : now);
  columns.pop_back();
  std::vector<ColumnPtr> kept;
  kept.reserve(columns.size());
  for (const auto& column : columns)
    kept.push_back(good.size() == outcomes.size() ? ColumnPtr(column) : gather(column, good));
  return encoder.rows.encode(std::move(kept), std::move(times), next_row_.fetch_add(good.size()));
}

void JsonInsertTarget::refuse_null_keys(const std::vector<std::shared_ptr<Column>>& columns,
                                        std::span<Outcome> outcomes) const {
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
