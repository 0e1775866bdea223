// What is fetched of partitions, shared by all who read at the same place.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "connectors/kafka/kafka_handle.h"
#include "runtime/record_block.h"

namespace millrace {

// One partition, fetched from some offset on by one client, and the records that came last. Safe to call from any
// thread.
class KafkaFeed {
 public:
  // `arrived` is called on a thread of librdkafka's when there is something to take; it must not block.
  KafkaFeed(KafkaHandle& handle, const std::string& topic, TopicId id, int32_t partition, int64_t from,
            std::function<void()> arrived);
  ~KafkaFeed();
  KafkaFeed(const KafkaFeed&) = delete;
  KafkaFeed& operator=(const KafkaFeed&) = delete;

  // Whether next(offset) can be answered from here, now or later.
  bool covers(int64_t offset) const;
  struct Next {
    RecordBlockPtr block =
        nullptr;           // its last record is at the offset asked for or behind it; null: nothing has come yet
    int64_t drained = -1;  // nothing came: every record below this offset was given out, as of a moment ago; -1: not so
    bool near_end = false;  // nothing came, and the log ended there as the last records came, but for a mark
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;  // nothing will come from here any more
  };
  Next next(int64_t offset);
  // Stops fetching; from then on it covers nothing.
  void retire();
  std::chrono::steady_clock::time_point last_used() const;

 private:
  void take_arrived();
  RecordBlockPtr make_block(std::vector<KafkaMessagePtr> messages) const;

  rd_kafka_t* handle_;
  rd_kafka_topic_t* topic_;
  const std::string name_;
  const TopicId id_;
  const int32_t partition_;
  std::function<void()> arrived_;
  KafkaQueuePtr queue_;

  mutable std::mutex mutex_;
  std::deque<RecordBlockPtr> window_;
  size_t window_bytes_ = 0;
  int64_t begin_, end_;  // of what is in the window, gaps included
  int64_t drained_ = -1;
  bool near_end_ = false;
  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  bool retired_ = false;
  std::chrono::steady_clock::time_point last_used_ = std::chrono::steady_clock::now();
};

// The feeds of a log, over few clients: a client fetches a partition from one place at a time. Where readers of one
// partition are at more places than there are clients, the feed that was used least recently starts again elsewhere.
// Safe to call from any thread.
class KafkaFeeds {
 public:
  KafkaFeeds(const KafkaLogOptions& options, KafkaCallbacks callbacks, std::function<void(TopicId)> arrived)
      : options_(options), callbacks_(std::move(callbacks)), arrived_(std::move(arrived)) {}

  // `generation`: of the topic; what was fetched of another one is not for this reader.
  std::shared_ptr<KafkaFeed> acquire(const std::string& topic, TopicId id, uint64_t generation, int32_t partition,
                                     int64_t offset);
  // Ends the feeds that nobody has used for a while, and serves the clients' callbacks.
  void sweep();

 private:
  static constexpr size_t clients_max = 4;
  using Feeds = std::array<std::shared_ptr<KafkaFeed>, clients_max>;

  const KafkaLogOptions& options_;
  KafkaCallbacks callbacks_;
  std::function<void(TopicId)> arrived_;
  std::mutex mutex_;
  std::array<std::unique_ptr<KafkaHandle>, clients_max> clients_;  // before the feeds, which use them
  std::map<std::pair<uint64_t, int32_t>, Feeds> feeds_;
  std::map<uint64_t, uint64_t> generations_;  // of the topics that there are feeds of
};

}  // namespace millrace
