#include "connectors/kafka/kafka_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace {

namespace {

constexpr size_t batch_bytes_max = 32 << 20;
constexpr std::chrono::milliseconds pause{100};  // before something that failed is tried again
constexpr std::chrono::seconds open_patience{5};
constexpr int refusals_max = 5;
constexpr std::chrono::seconds refusal_patience{30};
constexpr std::chrono::seconds owner_check{2};  // how often a writer with nothing to do looks for another owner
constexpr const char* stopped = "the server stopped before Kafka could be asked what became of it";
constexpr const char* taken_over = "another server owns the log";

size_t bytes_of(const std::vector<RecordBlock>& blocks) {
  size_t sum = 0;
  for (const RecordBlock& block : blocks) sum += block.bytes();
  return sum;
}

CommitResult refusal(CommitOutcome outcome, const std::string& reason) {
  CommitResult result;
  result.outcome = outcome;
  result.reason = reason;
  return result;
}

CommitResult refusal(TopicId topic, int32_t partition, const std::string& reason) {
  CommitResult result = refusal(CommitOutcome::aborted, reason);
  result.topic = topic;
  result.partition = partition;
  return result;
}

}  // namespace

KafkaWriter::KafkaWriter(KafkaParts parts, Watchers& watchers, const std::string& id,
                         std::function<void(const std::string&)> trouble)
    : parts_(parts), watchers_(watchers), id_(id), trouble_(std::move(trouble)), ownership_(parts, id) {
  ownership_.claim();
  producer_ = std::make_unique<KafkaProducer>(parts_, id_, [this] { return slice(); });
  // The transaction of the one before may be about to end, or must time out.
  const auto patience =
      std::chrono::milliseconds(parts_.options.transaction_ms_max * 2 + parts_.options.request_ms_max);
  if (!producer_->open(std::chrono::steady_clock::now() + patience))
    throw Error(ErrorCode::unavailable, "Kafka: the transactional producer could not be opened in time");
  thread_ = std::thread([this] { run(); });
}

KafkaWriter::~KafkaWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void KafkaWriter::commit(std::vector<RecordBlock> blocks, CommitDone done) {
  push({std::move(blocks), std::move(done), std::nullopt});
}

// Transactions gather what comes meanwhile in any case, and there is no reserve.
void KafkaWriter::append(std::vector<RecordBlock> blocks, AppendKind, CommitDone done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(parts_.options.append_ms_max);
  push({std::move(blocks), std::move(done), deadline});
}

void KafkaWriter::push(Request request) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(request));
  }
  changed_.notify_all();
}

void KafkaWriter::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, owner_check, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) break;
    gather();
    lock.unlock();
    if (batch_.empty()) look_for_owner();
    send_batch();
    lock.lock();
  }
  lock.unlock();
  answer_all(fenced_ ? CommitOutcome::fenced : CommitOutcome::unknown, fenced_ ? taken_over : stopped);
  lock.lock();
  std::swap(queue_, batch_);
  lock.unlock();
  answer_all(fenced_ ? CommitOutcome::fenced : CommitOutcome::aborted, fenced_ ? taken_over : "the server stopped");
}

// What goes into one transaction, in order.
void KafkaWriter::gather() {
  std::set<std::pair<uint64_t, int32_t>> partitions;
  size_t bytes = 0;
  while (!queue_.empty()) {
    std::set<std::pair<uint64_t, int32_t>> more;
    for (const RecordBlock& block : queue_.front().blocks)
      if (block.size() > 0 && !partitions.contains({block.topic, block.partition}))
        more.emplace(block.topic, block.partition);
    if (!batch_.empty() && (partitions.size() + more.size() > partitions_max || bytes > batch_bytes_max)) return;
    partitions.merge(more);
    bytes += bytes_of(queue_.front().blocks);
    batch_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
}

void KafkaWriter::send_batch() {
  for (;;) {
    expire();
    std::erase_if(batch_, [](const Request& request) { return !request.done; });
    if (fenced_) return answer_all(CommitOutcome::fenced, taken_over);
    if (batch_.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    if (convict()) continue;
    std::vector<const RecordBlock*> blocks;
    size_t records = 0;
    for (const Request& request : batch_)
      for (const RecordBlock& block : request.blocks) {
        blocks.push_back(&block);
        records += block.size();
      }
    if (records == 0) {
      KafkaOutcome nothing;
      nothing.offsets.assign(blocks.size(), 0);
      answer_committed(nothing);
      continue;
    }
    if (!producer_ && !open_producer()) continue;
    const bool commits = std::any_of(batch_.begin(), batch_.end(), [](const Request& each) { return !each.deadline; });
    settle(producer_->commit(blocks, commits ? produced_ : nullptr), blocks);
  }
}

void KafkaWriter::settle(const KafkaOutcome& outcome, const std::vector<const RecordBlock*>& blocks) {
  using Kind = KafkaOutcome::Kind;
  if (outcome.broken || outcome.unanswered) producer_.reset();
  if (outcome.kind == Kind::committed) return answer_committed(outcome);
  if (outcome.kind == Kind::fenced && lost_ownership()) return lose();
  if (outcome.guilty) return answer_guilty(*outcome.guilty, outcome.reason);
  if (outcome.kind == Kind::aborted || outcome.kind == Kind::fenced) {
    // A cluster that is away, or busy, is tried again; one that answers and refuses is believed in the end.
    trouble_(outcome.reason);
    const bool cluster_answers = !outcome.broken;
    const auto now = std::chrono::steady_clock::now();
    if (!cluster_answers || refusals_ == 0) first_refusal_ = now;
    if (cluster_answers && ++refusals_ >= refusals_max && now - first_refusal_ >= refusal_patience) {
      refusals_ = 0;
      return answer_all(CommitOutcome::aborted, outcome.reason);
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return stopping_; });
    return;
  }
  trouble_(outcome.reason);
  // Opening the producer again decides the fate of the transaction; then one of its records tells it.
  while (slice()) {
    if (!producer_ && !open_producer()) {
      if (fenced_) return;
      continue;
    }
    if (const auto found = visible(blocks, outcome.offsets)) {
      if (*found) answer_committed(outcome);
      return;
    }
  }
}

std::optional<bool> KafkaWriter::visible(const std::vector<const RecordBlock*>& blocks,
                                         const std::vector<int64_t>& offsets) {
  // The last is the state topic's, which nobody deletes.
  bool asked = false;
  for (size_t b = blocks.size(); b-- > 0;) {
    if (blocks[b]->size() == 0) continue;
    if (offsets[b] < 0) return false;  // a commit is sent when all are delivered
    try {
      const std::string topic = parts_.directory.at({blocks[b]->topic}, blocks[b]->partition).name;
      return parts_.offsets.visible(topic, blocks[b]->partition, offsets[b]);
    } catch (const Error& error) {
      asked = asked || error.code() != ErrorCode::topic_unknown;
    }
  }
  if (!asked) return false;  // every topic is gone, and with it what was to be seen
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, pause, [this] { return stopping_; });
  return std::nullopt;
}

// False: not yet, or the id is lost.
bool KafkaWriter::open_producer() {
  try {
    if (ownership_.lost()) {
      lose();
      return false;
    }
    auto producer = std::make_unique<KafkaProducer>(parts_, id_, [this] { return slice(); });
    if (!producer->open(std::chrono::steady_clock::now() + open_patience)) return false;
    if (ownership_.lost()) {
      lose();
      return false;
    }
    producer_ = std::move(producer);
    return true;
  } catch (const Error& error) {
    trouble_(error.message());
    slice();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return stopping_; });
    return false;
  }
}

// A producer also loses its place when its transaction timed out while this process was frozen.
bool KafkaWriter::lost_ownership() {
  while (slice()) {
    try {
      return ownership_.lost();
    } catch (const Error& error) {
      trouble_(error.message());
    }
  }
  return false;
}

void KafkaWriter::look_for_owner() {
  try {
    if (!fenced_ && ownership_.lost()) lose();
  } catch (const Error& error) {
    trouble_(error.message());
    return;
  }
  if (!fenced_) trouble_("");
}

void KafkaWriter::lose() {
  fenced_ = true;
  producer_.reset();
  answer_all(CommitOutcome::fenced, taken_over);
}

bool KafkaWriter::slice() {
  expire();
  const std::lock_guard lock(mutex_);
  return !stopping_;
}

// Appends that waited too long are given up: unknown where they were sent, else nothing of them will be seen.
void KafkaWriter::expire() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Request> expired;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(queue_, [&](Request& request) {
      if (!request.deadline || *request.deadline > now) return false;
      expired.push_back(std::move(request));
      return true;
    });
  }
  const std::string reason = fmt::format("Kafka did not take it within {} ms", parts_.options.append_ms_max);
  for (Request& request : batch_)
    if (request.done && request.deadline && *request.deadline <= now)
      answer(request, refusal(CommitOutcome::unknown, reason + " and cannot say yet whether it will"));
  for (Request& request : expired) answer(request, refusal(CommitOutcome::aborted, reason));
}

void KafkaWriter::answer(Request& request, CommitResult result) {
  if (!request.done) return;
  const CommitDone done = std::exchange(request.done, nullptr);
  done(std::move(result));
}

void KafkaWriter::answer_committed(const KafkaOutcome& outcome) {
  refusals_ = 0;
  trouble_("");
  std::set<TopicId> topics;
  std::vector<CommitResult> results;
  size_t at = 0;
  for (const Request& request : batch_) {
    CommitResult& result = results.emplace_back();
    for (const RecordBlock& block : request.blocks) {
      if (block.size() > 0) topics.insert({block.topic});
      result.first_offsets.push_back(outcome.offsets[at++]);
    }
  }
  watchers_.call(std::vector<TopicId>(topics.begin(), topics.end()));
  std::deque<Request> answered = std::exchange(batch_, {});
  for (size_t i = 0; i < answered.size(); ++i) answer(answered[i], std::move(results[i]));
}

void KafkaWriter::answer_guilty(size_t block, const std::string& reason) {
  TopicId topic;
  int32_t partition = 0;
  size_t at = 0;
  for (const Request& request : batch_) {
    if (block - at < request.blocks.size()) {
      topic = {request.blocks[block - at].topic};
      partition = request.blocks[block - at].partition;
      break;
    }
    at += request.blocks.size();
  }
  for (Request& request : batch_) {
    const bool touches = std::any_of(request.blocks.begin(), request.blocks.end(), [&](const RecordBlock& each) {
      return each.topic == topic.value && each.partition == partition;
    });
    if (touches) answer(request, refusal(topic, partition, reason));
  }
}

void KafkaWriter::answer_all(CommitOutcome outcome, const std::string& reason) {
  std::deque<Request> answered = std::exchange(batch_, {});
  for (Request& request : answered) answer(request, refusal(outcome, reason));
}

// Why the block cannot be written; empty: nothing is known against it.
std::string KafkaWriter::fault(const RecordBlock& block) const {
  const auto description = parts_.directory.find(TopicId{block.topic});
  if (!description) {
    const auto name = parts_.directory.name({block.topic});
    return name ? fmt::format("topic {} was dropped", *name) : fmt::format("there is no topic with id {}", block.topic);
  }
  if (block.partition < 0 || block.partition >= description->partitions)
    return fmt::format("topic {} has {} partitions, there is no partition {}", description->name,
                       description->partitions, block.partition);
  for (size_t i = 0; i < block.size(); ++i) {
    const auto bytes = static_cast<int64_t>(block.keys[i].size() + block.values[i].size() +
                                            (block.headers.empty() ? 0 : block.headers[i].size()));
    if (bytes > parts_.options.record_bytes_max)
      return fmt::format("a record for topic {} has {} bytes, the limit is {}", description->name, bytes,
                         parts_.options.record_bytes_max);
  }
  return {};
}

// What cannot be written is answered before anything is sent.
bool KafkaWriter::convict() {
  bool any = false;
  for (Request& request : batch_) {
    for (const RecordBlock& block : request.blocks) {
      const std::string reason = fault(block);
      if (reason.empty()) continue;
      answer(request, refusal({block.topic}, block.partition, reason));
      any = true;
      break;
    }
  }
  return any;
}

}  // namespace millrace
