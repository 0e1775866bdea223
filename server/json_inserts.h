// Insert streams: JSON objects in, acknowledged when committed.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/format.h"
#include "runtime/log.h"
#include "server/engine.h"
#include "server/memory_quota.h"
#include "server/row_writer.h"

namespace millrace {

struct JsonInsertOptions {
  std::shared_ptr<const Source> source;
  const Format* json = nullptr;
  size_t outstanding_max = 100'000;  // per stream
  size_t record_bytes_max = 8 << 20;
  std::shared_ptr<MemoryQuota> memory;  // in which rows count until their commit; null: in none
  // Called on any thread; may be absent.
  std::function<void(size_t rows, size_t bytes)> inserted;  // they are committed
  // They are not, and nobody waits to hear it.
  std::function<void(size_t rows, const std::string& reason)> lost;
};

// What the insert streams into one source share. Safe to use from any thread.
class JsonInsertTarget {
 public:
  using Outcome = InsertStream::Outcome;

  // `log` and `writer` outlive it, but for what the writer answers when it goes.
  JsonInsertTarget(JsonInsertOptions options, const Log& log, LogWriter& writer);

  const JsonInsertOptions& options() const { return options_; }
  const Log& log() const { return log_; }
  LogWriter& writer() const { return writer_; }
  size_t width() const { return width_; }  // InsertStream::width()

  // The rows as records; where a row is wrong, its outcome gets the error, and it is in no record. `held` gets what the
  // records take. Does not wait. Throws Error{unavailable} where there is no room for them.
  std::vector<RecordBlock> encode(std::span<const std::string_view> texts, std::span<Outcome> outcomes,
                                  MemoryShare& held);

 private:
  // For one thread at a time.
  struct Encoder {
    std::unique_ptr<Decoder> decoder;
    RowWriter rows;
  };

  std::unique_ptr<Encoder> take_encoder();
  void give_back(std::unique_ptr<Encoder> encoder);
  std::vector<RecordBlock> encode_some(Encoder& encoder, std::span<const std::string_view> texts,
                                       std::span<Outcome> outcomes);
  void refuse_null_keys(const std::vector<std::shared_ptr<Column>>& columns, std::span<Outcome> outcomes) const;

  const JsonInsertOptions options_;
  const Log& log_;
  LogWriter& writer_;
  std::vector<Field> fields_;  // members of the objects: the source's columns, then ROWTIME
  size_t width_ = 0;
  std::atomic<uint64_t> next_row_ = 0;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Encoder>> idle_;
};

std::unique_ptr<InsertStream> open_json_inserts(std::shared_ptr<JsonInsertTarget> target);

}  // namespace millrace
