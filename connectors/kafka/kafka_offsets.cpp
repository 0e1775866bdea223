#include "connectors/kafka/kafka_offsets.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace millrace {

namespace {

constexpr int64_t tail_records = 64;
constexpr int slice_ms = 100;
// Times that mean places.
constexpr int64_t at_end = -1;  // with read_committed: of what is stable
constexpr int64_t at_beginning = -2;

// Brokers learn of a topic, and of who leads its partitions, one after the other: such answers are asked for again.
template <class F>
rd_kafka_resp_err_t ask(const KafkaLogOptions& options, F&& request) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options.request_ms_max);
  for (;;) {
    const rd_kafka_resp_err_t error = request(kafka_slice(deadline, static_cast<int>(options.request_ms_max)));
    const bool settling =
        error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (!settling || std::chrono::steady_clock::now() >= deadline) return error;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// Ends the consumption of a partition, however it was left.
class Consumption {
 public:
  Consumption(rd_kafka_topic_t* topic, int32_t partition, int64_t from) : topic_(topic), partition_(partition) {
    if (rd_kafka_consume_start(topic, partition, from) != 0)
      throw_kafka_error(rd_kafka_last_error(), fmt::format("reading {}[{}]", rd_kafka_topic_name(topic), partition));
  }
  ~Consumption() { rd_kafka_consume_stop(topic_, partition_); }
  Consumption(const Consumption&) = delete;
  Consumption& operator=(const Consumption&) = delete;

  KafkaMessagePtr next(int wait_ms) { return KafkaMessagePtr(rd_kafka_consume(topic_, partition_, wait_ms)); }

 private:
  rd_kafka_topic_t* topic_;
  int32_t partition_;
};

}  // namespace

int64_t kafka_timestamp(const rd_kafka_message_t& message) {
  const int64_t time = rd_kafka_message_timestamp(&message, nullptr);
  return time == kafka_no_timestamp ? 0 : time;
}

KafkaSettings kafka_consumer_settings() {
  return {{"fetch.wait.max.ms", "100"},
          {"fetch.error.backoff.ms", "100"},
          {"queued.max.messages.kbytes", "8192"},
          {"reconnect.backoff.max.ms", "1000"},
          {"topic.metadata.refresh.interval.ms", kafka_metadata_interval_ms},
          {"client.id", "millrace"}};
}

KafkaSettings kafka_consumer_own_settings() {
  return {{"isolation.level", "read_committed"}, {"check.crcs", "true"},
          {"enable.partition.eof", "true"},      {"auto.offset.reset", "error"},
          {"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"}};
}

KafkaOffsets::KafkaOffsets(const KafkaLogOptions& options)
    : options_(options),
      handle_(RD_KAFKA_CONSUMER, options, kafka_consumer_settings(), kafka_consumer_own_settings()) {}

// Of the first record whose time is not before `time`; -1: none is. Of the two special times, the place of that name.
int64_t KafkaOffsets::ask_offset(const std::string& topic, int32_t partition, int64_t time) const {
  const KafkaPartitionsPtr partitions(rd_kafka_topic_partition_list_new(1));
  auto* entry = rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), partition);
  const auto error = ask(options_, [&](int wait_ms) {
    entry->offset = time;
    const auto whole = rd_kafka_offsets_for_times(handle_, partitions.get(), wait_ms);
    return whole == RD_KAFKA_RESP_ERR_NO_ERROR ? entry->err : whole;
  });
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw_kafka_error(error, fmt::format("the offsets of {}[{}]", topic, partition));
  return entry->offset;
}

// Not by rd_kafka_query_watermark_offsets(), which waits for a broker that is away beyond its time-out.
void KafkaOffsets::watermarks(const std::string& topic, int32_t partition, int64_t& first, int64_t& stable) const {
  stable = ask_offset(topic, partition, at_end);
  first = ask_offset(topic, partition, at_beginning);
}

KafkaOffsets::Scan KafkaOffsets::scan(const std::string& topic, int32_t partition, int64_t from, int64_t to,
                                      const Ends& ends) {
  const auto patience = std::chrono::milliseconds(options_.request_ms_max);
  auto deadline = std::chrono::steady_clock::now() + patience;
  const std::string what = fmt::format("reading {}[{}]", topic, partition);
  Scan scan;
  auto consumption = std::make_unique<Consumption>(handle_.topic(topic), partition, from);
  for (;;) {
    const auto message = consumption->next(kafka_slice(deadline, slice_ms));
    if (!message) {
      if (std::chrono::steady_clock::now() >= deadline) throw_kafka_error(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return scan;
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
      // Retention was quicker: what is left begins further on.
      int64_t first = 0;
      int64_t stable = 0;
      watermarks(topic, partition, first, stable);
      if (first <= from) return scan;
      from = first;
      consumption.reset();
      consumption = std::make_unique<Consumption>(handle_.topic(topic), partition, from);
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) throw_kafka_error(message->err, what);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (message->offset >= to) return scan;
    if (scan.first < 0) scan.first = message->offset;
    scan.last = message->offset;
    if (ends(*message) || scan.last == to - 1) return scan;
    deadline = std::chrono::steady_clock::now() + patience;
  }
}

Offsets KafkaOffsets::find(const std::string& topic, int32_t partition, int64_t committed) {
  const std::lock_guard lock(mutex_);
  int64_t first = 0;
  int64_t stable = 0;
  watermarks(topic, partition, first, stable);
  if (stable < committed) return {first, committed};
  if (first >= stable) return {stable, stable};
  Tail& tail = tails_[{topic, partition}];
  if (tail.stable != stable) {
    // The last record: most often one before the mark at the end.
    int64_t end = -1;
    int64_t to = stable;
    for (int64_t count = tail_records; end < 0 && to > first; count *= 16) {
      const int64_t from = std::max(first, to - count);
      end = scan(topic, partition, from, to, [](const rd_kafka_message_t&) { return false; }).last;
      to = from;
    }
    tail = {stable, end < 0 ? first : end + 1};
  }
  return {std::min(first, std::max(tail.end, first)), std::max(tail.end, first)};
}

void KafkaOffsets::committed(TopicId topic, int32_t partition, int64_t end, uint64_t generation) {
  const std::lock_guard lock(committed_mutex_);
  committed_[{topic.value, partition}] = {end, generation};
}

int64_t KafkaOffsets::committed_end(TopicId topic, int32_t partition, uint64_t generation) {
  const std::lock_guard lock(committed_mutex_);
  const auto found = committed_.find({topic.value, partition});
  return found == committed_.end() || found->second.second != generation ? 0 : found->second.first;
}

int64_t KafkaOffsets::find_time(const std::string& topic, int32_t partition, int64_t time) {
  const int64_t asked = ask_offset(topic, partition, std::max<int64_t>(time, 0));
  const int64_t end = find(topic, partition).end;
  if (asked < 0 || asked >= end) return end;
  // The marks of transactions have the time of their commit, and are found too: the record lies there or behind.
  const std::lock_guard lock(mutex_);
  int64_t found = end;
  scan(topic, partition, asked, end, [&](const rd_kafka_message_t& message) {
    if (kafka_timestamp(message) < time) return false;
    found = message.offset;
    return true;
  });
  return found;
}

bool KafkaOffsets::visible(const std::string& topic, int32_t partition, int64_t offset) {
  const std::lock_guard lock(mutex_);
  int64_t first = 0;
  int64_t stable = 0;
  watermarks(topic, partition, first, stable);
  // Records of an aborted transaction lie below the end too; only reading tells.
  if (offset >= stable || offset < first) return false;
  return scan(topic, partition, offset, offset + 1, [](const rd_kafka_message_t&) { return true; }).first == offset;
}

}  // namespace millrace
