// The durable log: topics of partitions of records with offsets. Everything durable is a topic in it.
//
// Three implementations behind this contract and one test suite: memory, embedded, Kafka.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/record_block.h"

namespace millrace {

// Never given twice by one log, also not when a topic of the same name is made again.
struct TopicId {
  uint64_t value = 0;
  auto operator<=>(const TopicId&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};

struct Retention {
  std::optional<int64_t> milliseconds = std::nullopt;  // by the largest timestamp of a block; absent: for ever
  std::optional<int64_t> bytes = std::nullopt;         // per partition; absent: without limit
  bool compact = false;  // keep the last record of every key; a tombstone for tombstone_ms
  int64_t tombstone_milliseconds = 24 * 3600 * 1000;
};

struct TopicSpec {
  std::string name;
  int32_t partitions = 1;
  Retention retention;
};

struct TopicDescription {
  TopicId id;
  std::string name;
  int32_t partitions = 1;
  Retention retention;
};

// Where reading goes on, and what was read last: enough to notice that the log under a position is not the one it was
// taken from.
struct Position {
  TopicId topic;
  int32_t partition = 0;
  int64_t next = 0;  // offset of the next record to read
  // The last record used; last_offset < 0: none was.
  int64_t last_offset = -1;
  int64_t last_timestamp = 0;
  uint64_t last_hash = 0;  // record_hash() of its key and value
};

uint64_t record_hash(Bytes key, Bytes value);
// Where reading goes on when this record of the block was used.
void move_behind(Position& position, const RecordBlock& block, size_t record);

struct Offsets {
  int64_t first = 0;  // of the oldest record kept; == end where there is none
  int64_t end = 0;    // one past the last committed record
};

enum class CommitOutcome {
  committed,
  aborted,  // nothing of it is visible; see partition and reason
  unknown,  // the log cannot say; recovery reads the state topic's tail
  fenced,   // another owner opened the writer id; nothing of it is visible and nothing further will be
};

struct CommitResult {
  CommitOutcome outcome = CommitOutcome::committed;
  std::vector<int64_t> first_offsets;  // committed: of each block given, in their order
  int64_t sequence = 0;                // committed: of the last block; 0 where the log has none
  // aborted: which block's topic and partition was to blame, if any one was
  std::optional<TopicId> topic;
  int32_t partition = 0;
  bool full = false;  // aborted since there is no room; the same commit may be given again later
  std::string reason;
};

// Called exactly once, on a thread of the log's; it must not block.
using CommitDone = std::function<void(CommitResult)>;

// One reader belongs to one thread at a time; wake() may be called from any.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // Runs of committed records from the positions on, about `bytes` of them and at least one record if there is any.
  // Waits until `deadline` where there is none, then returns an empty list. A log that fetches records from afar may do
  // so while some are on their way: the watch tells of their arrival. Each partition's records come in ascending
  // offsets without omission. Over several partitions the blocks come in ascending sequence, and none is returned
  // before all of smaller sequence were, where the log has such an order. Throws Error{position_lost} with both offsets
  // where a position is no longer in the log (retention, trim), or the topic is another one than the position was taken
  // from.
  virtual std::vector<RecordRun> read(size_t bytes, std::chrono::steady_clock::time_point deadline) = 0;
  // Whether the last read(), which found nothing, knows that there was nothing. False where records may be on their
  // way, or are waited for; the watch tells when that has changed.
  virtual bool at_end() { return true; }
  // Goes on at this position for its partition, which must be one of those opened.
  virtual void seek(const Position& position) = 0;
  // A paused partition is skipped by read() until resumed.
  virtual void pause(int32_t partition, bool paused) = 0;
  // Makes a read() that waits, or the next one that would, return at once.
  virtual void wake() = 0;
};

enum class AppendKind {
  prompt,
  unhurried,     // nobody waits for it: it may wait some milliseconds for company
  from_reserve,  // of what makes room: a log that keeps some free takes of that where there is too little for the
                 // others
};

// All blocks that are given to one call become visible together or not at all. Safe to call from any thread.
class LogWriter {
 public:
  // Not before all that is outstanding has been answered, unless it is called from within an answer.
  virtual ~LogWriter() = default;

  // One outstanding at a time: the next may be given from within `done`, or after.
  virtual void commit(std::vector<RecordBlock> blocks, CommitDone done) = 0;
  // For ingest: as commit, but any number may be outstanding, and they become visible in the order given. Fenced like
  // commit: a server that lost its slot acknowledges nothing.
  virtual void append(std::vector<RecordBlock> blocks, AppendKind kind, CommitDone done) = 0;
  void append(std::vector<RecordBlock> blocks, CommitDone done) {
    append(std::move(blocks), AppendKind::prompt, std::move(done));
  }
  // Over how many partitions one commit should go at most: who gathers several into one stays below.
  virtual size_t partitions_at_once() const { return std::numeric_limits<size_t>::max(); }
  // Set before the first commit: called, on a thread of the log's, when all of a commit is there but what makes it
  // visible. A log where these are not two never calls it.
  virtual void on_produced(const std::function<void()>& produced) { static_cast<void>(produced); }
  // Whether another owner was noticed. A log whose owners are in one process notices at the next commit only.
  virtual bool fenced() const { return false; }
};

// Safe to call from any thread. Errors of the log itself (log_failed, log_full, …) are thrown as Error.
class Log {
 public:
  virtual ~Log() = default;

  // Throws Error{topic_exists}; the spec must have ≥ 1 partition and a name of 1 to 249 of [A-Za-z0-9._-].
  virtual TopicDescription create(const TopicSpec& spec) = 0;
  // The topic and its records; readers of it get position_lost. Throws Error{topic_unknown}.
  virtual void drop(TopicId topic) = 0;
  // From now on this is how long its records are kept. Throws Error{topic_unknown}.
  virtual void retain(TopicId topic, const Retention& retention) = 0;
  virtual std::optional<TopicDescription> describe(std::string_view name) const = 0;
  virtual std::optional<TopicDescription> describe(TopicId topic) const = 0;
  virtual std::vector<TopicDescription> list() const = 0;

  virtual Offsets offsets(TopicId topic, int32_t partition) const = 0;
  // One past the last record that is known to be committed, of this process's own at least; asks nobody. 0: of none.
  virtual int64_t known_end(TopicId topic, int32_t partition) const = 0;
  // The first offset whose record's timestamp is ≥ time, or the end.
  virtual int64_t offset_at(TopicId topic, int32_t partition, int64_t time) const = 0;
  // Records below `offset` are no longer needed; whole blocks of them go. Never waits for a commit.
  virtual void trim(TopicId topic, int32_t partition, int64_t offset) = 0;

  // Topics whose committed end moved, or that came or went; called on a thread of the log's, must not block, holds no
  // lock of the log's. The watch ends when the returned handle is destroyed, which waits for a call in progress.
  using Watcher = std::function<void(std::span<const TopicId>)>;
  virtual std::shared_ptr<void> watch(Watcher watcher) = 0;

  // Fences the previous owner of the id, if any.
  virtual std::unique_ptr<LogWriter> open_writer(const std::string& writer_id) = 0;
  // Positions are checked at the first read. All of one topic or of several.
  virtual std::unique_ptr<LogReader> open_reader(std::vector<Position> positions) = 0;

  // The sequence of the last committed block; 0 where the log has none.
  virtual int64_t last_sequence() const = 0;

  // What keeps the log from answering at the moment; empty: nothing.
  virtual std::string trouble() const { return {}; }
  // Shows tools of the log's own how far the reader of this name is. No promise rests on it, and it may be left out.
  virtual void show_progress(const std::string& reader, std::span<const Position> positions) {
    static_cast<void>(reader);
    static_cast<void>(positions);
  }
};

}  // namespace millrace
