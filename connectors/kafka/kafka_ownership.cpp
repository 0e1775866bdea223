#include "connectors/kafka/kafka_ownership.h"

namespace millrace {

KafkaOwnership::KafkaOwnership(KafkaParts parts, const std::string& writer_id)
    : parts_(parts), topic_("_" + writer_id + "_owner") {}

void KafkaOwnership::claim() {
  if (!parts_.directory.find(topic_)) {
    try {
      parts_.directory.create({.name = topic_, .partitions = 1, .retention = {}});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::topic_exists) throw;  // another claims it at the same time
      parts_.directory.refresh();
    }
  }
  rd_kafka_resp_err_t outcome = RD_KAFKA_RESP_ERR__TIMED_OUT;
  {
    KafkaHandle producer(RD_KAFKA_PRODUCER, parts_.options, {{"linger.ms", "0"}}, {{"enable.idempotence", "true"}},
                         {.delivered =
                              [&](const rd_kafka_message_t& message) {
                                outcome = message.err;
                                offset_ = message.offset;
                              },
                          .trouble = nullptr});
    static constexpr std::string_view claim = R"({"version":1})";
    if (rd_kafka_produce(producer.topic(topic_), 0, RD_KAFKA_MSG_F_COPY,
                         const_cast<char*>(claim.data()),  // not written to
                         claim.size(), nullptr, 0, nullptr) != 0)
      throw_kafka_error(rd_kafka_last_error(), "claiming " + topic_);
    rd_kafka_flush(producer, static_cast<int>(parts_.options.request_ms_max));
  }
  if (outcome != RD_KAFKA_RESP_ERR_NO_ERROR) throw_kafka_error(outcome, "claiming " + topic_);
}

bool KafkaOwnership::lost() const { return parts_.offsets.find(topic_, 0).end > offset_ + 1; }

}  // namespace millrace
