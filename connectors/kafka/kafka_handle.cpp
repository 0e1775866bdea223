#include "connectors/kafka/kafka_handle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace millrace {

namespace {

constexpr int warning_level = 4;  // of syslog
using Configuration = std::unique_ptr<rd_kafka_conf_t, KafkaDeleter<rd_kafka_conf_destroy>>;

void set(rd_kafka_conf_t* configuration, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  switch (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), why.data(), why.size())) {
    case RD_KAFKA_CONF_OK:
      return;
    case RD_KAFKA_CONF_UNKNOWN:
      throw Error(ErrorCode::property_unknown,
                  fmt::format("kafka.{}: librdkafka {} has no such option", name, rd_kafka_version_str()));
    default:
      throw Error(ErrorCode::property_invalid, fmt::format("kafka.{}: {}", name, why.data()));
  }
}

void on_delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  const auto& callbacks = *static_cast<const KafkaCallbacks*>(opaque);
  if (callbacks.delivered) callbacks.delivered(*message);
}

void on_error(rd_kafka_t*, int error, const char* reason, void* opaque) {
  const auto& callbacks = *static_cast<const KafkaCallbacks*>(opaque);
  if (callbacks.trouble && error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    callbacks.trouble(fmt::format("no broker can be reached: {}", reason));
}

void on_log(const rd_kafka_t* handle, int level, const char*, const char* text) {
  const auto& callbacks = *static_cast<const KafkaCallbacks*>(rd_kafka_opaque(handle));
  if (callbacks.trouble && level < warning_level) callbacks.trouble(text);
}

// Whether it says that brokers are away, or are on their way back.
bool passes(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__NODE_UPDATE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
      return true;
    default:
      return false;
  }
}

}  // namespace

KafkaHandle::KafkaHandle(rd_kafka_type_t type, const KafkaLogOptions& options, const KafkaSettings& standard,
                         KafkaSettings own, KafkaCallbacks callbacks)
    : callbacks_(std::move(callbacks)), producer_(type == RD_KAFKA_PRODUCER) {
  Configuration configuration(rd_kafka_conf_new());
  own["bootstrap.servers"] = options.brokers;
  for (const auto& [name, value] : standard) set(configuration.get(), name, value);
  for (const auto& [name, value] : options.settings) {
    if (own.contains(name))
      throw Error(ErrorCode::property_invalid, fmt::format("kafka.{} is set by the server itself; leave it out", name));
    set(configuration.get(), name, value);
  }
  for (const auto& [name, value] : own) set(configuration.get(), name, value);
  rd_kafka_conf_set_opaque(configuration.get(), &callbacks_);
  rd_kafka_conf_set_error_cb(configuration.get(), on_error);
  rd_kafka_conf_set_log_cb(configuration.get(), on_log);
  if (producer_) rd_kafka_conf_set_dr_msg_cb(configuration.get(), on_delivered);
  std::array<char, 512> why{};
  handle_ = rd_kafka_new(type, configuration.get(), why.data(), why.size());
  if (handle_ == nullptr) throw Error(ErrorCode::property_invalid, fmt::format("kafka: {}", why.data()));
  static_cast<void>(configuration.release());  // the handle has it
}

KafkaHandle::~KafkaHandle() {
  topics_.clear();
  if (producer_) rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

rd_kafka_topic_t* KafkaHandle::topic(const std::string& name) {
  const std::lock_guard lock(mutex_);
  KafkaTopicPtr& topic = topics_[name];
  if (!topic) topic.reset(rd_kafka_topic_new(handle_, name.c_str(), nullptr));
  return topic.get();
}

void throw_kafka_error(rd_kafka_resp_err_t error, const std::string& what) {
  throw Error(passes(error) ? ErrorCode::unavailable : ErrorCode::log_failed,
              fmt::format("Kafka: {}: {}", what, rd_kafka_err2str(error)));
}

int kafka_slice(std::chrono::steady_clock::time_point deadline, int slice_max) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, slice_max));
}

}  // namespace millrace
