// One transactional producer, and one transaction at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_reader.h"

namespace millrace {

struct KafkaOutcome {
  enum class Kind {
    committed,
    aborted,  // nothing of it is visible
    unsure,   // the commit was sent; whether it happened is to be found out after the producer was opened again
    fenced,   // the producer lost its place; whether to another owner is to be found out
  };
  Kind kind = Kind::committed;
  bool broken = false;           // the producer cannot be used any more
  bool unanswered = false;       // aborted, and no broker said what became of some records: see KafkaProducer
  std::vector<int64_t> offsets;  // of the first record of each block; -1: none was delivered
  std::optional<size_t> guilty;  // aborted: the block to blame, if one is
  std::string reason;
};

// An aborted transaction of which records were unanswered is the producer's last. The client library numbers the next
// records as it numbered those, and a broker that has those takes the next ones for the same: it answers that all is
// well and drops them. A producer that is opened again has a new epoch, and its numbers are its own.
//
// Used by one thread. Waits in slices, and calls `slice` in each; it returns false to give up.
class KafkaProducer {
 public:
  using Slice = std::function<bool()>;

  KafkaProducer(KafkaParts parts, const std::string& transactional_id, Slice slice);

  // Fences the previous owner of the id, and waits until the fate of its transaction is decided. False: gave up, or the
  // deadline passed. Throws Error where it can never succeed.
  bool open(std::chrono::steady_clock::time_point deadline);
  // The blocks stay where they are until the producer goes or the next transaction begins. `produced`, if there is one,
  // is called when all is delivered, before the transaction's end is sent.
  KafkaOutcome commit(const std::vector<const RecordBlock*>& blocks, const std::function<void()>& produced);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  void delivered(const rd_kafka_message_t& message);
  bool send(const std::vector<const RecordBlock*>& blocks, TimePoint deadline, KafkaOutcome& outcome);
  rd_kafka_resp_err_t send_record(const RecordBlock& block, size_t i, rd_kafka_topic_t* topic, size_t block_number);
  bool is_new(const RecordBlock& block) const;
  void learn_partitions(rd_kafka_topic_t* topic, TimePoint deadline);
  bool flush(const std::vector<const RecordBlock*>& blocks, TimePoint deadline, KafkaOutcome& outcome);
  bool find_guilty(const std::vector<const RecordBlock*>& blocks, KafkaOutcome& outcome) const;
  void finish(TimePoint deadline, KafkaOutcome& outcome);
  void abort(KafkaOutcome& outcome, bool commit_sent);
  bool unanswered() const;
  bool fenced() const;

  KafkaParts parts_;
  Slice slice_;
  KafkaHandle handle_;
  // Of the transaction at work.
  size_t number_ = 0;
  std::vector<uint64_t> generations_;
  std::vector<int64_t> offsets_;
  size_t outstanding_ = 0;
  std::optional<std::pair<size_t, rd_kafka_resp_err_t>> refused_;
};

}  // namespace millrace
