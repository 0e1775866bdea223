#include "connectors/kafka/kafka_progress.h"

#include "connectors/kafka/kafka_offsets.h"

namespace millrace {

namespace {

constexpr int slice_ms = 100;
constexpr std::chrono::seconds pause{1};  // before what failed is tried again

KafkaSettings own_settings(const std::string& group, const KafkaLogOptions& options) {
  KafkaSettings settings = kafka_consumer_own_settings();
  settings["group.id"] = group;
  // No member of the group is meant: it is also how long what is stored waits for the group's coordinator, and a client
  // that goes waits for that.
  settings["session.timeout.ms"] = std::to_string(options.request_ms_max);
  settings["heartbeat.interval.ms"] = std::to_string(options.request_ms_max / 3);
  return settings;
}

}  // namespace

KafkaProgress::KafkaProgress(const KafkaLogOptions& options, const KafkaDirectory& directory)
    : options_(options), directory_(directory), thread_([this] { run(); }) {}

KafkaProgress::~KafkaProgress() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void KafkaProgress::show(const std::string& group, std::span<const Position> positions) {
  {
    const std::lock_guard lock(mutex_);
    waiting_[group].assign(positions.begin(), positions.end());
  }
  changed_.notify_all();
}

bool KafkaProgress::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void KafkaProgress::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    auto next = waiting_.extract(waiting_.begin());
    lock.unlock();
    bool stored = false;
    try {
      store(next.key(), next.mapped());
      stored = true;
      reported_.clear();
    } catch (const Error& error) {
      // That the cluster is away is said by others.
      const bool news = error.code() != ErrorCode::unavailable && error.message() != reported_;
      if (news && options_.report) options_.report(error.message());
      if (news) reported_ = error.message();
    }
    lock.lock();
    if (stored) continue;
    waiting_.insert(std::move(next));  // not where something newer waits
    changed_.wait_for(lock, pause, [this] { return stopping_; });
  }
}

void KafkaProgress::store(const std::string& group, const std::vector<Position>& positions) {
  const KafkaPartitionsPtr partitions(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const Position& position : positions) {
    const auto topic = directory_.find(position.topic);
    if (!topic) return;  // dropped
    rd_kafka_topic_partition_list_add(partitions.get(), topic->name.c_str(), position.partition)->offset =
        position.next;
  }
  const std::string what = "showing the progress of group " + group;
  KafkaHandle client(RD_KAFKA_CONSUMER, options_, kafka_consumer_settings(), own_settings(group, options_));
  const KafkaQueuePtr answers(rd_kafka_queue_new(client));
  const auto refused = rd_kafka_commit_queue(client, partitions.get(), answers.get(), nullptr, nullptr);
  if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) throw_kafka_error(refused, what);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.request_ms_max);
  while (!stopping()) {
    const KafkaEventPtr event(rd_kafka_queue_poll(answers.get(), kafka_slice(deadline, slice_ms)));
    if (event) {
      if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw_kafka_error(error, what);
      return;
    }
    if (std::chrono::steady_clock::now() >= deadline) throw_kafka_error(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
  }
}

}  // namespace millrace
