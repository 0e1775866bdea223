#include "connectors/block_log/block_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "connectors/block_log/block_reader.h"
#include "connectors/block_log/compaction.h"
#include "connectors/topic_spec.h"
#include "runtime/error.h"

namespace millrace {

namespace {

void check_written(const WriteResult& result) {
  if (result.outcome == WriteResult::Outcome::written) return;
  throw Error(result.full ? ErrorCode::log_full : ErrorCode::log_failed, result.reason);
}

// Below this a block costs more than its records.
constexpr size_t small_bytes = 4 << 10;

// Whether a block that comes behind the other can be one with it. As the first is small and so is each that joins, what
// they make is bounded by the group.
bool joins(const RecordBlock& first, const RecordBlock& next) {
  return first.topic == next.topic && first.partition == next.partition && first.bytes() <= small_bytes &&
         next.bytes() <= small_bytes;
}

// Blocks of one partition that lie behind each other.
RecordBlock joined(std::span<const RecordBlock> blocks) {
  RecordBlockBuilder builder(blocks.front().topic, blocks.front().partition);
  for (const RecordBlock& block : blocks)
    for (size_t i = 0; i < block.size(); ++i)
      builder.add(block.timestamps[i], block.keys[i], block.values[i],
                  block.headers.empty() ? null_bytes() : block.headers[i]);
  RecordBlock all = builder.build();
  all.sequence = blocks.back().sequence;
  for (const RecordBlock& block : blocks)
    all.offsets.insert(all.offsets.end(), block.offsets.begin(), block.offsets.end());
  return all;
}

class BlockWriter : public LogWriter {
 public:
  BlockWriter(BlockLog& log, std::string id, uint64_t owner) : log_(log), id_(std::move(id)), owner_(owner) {}
  ~BlockWriter() override { log_.finish(); }

  void commit(std::vector<RecordBlock> blocks, CommitDone done) override {
    append(std::move(blocks), AppendKind::prompt, std::move(done));
  }
  void append(std::vector<RecordBlock> blocks, AppendKind kind, CommitDone done) override {
    log_.commit({id_, owner_, std::move(blocks), kind, std::move(done)});
  }

 private:
  BlockLog& log_;
  std::string id_;
  uint64_t owner_;
};

}  // namespace

BlockLog::BlockLog(BlockLogOptions options, std::unique_ptr<LogState> state)
    : options_(std::move(options)),
      state_(std::move(state)),
      queue_([this](std::vector<CommitRequest> requests) { handle(std::move(requests)); }, options_.threaded,
             options_.group_bytes_max),
      maintenance_(options_, *state_, queue_) {
  maintained_ = options_.clock();
  if (!options_.threaded) return;
  maintainer_ = std::thread([this] {
    std::unique_lock lock(ending_mutex_);
    const auto interval = std::chrono::milliseconds(options_.maintenance_interval_ms);
    while (!ending_changed_.wait_for(lock, interval, [this] { return ending_; })) {
      lock.unlock();
      try {
        maintenance_.run();
      } catch (const Error& error) {
        if (options_.report) options_.report(error.message());
      }
      lock.lock();
    }
  });
}

BlockLog::~BlockLog() {
  {
    std::lock_guard lock(ending_mutex_);
    ending_ = true;
  }
  ending_changed_.notify_all();
  if (maintainer_.joinable()) maintainer_.join();
}

TopicDescription BlockLog::create(const TopicSpec& spec) {
  check_topic_spec(spec);
  TopicDescription made;
  queue_.run([&] {
    LogChanges changes;
    {
      std::lock_guard lock(state_->mutex);
      if (state_->topics.find(spec.name)) {
        throw Error(ErrorCode::topic_exists, fmt::format("topic {} exists already", spec.name));
      }
      made = {{state_->topic_next++}, spec.name, spec.partitions, spec.retention};
      changes.sequence = state_->sequence;
    }
    changes.created.push_back(made);
    check_written(state_->store->write(changes));
    std::lock_guard lock(state_->mutex);
    state_->topics.add({made, {}});
  });
  watchers_.call({&made.id, 1});
  return made;
}

void BlockLog::drop(TopicId topic) {
  queue_.run([&] {
    LogChanges changes;
    {
      std::lock_guard lock(state_->mutex);
      changes.dropped.push_back(state_->topics.at(topic).description);
      changes.sequence = state_->sequence;
    }
    check_written(state_->store->write(changes));
    std::lock_guard lock(state_->mutex);
    state_->topics.remove(topic);
  });
  state_->changed.notify_all();
  watchers_.call({&topic, 1});
}

void BlockLog::retain(TopicId topic, const Retention& retention) {
  queue_.run([&] {
    LogChanges changes;
    {
      std::lock_guard lock(state_->mutex);
      changes.created.push_back(state_->topics.at(topic).description);  // which is written over
      changes.created.back().retention = retention;
      changes.sequence = state_->sequence;
    }
    check_written(state_->store->write(changes));
    std::lock_guard lock(state_->mutex);
    state_->topics.at(topic).description.retention = retention;
  });
}

std::optional<TopicDescription> BlockLog::describe(std::string_view name) const {
  std::lock_guard lock(state_->mutex);
  const Topic* topic = state_->topics.find(name);
  return topic ? std::optional(topic->description) : std::nullopt;
}

std::optional<TopicDescription> BlockLog::describe(TopicId id) const {
  std::lock_guard lock(state_->mutex);
  const Topic* topic = state_->topics.find(id);
  return topic ? std::optional(topic->description) : std::nullopt;
}

std::vector<TopicDescription> BlockLog::list() const {
  std::lock_guard lock(state_->mutex);
  std::vector<TopicDescription> all;
  for (const auto& [id, topic] : state_->topics.all()) all.push_back(topic.description);
  return all;
}

Offsets BlockLog::offsets(TopicId topic, int32_t partition) const {
  std::lock_guard lock(state_->mutex);
  const Partition& in = state_->topics.partition(topic, partition);
  if (in.blocks.empty()) return {in.end, in.end};
  return {std::max(in.start, in.blocks.front().first), in.end};
}

int64_t BlockLog::offset_at(TopicId topic, int32_t partition, int64_t time) const {
  int64_t from = 0;
  while (true) {
    int64_t end = 0;
    {
      std::lock_guard lock(state_->mutex);
      const Partition& in = state_->topics.partition(topic, partition);
      auto block = std::find_if(in.find(std::max(from, in.start)), in.blocks.end(),
                                [&](const BlockEntry& entry) { return entry.timestamp_max >= time; });
      if (block == in.blocks.end()) return in.end;
      from = std::max(in.start, block->first);
      end = in.end;
    }
    const auto pieces = load_block(*state_, topic, partition, from, end);
    for (const auto& piece : pieces) {
      for (size_t i = 0; i < piece->size(); ++i) {
        if (piece->offsets[i] >= from && piece->timestamps[i] >= time) return piece->offsets[i];
      }
    }
    // Compacted since the look at the index.
    if (!pieces.empty()) from = pieces.back()->offsets.back() + 1;
  }
}

void BlockLog::trim(TopicId topic, int32_t partition, int64_t offset) {
  std::lock_guard lock(state_->mutex);
  trim_below(*state_, topic, partition, offset);
}

std::shared_ptr<void> BlockLog::watch(Watcher watcher) { return watchers_.add(std::move(watcher)); }

// In the queue's turn: what the previous owner had under way is either visible by now or refused.
std::unique_ptr<LogWriter> BlockLog::open_writer(const std::string& writer_id) {
  uint64_t owner = 0;
  queue_.run([&] {
    std::lock_guard lock(state_->mutex);
    owner = ++state_->writers[writer_id];
  });
  return std::make_unique<BlockWriter>(*this, writer_id, owner);
}

std::unique_ptr<LogReader> BlockLog::open_reader(std::vector<Position> positions) {
  return std::make_unique<BlockReader>(*state_, std::move(positions));
}

int64_t BlockLog::last_sequence() const {
  std::lock_guard lock(state_->mutex);
  return state_->sequence;
}

std::string BlockLog::trouble() const {
  constexpr std::chrono::seconds while_told{5};
  const std::lock_guard lock(state_->mutex);
  const bool lately = !refused_.reason.empty() && std::chrono::steady_clock::now() - refused_.time < while_told;
  return lately ? refused_.reason : "";
}

void BlockLog::maintain() { maintenance_.run(); }

void BlockLog::maintain_when_due() {
  const int64_t now = options_.clock();
  if (options_.threaded || now - maintained_ < options_.maintenance_interval_ms) return;
  maintained_ = now;
  maintenance_.try_run();  // another thread's run may wait for the queue, which is busy here
}

void BlockLog::handle(std::vector<CommitRequest> requests) {
  LogChanges changes;
  std::vector<CommitResult> results;
  results.reserve(requests.size());
  {
    const int64_t now = options_.clock();
    std::lock_guard lock(state_->mutex);
    std::vector<RecordBlock> blocks;
    for (CommitRequest& request : requests) results.push_back(admit(request, blocks, changes));
    add_blocks(std::move(blocks), changes, now);
    take_removals(*state_, changes);
    changes.sequence = state_->sequence_assigned;
  }
  const WriteResult written = changes.empty() ? WriteResult{} : state_->store->write(changes);
  std::vector<TopicId> moved;
  if (written.outcome == WriteResult::Outcome::written) {
    moved = publish(changes);
  } else {
    retract(changes);
    if (written.full) {
      const std::lock_guard lock(state_->mutex);
      refused_ = {written.reason, std::chrono::steady_clock::now()};
    }
    for (CommitResult& result : results) {
      if (result.outcome != CommitOutcome::committed || result.first_offsets.empty()) continue;
      const bool unknown = written.outcome == WriteResult::Outcome::unknown;
      result = {};
      result.outcome = unknown ? CommitOutcome::unknown : CommitOutcome::aborted;
      result.full = written.full;
      result.reason = written.reason;
    }
  }
  watchers_.call(moved);
  for (size_t i = 0; i < requests.size(); ++i) requests[i].done(std::move(results[i]));
  maintain_when_due();
}

CommitResult BlockLog::admit(CommitRequest& request, std::vector<RecordBlock>& admitted, LogChanges& changes) {
  CommitResult result;
  if (state_->writers[request.writer] != request.owner) {
    result.outcome = CommitOutcome::fenced;
    result.reason = fmt::format("another owner opened the writer id {}", request.writer);
    return result;
  }
  auto abort = [&result](const RecordBlock& block, std::string reason) {
    result.outcome = CommitOutcome::aborted;
    result.topic = TopicId{block.topic};
    result.partition = block.partition;
    result.reason = std::move(reason);
    return result;
  };
  for (const RecordBlock& block : request.blocks) {
    const Topic* topic = state_->topics.find(TopicId{block.topic});
    if (!topic) {
      const auto name = state_->topics.dropped_name(TopicId{block.topic});
      return abort(block, name ? fmt::format("topic {} was dropped", *name)
                               : fmt::format("there is no topic with id {}", block.topic));
    }
    if (block.partition < 0 || block.partition >= topic->description.partitions) {
      return abort(block, fmt::format("topic {} has {} partitions, there is no partition {}", topic->description.name,
                                      topic->description.partitions, block.partition));
    }
    for (size_t i = 0; i < block.size(); ++i) {
      const size_t bytes =
          block.keys[i].size() + block.values[i].size() + (block.headers.empty() ? 0 : block.headers[i].size());
      if (bytes <= static_cast<size_t>(options_.record_bytes_max)) continue;
      return abort(block, fmt::format("a record for topic {} has {} bytes, the limit is {}", topic->description.name,
                                      bytes, options_.record_bytes_max));
    }
  }
  result.sequence = state_->sequence_assigned;
  for (RecordBlock& block : request.blocks) {
    Partition& partition = state_->topics.at(TopicId{block.topic}).partitions[static_cast<size_t>(block.partition)];
    result.first_offsets.push_back(partition.assigned);
    if (block.size() == 0) continue;
    block.offsets.resize(block.size());
    std::iota(block.offsets.begin(), block.offsets.end(), partition.assigned);
    partition.assigned += static_cast<int64_t>(block.size());
    if (request.kind != AppendKind::from_reserve) changes.room_needed += stored_bytes(block);
    changes.lasting = true;
    block.sequence = result.sequence = ++state_->sequence_assigned;
    admitted.push_back(std::move(block));
  }
  return result;
}

// Small neighbours are stored as one block.
void BlockLog::add_blocks(std::vector<RecordBlock> blocks, LogChanges& changes, int64_t now) {
  for (size_t begin = 0, end = 0; begin < blocks.size(); begin = end) {
    for (end = begin + 1; end < blocks.size() && joins(blocks[end - 1], blocks[end]);) ++end;
    const std::span run = std::span(blocks).subspan(begin, end - begin);
    add_block(run.size() == 1 ? std::move(run.front()) : joined(run), changes, now);
  }
}

// In pieces where it is large. They share the sequence, which orders blocks of different partitions only.
void BlockLog::add_block(RecordBlock block, LogChanges& changes, int64_t now) {
  auto add = [&](RecordBlock piece) {
    auto shared = std::make_shared<const RecordBlock>(std::move(piece));
    BlockEntry entry = make_entry({shared}, now);
    entry.block = shared;
    changes.added.push_back({TopicId{shared->topic}, shared->partition, std::move(entry), {shared}});
  };
  const auto bytes_max = static_cast<size_t>(options_.block_bytes_max);
  if (block.size() <= options_.block_records_max && block.bytes() <= bytes_max) {
    add(std::move(block));
    return;
  }
  size_t begin = 0;
  size_t bytes = 0;
  for (size_t i = 0; i < block.size(); ++i) {
    const size_t record =
        block.keys[i].size() + block.values[i].size() + (block.headers.empty() ? 0 : block.headers[i].size());
    if (i > begin && (bytes + record > bytes_max || i - begin == options_.block_records_max)) {
      add(block.slice(begin, i));
      begin = i;
      bytes = 0;
    }
    bytes += record;
  }
  add(block.slice(begin, block.size()));
}

std::vector<TopicId> BlockLog::publish(const LogChanges& changes) {
  std::vector<TopicId> moved;
  {
    std::lock_guard lock(state_->mutex);
    for (const NewBlock& block : changes.added) {
      Topic& topic = state_->topics.at(block.topic);
      topic.partitions[static_cast<size_t>(block.partition)].append(block.entry);
      recent_.push_back({{block.topic, block.partition, block.entry.first}, block.entry.bytes});
      recent_bytes_ += block.entry.bytes;
      moved.push_back(block.topic);
    }
    state_->sequence = state_->sequence_assigned;
    forget_old();
  }
  state_->changed.notify_all();
  std::sort(moved.begin(), moved.end());
  moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
  return moved;
}

// Nothing of the changes is there: their offsets and sequences are given again, their removals are tried again.
void BlockLog::retract(const LogChanges& changes) {
  std::lock_guard lock(state_->mutex);
  for (const NewBlock& block : changes.added) {
    Partition& partition = state_->topics.at(block.topic).partitions[static_cast<size_t>(block.partition)];
    partition.assigned = partition.end;
  }
  state_->sequence_assigned = state_->sequence;
  state_->removals.insert(state_->removals.end(), changes.removed.begin(), changes.removed.end());
}

void BlockLog::forget_old() {
  if (options_.cache_bytes == std::numeric_limits<int64_t>::max()) {
    recent_.clear();
    return;
  }
  while (recent_bytes_ > options_.cache_bytes) {
    const auto& [key, bytes] = recent_.front();
    if (Topic* topic = state_->topics.find(key.topic)) {
      Partition& partition = topic->partitions[static_cast<size_t>(key.partition)];
      auto entry = partition.find(key.first);
      if (entry != partition.blocks.end() && entry->first == key.first) entry->block = nullptr;
    }
    recent_bytes_ -= bytes;
    recent_.pop_front();
  }
}

}  // namespace millrace
