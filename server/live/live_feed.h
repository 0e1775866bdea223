// A SELECT that is followed, for any number of subscriptions: computed and encoded once.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/lane.h"
#include "server/engine.h"
#include "server/memory_quota.h"

namespace millrace {

class LiveSubscription;

struct LiveLimits {
  size_t buffer_bytes = 8 << 20;     // of changes that are kept for subscribers that are behind
  size_t rows_max = 1'000'000;       // of a table that is followed, and of keys that are conflated
  size_t pending_bytes = 256 << 10;  // that a client has not taken, beyond which it gets nothing more
  // Of all feeds together: blocks of changes, and the last change of every key. Of these each feed may have
  // rows_bytes_free whatever others have.
  std::shared_ptr<MemoryQuota> memory = std::make_shared<MemoryQuota>(256 << 20);
  size_t rows_bytes_free = 64 << 10;

  Error used_up_error() const;
};

// Everything is on its lane.
class LiveFeed : public std::enable_shared_from_this<LiveFeed> {
 public:
  struct Change {
    bool gone = false;                         // the row of its key
    std::shared_ptr<const std::string> event;  // "key":{…},"row":{…},"time":…} with the brace that ends it
  };
  // Changes that came at once; they are numbered on from `first`.
  struct Block {
    uint64_t first = 0;
    std::vector<Change> changes;
    size_t bytes = 0;
    std::string cursor;                  // behind them; empty: none is known
    std::unique_ptr<MemoryShare> share;  // to the end of the last who sends some of them
    uint64_t end() const { return first + changes.size(); }
  };
  using BlockPtr = std::shared_ptr<const Block>;

  // `waits`: it has one subscription, and computes no more than that takes. `whole`: it does not go on from a cursor,
  // whose client has rows of before. `ended`: called once, when nobody can join any more.
  LiveFeed(std::shared_ptr<Lane> lane, std::unique_ptr<ResultStream> result, bool waits, bool whole, LiveLimits limits,
           std::function<void()> ended);
  ~LiveFeed();

  Lane& lane() { return *lane_; }
  const LiveLimits& limits() const { return limits_; }
  const ResultShape& shape() const { return shape_; }
  // "query":…,"schema":[…],"key":[…],…
  const std::string& description() const { return description_; }

  // False: it has ended.
  bool join(const std::shared_ptr<LiveSubscription>& subscription);
  void leave(const std::shared_ptr<LiveSubscription>& subscription);

  // How many changes there were.
  uint64_t number() const { return number_; }
  // The oldest that is kept.
  uint64_t oldest() const { return blocks_.empty() ? number_ : blocks_.front()->first; }
  // The block that holds the change of this number, which is kept; null where it is still to come.
  BlockPtr block_at(uint64_t number) const;
  // The last change of every key whose last change came after the first `number` ones, oldest first; false from `use`
  // ends the walk. Kept for tables, and while a subscription conflates.
  void walk(uint64_t number, const std::function<bool(uint64_t number, const Change& change)>& use) const;
  bool keeps_keys() const { return keeps_keys_; }

  const std::string& cursor() const { return cursor_; }  // behind all changes
  std::optional<int64_t> time() const { return time_; }
  bool caught_up() const { return caught_up_; }  // with what was there when it began

  struct End {
    std::string message;
    std::optional<Error> error;
  };
  const std::optional<End>& ended() const { return end_; }
  // A subscription has gone on: there may be room.
  void taken();
  // Nobody runs its lane any more.
  void abandon();

 private:
  struct Row {
    uint64_t number = 0;
    Change change;
  };

  void schedule();
  void work();
  void take(const Batch& batch, Block& block);
  void keep(std::string key, const Change& change, uint64_t number);
  void evict();
  void forget(std::unordered_map<std::string, Row>::iterator row);
  bool find_room();
  void deliver();
  // At once, also for who has not taken all: what is too much must go.
  void give_up(const Error& error);
  void finish(std::string message, std::optional<Error> error);

  const std::shared_ptr<Lane> lane_;
  std::unique_ptr<ResultStream> result_;
  const bool waits_;
  const bool whole_;
  const LiveLimits limits_;
  std::function<void()> ended_;
  const ResultShape shape_;
  const Schema schema_;
  const std::string description_;

  std::vector<std::shared_ptr<LiveSubscription>> subscriptions_;
  bool scheduled_ = false;
  bool blocked_ = false;  // until something is taken

  uint64_t number_ = 0;
  std::deque<BlockPtr> blocks_;
  size_t bytes_ = 0;
  bool keeps_keys_ = false;
  std::unordered_map<std::string, Row> rows_;  // by key
  size_t rows_bytes_ = 0;
  MemoryShare rows_share_;
  std::map<uint64_t, const std::string*> by_change_;  // the keys of rows_ by the number of their last change
  std::set<uint64_t> passing_;                        // of these, what nobody needs who has come by
  std::string cursor_;
  std::optional<int64_t> time_;
  bool caught_up_ = false;
  std::optional<End> end_;
};

}  // namespace millrace
