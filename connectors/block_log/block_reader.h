// Reads a log of blocks, several partitions in the order of the log.
#pragma once

#include <deque>
#include <vector>

#include "connectors/block_log/log_state.h"

namespace millrace {

class BlockReader : public LogReader {
 public:
  BlockReader(LogState& state, const std::vector<Position>& positions);

  std::vector<RecordRun> read(size_t bytes, std::chrono::steady_clock::time_point deadline) override;
  void seek(const Position& position) override;
  void pause(int32_t partition, bool paused) override;
  void wake() override;

 private:
  struct Slot {
    Position position;
    bool paused = false;
    bool checked = false;           // the record last used is the one in the log
    int64_t limit = 0;              // read up to here in this call
    std::deque<RecordRun> pending;  // loaded and not yet returned, from position.next on
  };
  // Of a slot: the sequence of what it gives next, or less.
  struct Head {
    int64_t sequence;
    size_t slot;
    bool operator>(const Head& other) const {
      return sequence != other.sequence ? sequence > other.sequence : slot > other.slot;
    }
  };

  void check_last(Slot& slot);
  std::vector<Head> heads();
  bool add_head(std::vector<Head>& heads, size_t slot) const;
  void fill(Slot& slot);
  void collect(std::vector<Head> heads, size_t bytes, std::vector<RecordRun>& out);

  LogState& state_;
  std::vector<Slot> slots_;
  bool woken_ = false;  // under the state's mutex
};

}  // namespace millrace
