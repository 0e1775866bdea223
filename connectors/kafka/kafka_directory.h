// Which topics the cluster has, and what is done to them.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/kafka/kafka_handle.h"

namespace millrace {

// The id of the topic with this name.
TopicId kafka_topic_id(std::string_view name);

// Safe to call from any thread. Calls that ask the cluster wait at most request_ms_max and throw Error{unavailable}.
class KafkaDirectory {
 public:
  KafkaDirectory(KafkaHandle& handle, const KafkaLogOptions& options) : handle_(handle), options_(options) {}

  // Asks the cluster; returns the topics that came, went or have more partitions.
  std::vector<TopicId> refresh();

  // As of now, or a moment ago where the topic was there then.
  std::optional<TopicDescription> find(std::string_view name);
  // As far as known, without asking.
  std::optional<TopicDescription> find(TopicId topic) const;
  std::vector<TopicDescription> list() const;
  // Also of topics that are gone; absent where none of this id was ever seen.
  std::optional<std::string> name(TopicId topic) const;
  // The description with a partition that it has; throws Error{topic_unknown}.
  TopicDescription at(TopicId topic, int32_t partition) const;
  // Raised each time the topic is found to be gone, or to be another one under the same name.
  uint64_t generation(TopicId topic) const;
  // Found by other means: the topic is another one than before.
  void made_again(TopicId topic);

  TopicDescription create(const TopicSpec& spec);
  void drop(TopicId topic);
  void retain(TopicId topic, const Retention& retention);
  // Whether old records of the topic may vanish from between others; asks the cluster.
  bool compacted(TopicId topic);
  // Starts to delete, and does not wait.
  void trim(TopicId topic, int32_t partition, int64_t offset);
  // Takes what became of what was started; returns the first trouble, or nothing.
  std::string take_answers();

 private:
  struct Topic {
    TopicDescription description;
    uint64_t generation = 0;
    bool there = false;
  };

  KafkaAdminOptionsPtr admin_options(rd_kafka_admin_op_t operation) const;
  KafkaEventPtr wait(rd_kafka_queue_t* queue, const std::string& what) const;
  void await(std::string_view name, bool there);

  KafkaHandle& handle_;
  const KafkaLogOptions& options_;
  KafkaQueuePtr answers_{rd_kafka_queue_new(handle_)};
  std::mutex refresh_mutex_;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, Topic> topics_;
  std::chrono::steady_clock::time_point refreshed_{};
};

}  // namespace millrace
