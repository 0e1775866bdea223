#include "connectors/kafka/kafka_directory.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <thread>

#include "connectors/topic_spec.h"

namespace millrace {

namespace {

constexpr std::chrono::milliseconds fresh{500};
constexpr size_t error_bytes = 512;
constexpr std::string_view internal_prefix = "__";  // Kafka's own topics

using MetadataPtr = std::unique_ptr<const struct rd_kafka_metadata, KafkaDeleter<rd_kafka_metadata_destroy>>;
using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, KafkaDeleter<rd_kafka_NewTopic_destroy>>;
using DeleteTopicPtr = std::unique_ptr<rd_kafka_DeleteTopic_t, KafkaDeleter<rd_kafka_DeleteTopic_destroy>>;
using DeleteRecordsPtr = std::unique_ptr<rd_kafka_DeleteRecords_t, KafkaDeleter<rd_kafka_DeleteRecords_destroy>>;
using ConfigResourcePtr = std::unique_ptr<rd_kafka_ConfigResource_t, KafkaDeleter<rd_kafka_ConfigResource_destroy>>;

KafkaSettings topic_settings(const TopicSpec& spec, const KafkaLogOptions& options) {
  const Retention& retention = spec.retention;
  return {{"cleanup.policy", retention.compact ? "compact" : "delete"},
          {"retention.ms", std::to_string(retention.milliseconds.value_or(-1))},
          {"retention.bytes", std::to_string(retention.bytes.value_or(-1))},
          {"delete.retention.ms", std::to_string(retention.tombstone_milliseconds)},
          {"message.timestamp.type", "CreateTime"},
          {"max.message.bytes", std::to_string(options.record_bytes_max + kafka_record_overhead)}};
}

std::string partition_name(const std::string& topic, int32_t partition) {
  return fmt::format("{}[{}]", topic, partition);
}

}  // namespace

TopicId kafka_topic_id(std::string_view name) { return {XXH3_64bits(name.data(), name.size())}; }

std::vector<TopicId> KafkaDirectory::refresh() {
  const std::lock_guard refreshing(refresh_mutex_);
  const struct rd_kafka_metadata* raw = nullptr;
  const auto error = rd_kafka_metadata(handle_, 1, nullptr, &raw, static_cast<int>(options_.request_ms_max));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw_kafka_error(error, "the list of topics");
  const MetadataPtr metadata(raw);
  std::unordered_map<uint64_t, TopicDescription> found;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = metadata->topics[i];
    const std::string_view name(topic.topic);
    const bool led = std::all_of(topic.partitions, topic.partitions + topic.partition_cnt,
                                 [](const rd_kafka_metadata_partition& partition) { return partition.leader >= 0; });
    if (name.starts_with(internal_prefix) || topic.partition_cnt == 0) continue;
    if (!led && !find(kafka_topic_id(name))) continue;  // being made
    const TopicId id = kafka_topic_id(name);
    found[id.value] = {id, std::string(name), topic.partition_cnt, {}};
  }
  std::vector<TopicId> changed;
  const std::lock_guard lock(mutex_);
  for (auto& [id, topic] : topics_) {
    if (!topic.there || found.contains(id)) continue;
    topic.there = false;
    ++topic.generation;
    changed.push_back({id});
  }
  for (auto& [id, description] : found) {
    Topic& topic = topics_[id];
    if (topic.there && topic.description.partitions == description.partitions) continue;
    if (topic.there) description.retention = topic.description.retention;
    topic.description = std::move(description);
    topic.there = true;
    changed.push_back({id});
  }
  refreshed_ = std::chrono::steady_clock::now();
  return changed;
}

std::optional<TopicDescription> KafkaDirectory::find(std::string_view name) {
  const TopicId id = kafka_topic_id(name);
  {
    const std::lock_guard lock(mutex_);
    const auto at = topics_.find(id.value);
    if (at != topics_.end() && at->second.there && std::chrono::steady_clock::now() - refreshed_ < fresh)
      return at->second.description;
  }
  refresh();
  return find(id);
}

std::optional<TopicDescription> KafkaDirectory::find(TopicId topic) const {
  const std::lock_guard lock(mutex_);
  const auto at = topics_.find(topic.value);
  if (at == topics_.end() || !at->second.there) return std::nullopt;
  return at->second.description;
}

std::vector<TopicDescription> KafkaDirectory::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<TopicDescription> all;
  for (const auto& [id, topic] : topics_)
    if (topic.there) all.push_back(topic.description);
  return all;
}

std::optional<std::string> KafkaDirectory::name(TopicId topic) const {
  const std::lock_guard lock(mutex_);
  const auto at = topics_.find(topic.value);
  return at == topics_.end() ? std::nullopt : std::optional(at->second.description.name);
}

TopicDescription KafkaDirectory::at(TopicId topic, int32_t partition) const {
  auto description = find(topic);
  if (!description) throw Error(ErrorCode::topic_unknown, fmt::format("there is no topic with id {}", topic.value));
  if (partition < 0 || partition >= description->partitions)
    throw Error(ErrorCode::topic_unknown, fmt::format("topic {} has {} partitions, there is no partition {}",
                                                      description->name, description->partitions, partition));
  return *std::move(description);
}

uint64_t KafkaDirectory::generation(TopicId topic) const {
  const std::lock_guard lock(mutex_);
  const auto at = topics_.find(topic.value);
  return at == topics_.end() ? 0 : at->second.generation;
}

void KafkaDirectory::made_again(TopicId topic) {
  const std::lock_guard lock(mutex_);
  ++topics_[topic.value].generation;
}

KafkaAdminOptionsPtr KafkaDirectory::admin_options(rd_kafka_admin_op_t operation) const {
  KafkaAdminOptionsPtr options(rd_kafka_AdminOptions_new(handle_, operation));
  std::array<char, error_bytes> why{};
  const int timeout = static_cast<int>(options_.request_ms_max);
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, why.data(), why.size());
  return options;
}

KafkaEventPtr KafkaDirectory::wait(rd_kafka_queue_t* queue, const std::string& what) const {
  // The request's own time-out comes first.
  KafkaEventPtr event(rd_kafka_queue_poll(queue, static_cast<int>(options_.request_ms_max) + 1'000));
  if (!event) throw_kafka_error(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
  if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw_kafka_error(error, what);
  return event;
}

// Brokers learn of topics one after the other.
void KafkaDirectory::await(std::string_view name, bool there) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.request_ms_max);
  for (;;) {
    refresh();
    if (find(kafka_topic_id(name)).has_value() == there) return;
    if (std::chrono::steady_clock::now() >= deadline)
      throw Error(ErrorCode::unavailable,
                  fmt::format("Kafka: topic {} is {} but the brokers do not say so", name, there ? "made" : "deleted"));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TopicDescription KafkaDirectory::create(const TopicSpec& spec) {
  check_topic_spec(spec);
  std::array<char, error_bytes> why{};
  const NewTopicPtr topic(
      rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, options_.replication, why.data(), why.size()));
  if (!topic) throw Error(ErrorCode::value_invalid, fmt::format("topic {}: {}", spec.name, why.data()));
  for (const auto& [name, value] : topic_settings(spec, options_))
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  const auto options = admin_options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  const KafkaQueuePtr queue(rd_kafka_queue_new(handle_));
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  rd_kafka_CreateTopics(handle_, topics, 1, options.get(), queue.get());
  const std::string what = "making topic " + spec.name;
  const auto event = wait(queue.get(), what);
  size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  const auto error = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__FAIL;
  if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    throw Error(ErrorCode::topic_exists, fmt::format("topic {} exists already", spec.name));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* text = count == 1 ? rd_kafka_topic_result_error_string(results[0]) : nullptr;
    throw Error(ErrorCode::log_failed,
                fmt::format("Kafka: {}: {}", what, text != nullptr ? text : rd_kafka_err2str(error)));
  }
  await(spec.name, true);
  const std::lock_guard lock(mutex_);
  Topic& made = topics_[kafka_topic_id(spec.name).value];
  made.description.retention = spec.retention;
  return made.description;
}

void KafkaDirectory::drop(TopicId id) {
  const std::string name = at(id, 0).name;
  const DeleteTopicPtr topic(rd_kafka_DeleteTopic_new(name.c_str()));
  const auto options = admin_options(RD_KAFKA_ADMIN_OP_DELETETOPICS);
  const KafkaQueuePtr queue(rd_kafka_queue_new(handle_));
  rd_kafka_DeleteTopic_t* topics[] = {topic.get()};
  rd_kafka_DeleteTopics(handle_, topics, 1, options.get(), queue.get());
  const std::string what = "deleting topic " + name;
  const auto event = wait(queue.get(), what);
  size_t count = 0;
  const auto* results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  const auto error = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__FAIL;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    throw_kafka_error(error, what);
  await(name, false);
}

void KafkaDirectory::retain(TopicId topic, const Retention& retention) {
  const TopicDescription description = at(topic, 0);
  const ConfigResourcePtr resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, description.name.c_str()));
  // What is not said here goes back to the brokers' default.
  for (const auto& [name, value] : topic_settings({description.name, description.partitions, retention}, options_))
    rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value.c_str());
  const auto options = admin_options(RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
  const KafkaQueuePtr queue(rd_kafka_queue_new(handle_));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_AlterConfigs(handle_, resources, 1, options.get(), queue.get());
  const std::string what = "the retention of topic " + description.name;
  const auto event = wait(queue.get(), what);
  size_t count = 0;
  const auto* results = rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.get()), &count);
  const auto error = count == 1 ? rd_kafka_ConfigResource_error(results[0]) : RD_KAFKA_RESP_ERR__FAIL;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw_kafka_error(error, what);
  const std::lock_guard lock(mutex_);
  topics_[topic.value].description.retention = retention;
}

bool KafkaDirectory::compacted(TopicId topic) {
  const std::string name = at(topic, 0).name;
  const ConfigResourcePtr resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  const auto options = admin_options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  const KafkaQueuePtr queue(rd_kafka_queue_new(handle_));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_DescribeConfigs(handle_, resources, 1, options.get(), queue.get());
  const auto event = wait(queue.get(), "the settings of topic " + name);
  size_t count = 0;
  const auto* results =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count == 0) return false;
  size_t entries = 0;
  const auto* configs = rd_kafka_ConfigResource_configs(results[0], &entries);
  return std::any_of(configs, configs + entries, [](const rd_kafka_ConfigEntry_t* entry) {
    const char* value = rd_kafka_ConfigEntry_value(entry);
    return std::string_view(rd_kafka_ConfigEntry_name(entry)) == "cleanup.policy" && value != nullptr &&
           std::string_view(value).find("compact") != std::string_view::npos;
  });
}

void KafkaDirectory::trim(TopicId topic, int32_t partition, int64_t offset) {
  const std::string name = at(topic, partition).name;
  const KafkaPartitionsPtr partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), name.c_str(), partition)->offset = offset;
  const DeleteRecordsPtr records(rd_kafka_DeleteRecords_new(partitions.get()));
  const auto options = admin_options(RD_KAFKA_ADMIN_OP_DELETERECORDS);
  rd_kafka_DeleteRecords_t* all[] = {records.get()};
  rd_kafka_DeleteRecords(handle_, all, 1, options.get(), answers_.get());
}

std::string KafkaDirectory::take_answers() {
  std::string trouble;
  while (const KafkaEventPtr event{rd_kafka_queue_poll(answers_.get(), 0)}) {
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR && trouble.empty())
      trouble =
          fmt::format("Kafka: {}: {}", rd_kafka_event_name(event.get()), rd_kafka_event_error_string(event.get()));
    const auto* deleted = rd_kafka_event_DeleteRecords_result(event.get());
    if (deleted == nullptr) continue;
    const auto* partitions = rd_kafka_DeleteRecords_result_offsets(deleted);
    for (int i = 0; i < partitions->cnt; ++i) {
      const auto& partition = partitions->elems[i];
      // Records that are gone already need no deletion.
      if (partition.err == RD_KAFKA_RESP_ERR_NO_ERROR || partition.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
        continue;
      if (trouble.empty())
        trouble = fmt::format("Kafka: deleting old records of {}: {}",
                              partition_name(partition.topic, partition.partition), rd_kafka_err2str(partition.err));
    }
  }
  return trouble;
}

}  // namespace millrace
