// Reads partitions of topics of a Kafka cluster.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "connectors/kafka/kafka_bell.h"
#include "connectors/kafka/kafka_directory.h"
#include "connectors/kafka/kafka_feed.h"
#include "connectors/kafka/kafka_offsets.h"
#include "runtime/log.h"

namespace millrace {

// What the parts of one log share.
struct KafkaParts {
  const KafkaLogOptions& options;
  KafkaDirectory& directory;
  KafkaOffsets& offsets;
  KafkaFeeds& feeds;
  KafkaBell& bell;
};

// Kafka has no order over partitions. Here the record with the smallest timestamp comes first; each partition keeps its
// own order. A partition from which nothing has come is waited for: until it is known to be at its end, and then up to
// idle_ms_max for who writes to it.
//
// read() never waits for the cluster but up to its deadline; with one in the past it returns what has arrived. Only a
// position that is refused is looked at more closely, which takes up to request_ms_max.
class KafkaReader final : public LogReader {
 public:
  KafkaReader(KafkaParts parts, const std::vector<Position>& positions);

  std::vector<RecordRun> read(size_t bytes, std::chrono::steady_clock::time_point deadline) override;
  bool at_end() override;
  void seek(const Position& position) override;
  void pause(int32_t partition, bool paused) override;
  void wake() override;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Cursor {
    Position position;
    uint64_t generation = 0;  // of the topic, when the position was taken
    bool paused = false;
    bool checked = false;  // the position's last record was found, or none is known
    std::shared_ptr<KafkaFeed> feed;
    RecordBlockPtr block;  // at hand: from `at` on
    size_t at = 0;
    bool drained = false;                 // nothing is at hand, and nothing was in the log
    std::optional<TimePoint> idle_since;  // since when the others wait for it

    int64_t timestamp() const { return block->timestamps[at]; }
  };

  Cursor make_cursor(const Position& position) const;
  std::string name(const Cursor& cursor) const;
  void fill(Cursor& cursor);
  void check_record(Cursor& cursor);
  bool look_closer(Cursor& cursor, const std::function<void()>& look);
  void refuse(Cursor& cursor, rd_kafka_resp_err_t error);
  Error dropped(const Cursor& cursor) const;
  [[noreturn]] void refuse_made_again(const Cursor& cursor) const;
  bool waits_for(Cursor& cursor, TimePoint now);
  bool may_go_on();
  // Returns where it was taken from.
  Cursor& take_run(size_t bytes, std::vector<RecordRun>& runs);

  KafkaParts parts_;
  std::vector<Cursor> cursors_;
  std::atomic<bool> woken_ = false;
};

}  // namespace millrace
