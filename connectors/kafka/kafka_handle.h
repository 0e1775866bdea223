// Owners of what librdkafka's C API gives out.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "connectors/kafka_log.h"
#include "runtime/error.h"

namespace millrace {

template <auto destroy>
struct KafkaDeleter {
  template <class T>
  void operator()(T* object) const {
    destroy(object);
  }
};

using KafkaTopicPtr = std::unique_ptr<rd_kafka_topic_t, KafkaDeleter<rd_kafka_topic_destroy>>;
using KafkaQueuePtr = std::unique_ptr<rd_kafka_queue_t, KafkaDeleter<rd_kafka_queue_destroy>>;
using KafkaEventPtr = std::unique_ptr<rd_kafka_event_t, KafkaDeleter<rd_kafka_event_destroy>>;
using KafkaErrorPtr = std::unique_ptr<rd_kafka_error_t, KafkaDeleter<rd_kafka_error_destroy>>;
using KafkaMessagePtr = std::unique_ptr<rd_kafka_message_t, KafkaDeleter<rd_kafka_message_destroy>>;
using KafkaPartitionsPtr =
    std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaDeleter<rd_kafka_topic_partition_list_destroy>>;
using KafkaAdminOptionsPtr = std::unique_ptr<rd_kafka_AdminOptions_t, KafkaDeleter<rd_kafka_AdminOptions_destroy>>;

// What Kafka counts of a record beside key, value and headers, at most.
inline constexpr int64_t kafka_record_overhead = 1024;

// How often clients ask for the partitions of the topics they use: those that came are neither read nor written before.
inline constexpr const char* kafka_metadata_interval_ms = "5000";

using KafkaSettings = std::map<std::string, std::string>;

// What calls back: on the thread that polls the handle.
struct KafkaCallbacks {
  std::function<void(const rd_kafka_message_t&)> delivered;  // of a producer
  std::function<void(const std::string&)> trouble;           // also on a thread of librdkafka's
};

// One client: its threads and connections. Safe to call from any thread.
class KafkaHandle {
 public:
  // The user's settings go over `standard`, but must not touch `own`. Throws Error{property_unknown},
  // Error{property_invalid}.
  KafkaHandle(rd_kafka_type_t type, const KafkaLogOptions& options, const KafkaSettings& standard, KafkaSettings own,
              KafkaCallbacks callbacks = {});
  // What a producer has not delivered is dropped.
  ~KafkaHandle();
  KafkaHandle(const KafkaHandle&) = delete;
  KafkaHandle& operator=(const KafkaHandle&) = delete;

  rd_kafka_t* get() const { return handle_; }
  operator rd_kafka_t*() const { return handle_; }
  // The topic's object, made at its first use. It belongs to the handle.
  rd_kafka_topic_t* topic(const std::string& name);

 private:
  KafkaCallbacks callbacks_;
  rd_kafka_t* handle_ = nullptr;
  bool producer_;
  std::mutex mutex_;
  std::map<std::string, KafkaTopicPtr> topics_;
};

// "what: the library's words".
[[noreturn]] void throw_kafka_error(rd_kafka_resp_err_t error, const std::string& what);

// Milliseconds from now to the deadline, 0 to `slice_max`.
int kafka_slice(std::chrono::steady_clock::time_point deadline, int slice_max);

}  // namespace millrace
