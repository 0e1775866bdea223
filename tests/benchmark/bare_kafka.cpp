#include "tests/benchmark/bare_kafka.h"

#include <array>
#include <stdexcept>

#include "connectors/kafka/kafka_offsets.h"

namespace millrace::benchmark {

namespace {

constexpr int patience_ms = 30'000;
constexpr size_t messages_at_once = 1'000;

KafkaLogOptions options_of(const std::string& brokers) {
  KafkaLogOptions options;
  options.brokers = brokers;
  return options;
}

void must(rd_kafka_error_t* error) {
  const KafkaErrorPtr owned(error);
  if (owned) throw std::runtime_error(rd_kafka_error_string(owned.get()));
}

KafkaSettings identity(const std::string& transactional_id) {
  if (transactional_id.empty()) return {{"enable.idempotence", "true"}};
  return {{"transactional.id", transactional_id}};
}

}  // namespace

BareConsumer::BareConsumer(const std::string& brokers, std::string topic, int32_t partitions, Begin begin)
    : options_(options_of(brokers)),
      handle_(RD_KAFKA_CONSUMER, options_, kafka_consumer_settings(), kafka_consumer_own_settings()),
      partitions_(partitions) {
  queue_.reset(rd_kafka_queue_new(handle_));
  for (int32_t p = 0; p < partitions; ++p) {
    int64_t low = 0;
    int64_t high = 0;
    rd_kafka_query_watermark_offsets(handle_, topic.c_str(), p, &low, &high, patience_ms);
    if (rd_kafka_consume_start_queue(handle_.topic(topic), p, begin == Begin::earliest ? low : high, queue_.get()) != 0)
      throw std::runtime_error("cannot read " + topic);
  }
}

BareConsumer::~BareConsumer() { queue_.reset(); }

size_t BareConsumer::take(int wait_ms, const Each& each) {
  std::array<rd_kafka_message_t*, messages_at_once> raw{};
  const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), wait_ms, raw.data(), raw.size());
  for (ssize_t i = 0; i < count; ++i) {
    const KafkaMessagePtr message(raw[static_cast<size_t>(i)]);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ended_;
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error(rd_kafka_message_errstr(message.get()));
    } else {
      each(*message);
    }
  }
  return static_cast<size_t>(std::max<ssize_t>(count, 0));
}

void BareConsumer::read_all(const Each& each) {
  for (ended_ = 0; ended_ < partitions_;) take(100, each);
}

void BareConsumer::read(std::chrono::steady_clock::time_point deadline, const Each& each) {
  // A batch is given back when it is full or the time is over: here each record counts at once.
  while (std::chrono::steady_clock::now() < deadline) {
    const KafkaMessagePtr message(rd_kafka_consume_queue(queue_.get(), kafka_slice(deadline, 100)));
    if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) each(*message);
  }
}

BareProducer::BareProducer(const std::string& brokers, const std::string& transactional_id,
                           const std::string& linger_ms)
    : options_(options_of(brokers)),
      handle_(RD_KAFKA_PRODUCER, options_,
              {{"linger.ms", linger_ms},
               {"queue.buffering.max.messages", "1000000"},
               {"queue.buffering.max.kbytes", "1048576"}},
              identity(transactional_id)) {
  if (!transactional_id.empty()) must(rd_kafka_init_transactions(handle_, patience_ms));
}

void BareProducer::begin() { must(rd_kafka_begin_transaction(handle_)); }

void BareProducer::send(const std::string& topic, int32_t partition, std::string_view value, int64_t timestamp) {
  for (;;) {
    const auto error =
        rd_kafka_producev(handle_, RD_KAFKA_V_RKT(handle_.topic(topic)), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),  // not written to
                          RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) throw std::runtime_error(rd_kafka_err2str(error));
    rd_kafka_poll(handle_, 10);
  }
}

void BareProducer::commit() { must(rd_kafka_commit_transaction(handle_, patience_ms)); }

void BareProducer::flush() {
  if (rd_kafka_flush(handle_, patience_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error("nothing delivered");
}

}  // namespace millrace::benchmark
