#include "connectors/kafka/kafka_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/record_headers.h"

namespace millrace {

namespace {

constexpr int slice_ms = 100;
constexpr int commit_slice_ms = 500;
constexpr unsigned block_bits =
    24;  // of what a message carries: the number of its block, below that of its transaction
constexpr std::chrono::seconds abort_patience{5};

using HeadersPtr = std::unique_ptr<rd_kafka_headers_t, KafkaDeleter<rd_kafka_headers_destroy>>;

// What says nothing about the record it came back with: the cluster is away, or the transaction was given up.
bool transient(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR__STATE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
    case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
    case RD_KAFKA_RESP_ERR_INVALID_TXN_STATE:
      return true;
    default:
      return false;
  }
}

// What is the record's own fault, or its topic's; everything else passes when the cluster is well again.
bool blames_record(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
      return true;
    default:
      return false;
  }
}

// A broker that has just begun says so of topics that are there, too.
bool says_gone(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

bool means_fenced(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__FENCED || error == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         error == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

// Null where the bytes hold none; they were made by encode_record_headers().
HeadersPtr make_headers(Bytes bytes) {
  const auto list = decode_record_headers(bytes);
  if (!list || list->empty()) return nullptr;
  HeadersPtr headers(rd_kafka_headers_new(list->size()));
  for (const RecordHeader& header : *list)
    rd_kafka_header_add(headers.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  return headers;
}

rd_kafka_vu_t variant(rd_kafka_vtype_t type) {
  rd_kafka_vu_t value{};
  value.vtype = type;
  return value;
}

rd_kafka_vu_t memory(rd_kafka_vtype_t type, Bytes bytes) {
  rd_kafka_vu_t value = variant(type);
  value.u.mem.ptr = const_cast<char*>(bytes.data());  // not written to
  value.u.mem.size = bytes.size();
  return value;
}

KafkaSettings standard_settings(const KafkaLogOptions& options) {
  return {{"client.id", "millrace"},
          {"linger.ms", "5"},
          {"message.max.bytes", std::to_string(options.record_bytes_max + kafka_record_overhead)},
          {"queue.buffering.max.messages", "1000000"},
          {"queue.buffering.max.kbytes", "1048576"},
          {"reconnect.backoff.max.ms", "1000"},
          {"topic.metadata.refresh.interval.ms", kafka_metadata_interval_ms},
          {"topic.metadata.propagation.max.ms", "3000"},
          {"transaction.timeout.ms", std::to_string(options.transaction_ms_max * 2)}};
}

}  // namespace

KafkaProducer::KafkaProducer(KafkaParts parts, const std::string& transactional_id, Slice slice)
    : parts_(parts),
      slice_(std::move(slice)),
      handle_(RD_KAFKA_PRODUCER, parts.options, standard_settings(parts.options),
              {{"transactional.id", transactional_id}, {"enable.idempotence", "true"}},
              {.delivered = [this](const rd_kafka_message_t& message) { delivered(message); }, .trouble = nullptr}) {}

bool KafkaProducer::open(TimePoint deadline) {
  for (;;) {
    const KafkaErrorPtr error(rd_kafka_init_transactions(handle_, kafka_slice(deadline, commit_slice_ms)));
    if (!error) return true;
    if (!rd_kafka_error_is_retriable(error.get()) && !transient(rd_kafka_error_code(error.get())))
      throw_kafka_error(rd_kafka_error_code(error.get()), "opening the transactional producer");
    if (!slice_() || std::chrono::steady_clock::now() >= deadline) return false;
  }
}

bool KafkaProducer::fenced() const {
  std::array<char, 256> why{};
  return means_fenced(rd_kafka_fatal_error(handle_, why.data(), why.size()));
}

void KafkaProducer::delivered(const rd_kafka_message_t& message) {
  const auto mark = reinterpret_cast<size_t>(message._private);
  if (mark >> block_bits != number_) return;  // of a transaction that was given up
  const size_t block = mark & ((size_t{1} << block_bits) - 1);
  --outstanding_;
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const auto rank = [](rd_kafka_resp_err_t error) { return blames_record(error) ? 2 : says_gone(error) ? 1 : 0; };
    if (!refused_ || rank(refused_->second) < rank(message.err)) refused_ = {block, message.err};
    return;
  }
  if (offsets_[block] < 0 || message.offset < offsets_[block]) offsets_[block] = message.offset;
}

KafkaOutcome KafkaProducer::commit(const std::vector<const RecordBlock*>& blocks,
                                   const std::function<void()>& produced) {
  const TimePoint deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(parts_.options.transaction_ms_max);
  KafkaOutcome outcome;
  generations_.clear();
  for (const RecordBlock* block : blocks) generations_.push_back(parts_.directory.generation({block->topic}));
  offsets_.assign(blocks.size(), -1);
  outstanding_ = 0;
  ++number_;
  refused_.reset();
  const KafkaErrorPtr error(rd_kafka_begin_transaction(handle_));
  if (error) {
    outcome.kind = fenced() ? KafkaOutcome::Kind::fenced : KafkaOutcome::Kind::aborted;
    outcome.broken = true;
    outcome.reason = rd_kafka_error_string(error.get());
    return outcome;
  }
  if (send(blocks, deadline, outcome) && flush(blocks, deadline, outcome)) {
    if (produced) produced();
    finish(deadline, outcome);
  } else {
    outcome.unanswered = unanswered();  // before the abort answers for the brokers
    abort(outcome, false);
    if (!outcome.guilty) find_guilty(blocks, outcome);
  }
  outcome.offsets = offsets_;
  if (outcome.kind != KafkaOutcome::Kind::committed) return outcome;
  for (size_t b = 0; b < blocks.size(); ++b) {
    const RecordBlock& block = *blocks[b];
    if (block.size() == 0) continue;
    parts_.offsets.committed({block.topic}, block.partition, offsets_[b] + static_cast<int64_t>(block.size()),
                             generations_[b]);
  }
  return outcome;
}

rd_kafka_resp_err_t KafkaProducer::send_record(const RecordBlock& block, size_t i, rd_kafka_topic_t* topic,
                                               size_t block_number) {
  std::array<rd_kafka_vu_t, 7> values;
  values[0] = variant(RD_KAFKA_VTYPE_RKT);
  values[0].u.rkt = topic;
  values[1] = variant(RD_KAFKA_VTYPE_PARTITION);
  values[1].u.i32 = block.partition;
  values[2] = memory(RD_KAFKA_VTYPE_KEY, block.keys[i]);
  values[3] = memory(RD_KAFKA_VTYPE_VALUE, block.values[i]);
  values[4] = variant(RD_KAFKA_VTYPE_TIMESTAMP);
  values[4].u.i64 = block.timestamps[i] == 0 ? kafka_no_timestamp : block.timestamps[i];
  values[5] = variant(RD_KAFKA_VTYPE_OPAQUE);
  values[5].u.ptr = reinterpret_cast<void*>(number_ << block_bits | block_number);
  HeadersPtr headers = block.headers.empty() ? nullptr : make_headers(block.headers[i]);
  values[6] = variant(RD_KAFKA_VTYPE_HEADERS);
  values[6].u.headers = headers.get();
  const KafkaErrorPtr error(rd_kafka_produceva(handle_, values.data(), headers ? 7 : 6));
  if (error) return rd_kafka_error_code(error.get());
  static_cast<void>(headers.release());  // the message has them
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool KafkaProducer::send(const std::vector<const RecordBlock*>& blocks, TimePoint deadline, KafkaOutcome& outcome) {
  for (size_t b = 0; b < blocks.size(); ++b) {
    const RecordBlock& block = *blocks[b];
    if (block.size() == 0) continue;
    rd_kafka_topic_t* topic = handle_.topic(*parts_.directory.name({block.topic}));
    for (size_t i = 0; i < block.size();) {
      const auto error = send_record(block, i, topic, b);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++outstanding_;
        ++i;
        continue;
      }
      if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && std::chrono::steady_clock::now() < deadline && slice_()) {
        rd_kafka_poll(handle_, slice_ms);
        continue;
      }
      if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION && std::chrono::steady_clock::now() < deadline && slice_() &&
          is_new(block)) {
        learn_partitions(topic, deadline);
        continue;
      }
      outcome.reason = rd_kafka_err2str(error);
      if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        outcome.reason = fmt::format("a record of {} bytes is larger than Kafka's limit",
                                     block.keys[i].size() + block.values[i].size());
      if (blames_record(error)) outcome.guilty = b;
      return false;
    }
    rd_kafka_poll(handle_, 0);
  }
  return true;
}

// Whether the topic has got the block's partition since the producer heard of it.
bool KafkaProducer::is_new(const RecordBlock& block) const {
  const auto topic = parts_.directory.find({block.topic});
  return topic && block.partition < topic->partitions;
}

// By itself it would ask after seconds only: see kafka_metadata_interval_ms.
void KafkaProducer::learn_partitions(rd_kafka_topic_t* topic, TimePoint deadline) {
  const struct rd_kafka_metadata* raw = nullptr;
  rd_kafka_metadata(handle_, 0, topic, &raw, kafka_slice(deadline, commit_slice_ms));
  if (raw != nullptr) rd_kafka_metadata_destroy(raw);
  rd_kafka_poll(handle_, slice_ms);
}

bool KafkaProducer::flush(const std::vector<const RecordBlock*>& blocks, TimePoint deadline, KafkaOutcome& outcome) {
  while (outstanding_ > 0) {
    rd_kafka_flush(handle_, kafka_slice(deadline, slice_ms));
    if (refused_) break;
    if (find_guilty(blocks, outcome)) return false;
    if (outstanding_ == 0) break;
    if (!slice_() || std::chrono::steady_clock::now() >= deadline || fenced()) {
      outcome.reason = "the brokers did not take the records in time";
      return false;
    }
  }
  if (!refused_) return !find_guilty(blocks, outcome);
  outcome.reason = fmt::format("Kafka: {}", rd_kafka_err2str(refused_->second));
  if (says_gone(refused_->second)) {
    try {
      parts_.directory.refresh();
    } catch (const Error&) {
      return false;  // away again: the next attempt tells
    }
    find_guilty(blocks, outcome);
  } else if (blames_record(refused_->second)) {
    outcome.guilty = refused_->first;
    const RecordBlock& block = *blocks[refused_->first];
    outcome.reason =
        fmt::format("Kafka refused a record for {}[{}]: {}", parts_.directory.name({block.topic}).value_or("?"),
                    block.partition, rd_kafka_err2str(refused_->second));
  }
  return false;
}

// A topic that is gone, or that was made again, makes the whole transaction fail, and nobody is named.
bool KafkaProducer::find_guilty(const std::vector<const RecordBlock*>& blocks, KafkaOutcome& outcome) const {
  for (size_t b = 0; b < blocks.size(); ++b) {
    const TopicId topic{blocks[b]->topic};
    const std::string name = parts_.directory.name(topic).value_or("?");
    if (!parts_.directory.find(topic)) {
      outcome.reason = fmt::format("topic {} was dropped", name);
    } else if (parts_.directory.generation(topic) != generations_[b]) {
      outcome.reason = fmt::format("topic {} was dropped and made again", name);
    } else {
      // Where this process left the partition: what goes before that goes to a topic that was made again.
      const int64_t end = parts_.offsets.committed_end(topic, blocks[b]->partition, generations_[b]);
      if (offsets_[b] < 0 || offsets_[b] >= end) continue;
      outcome.reason = fmt::format(
          "topic {} was dropped and made again: a record came to offset {} of partition {}, which "
          "ended at {}",
          name, offsets_[b], blocks[b]->partition, end);
      parts_.directory.made_again(topic);
    }
    outcome.guilty = b;
    return true;
  }
  return false;
}

void KafkaProducer::finish(TimePoint deadline, KafkaOutcome& outcome) {
  for (;;) {
    const KafkaErrorPtr error(rd_kafka_commit_transaction(handle_, kafka_slice(deadline, commit_slice_ms)));
    if (!error) return;
    outcome.reason = rd_kafka_error_string(error.get());
    if (rd_kafka_error_txn_requires_abort(error.get())) return abort(outcome, true);
    const bool in_time = std::chrono::steady_clock::now() < deadline;
    if (rd_kafka_error_is_retriable(error.get()) && in_time && slice_()) continue;
    outcome.kind = fenced() ? KafkaOutcome::Kind::fenced : KafkaOutcome::Kind::unsure;
    outcome.broken = true;
    return;
  }
}

bool KafkaProducer::unanswered() const {
  if (outstanding_ > 0) return true;
  return refused_ && refused_->second < RD_KAFKA_RESP_ERR_NO_ERROR;  // an error of the client's own: a time-out, …
}

void KafkaProducer::abort(KafkaOutcome& outcome, bool commit_sent) {
  const TimePoint deadline = std::chrono::steady_clock::now() + abort_patience;
  outcome.kind = KafkaOutcome::Kind::aborted;
  for (;;) {
    const KafkaErrorPtr error(rd_kafka_abort_transaction(handle_, kafka_slice(deadline, commit_slice_ms)));
    if (!error) return;
    if (rd_kafka_error_is_retriable(error.get()) && std::chrono::steady_clock::now() < deadline && slice_() &&
        !outcome.guilty)
      continue;
    break;
  }
  outcome.broken = true;
  if (fenced()) {
    outcome.kind = KafkaOutcome::Kind::fenced;
  } else if (commit_sent) {
    outcome.kind = KafkaOutcome::Kind::unsure;
  }
}

}  // namespace millrace
