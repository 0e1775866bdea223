// Commits and appends as transactions of one producer.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "connectors/kafka/kafka_ownership.h"
#include "connectors/kafka/kafka_transaction.h"
#include "connectors/watchers.h"

namespace millrace {

// One thread sends what has gathered as one transaction, over at most 64 partitions unless one request alone has more.
//
// A transaction that does not end cleanly is looked after here: the producer is opened again, which decides its fate,
// one of its records is looked for, and where it is not there the requests are sent again. So `unknown` is answered in
// two cases only: an append took longer than append_ms_max, or the writer went before the cluster could be asked.
class KafkaWriter final : public LogWriter {
 public:
  // Claims the id and fences the previous owner. Throws Error{unavailable} and what settings can be wrong about.
  // `trouble` is told what is wrong, and "" when all is well again.
  KafkaWriter(KafkaParts parts, Watchers& watchers, const std::string& id,
              std::function<void(const std::string&)> trouble);
  ~KafkaWriter() override;

  void commit(std::vector<RecordBlock> blocks, CommitDone done) override;
  void append(std::vector<RecordBlock> blocks, AppendKind kind, CommitDone done) override;
  size_t partitions_at_once() const override { return partitions_max; }
  void on_produced(const std::function<void()>& produced) override { produced_ = produced; }
  bool fenced() const override { return fenced_; }

 private:
  static constexpr size_t partitions_max = 64;
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Request {
    std::vector<RecordBlock> blocks;
    CommitDone done;  // empty: answered
    std::optional<TimePoint> deadline;
  };

  void push(Request request);
  void run();
  void gather();
  void send_batch();
  void settle(const KafkaOutcome& outcome, const std::vector<const RecordBlock*>& blocks);
  std::optional<bool> visible(const std::vector<const RecordBlock*>& blocks, const std::vector<int64_t>& offsets);
  void answer_committed(const KafkaOutcome& outcome);
  void answer_guilty(size_t block, const std::string& reason);
  void answer_all(CommitOutcome outcome, const std::string& reason);
  std::string fault(const RecordBlock& block) const;
  bool convict();
  bool open_producer();
  bool lost_ownership();
  void lose();
  void look_for_owner();
  bool slice();
  void expire();
  static void answer(Request& request, CommitResult result);

  KafkaParts parts_;
  Watchers& watchers_;
  const std::string id_;
  std::function<void(const std::string&)> trouble_;
  std::function<void()> produced_;
  KafkaOwnership ownership_;
  std::unique_ptr<KafkaProducer> producer_;  // null: to be opened again

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> queue_;
  bool stopping_ = false;

  std::deque<Request> batch_;  // the thread's: sent, or to be sent next
  std::atomic<bool> fenced_ = false;
  int refusals_ = 0;  // aborts in a row for which nobody was to blame
  TimePoint first_refusal_{};
  std::thread thread_;
};

}  // namespace millrace
