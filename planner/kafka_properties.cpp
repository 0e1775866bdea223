#include "planner/kafka_properties.h"

#include <algorithm>
#include <array>

namespace millrace {

namespace {

constexpr std::array prefixes = {"ksql.streams.",    "main.consumer.", "restore.consumer.",
                                 "global.consumer.", "consumer.",      "producer.",
                                 "admin.",           "topic."};

constexpr std::array<std::string_view, 104> names = {
    // Of Kafka Streams.
    "acceptable.recovery.lag", "application.id", "application.server", "bootstrap.servers",
    "buffered.records.per.partition", "built.in.metrics.version", "client.id", "commit.interval.ms",
    "connections.max.idle.ms", "default.client.supplier", "default.deserialization.exception.handler",
    "default.dsl.store", "default.key.serde", "default.production.exception.handler", "default.timestamp.extractor",
    "default.value.serde", "deserialization.exception.handler", "dsl.store.suppliers.class",
    "ensure.explicit.internal.resource.naming", "log.summary.interval.ms", "max.task.idle.ms", "max.warmup.replicas",
    "metadata.max.age.ms", "metadata.recovery.strategy", "metric.reporters", "metrics.num.samples",
    "metrics.recording.level", "metrics.sample.window.ms", "num.standby.replicas", "num.stream.threads", "poll.ms",
    "probing.rebalance.interval.ms", "processing.exception.handler", "processing.guarantee",
    "production.exception.handler", "rack.aware.assignment.non_overlap_cost", "rack.aware.assignment.strategy",
    "rack.aware.assignment.tags", "rack.aware.assignment.traffic_cost", "receive.buffer.bytes",
    "reconnect.backoff.max.ms", "reconnect.backoff.ms", "repartition.purge.interval.ms", "replication.factor",
    "request.timeout.ms", "retries", "retry.backoff.max.ms", "retry.backoff.ms", "rocksdb.config.setter",
    "security.protocol", "send.buffer.bytes", "state.cleanup.delay.ms", "state.dir", "statestore.cache.max.bytes",
    "task.assignor.class", "task.timeout.ms", "topology.optimization", "upgrade.from", "window.size.ms",
    "windowed.inner.class.serde", "windowstore.changelog.additional.retention.ms",
    // Of consumers.
    "allow.auto.create.topics", "auto.commit.interval.ms", "check.crcs", "client.dns.lookup", "client.rack",
    "default.api.timeout.ms", "enable.auto.commit", "exclude.internal.topics", "fetch.max.bytes", "fetch.max.wait.ms",
    "fetch.min.bytes", "group.id", "group.instance.id", "group.protocol", "heartbeat.interval.ms",
    "interceptor.classes", "isolation.level", "key.deserializer", "max.partition.fetch.bytes", "max.poll.interval.ms",
    "max.poll.records", "partition.assignment.strategy", "session.timeout.ms", "value.deserializer",
    // Of producers.
    "acks", "batch.size", "buffer.memory", "compression.type", "delivery.timeout.ms", "enable.idempotence",
    "enable.metrics.push", "key.serializer", "linger.ms", "max.block.ms", "max.in.flight.requests.per.connection",
    "max.request.size", "metadata.max.idle.ms", "partitioner.class", "transaction.timeout.ms", "transactional.id",
    "value.serializer",
    // Of topics.
    "cleanup.policy", "retention.ms"};

}  // namespace

bool is_kafka_property(std::string_view name) {
  const auto is_named = [](std::string_view plain) {
    return std::find(names.begin(), names.end(), plain) != names.end();
  };
  if (name.starts_with("ksql.") || is_named(name)) return true;
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
    return name.starts_with(prefix) && is_named(name.substr(prefix.size()));
  });
}

}  // namespace millrace
