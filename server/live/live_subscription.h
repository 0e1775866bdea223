// One subscriber of a feed: how far it is, and what it gets when it is slow.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "server/live/live_feed.h"
#include "server/live/live_request.h"
#include "server/live/live_sink.h"

namespace millrace {

// Everything is on the lane of its feed, unless it says otherwise.
class LiveSubscription : public std::enable_shared_from_this<LiveSubscription> {
 public:
  using Callback = std::function<void(const std::shared_ptr<LiveSubscription>&)>;
  // `label` begins each of its events, such as "\"id\":\"x\","; may be empty. `reopen` opens it again behind its
  // cursor(), with a feed of its own. `ended` is called once.
  LiveSubscription(LiveRequest request, const std::string& label, std::shared_ptr<LiveSink> sink, Callback reopen,
                   Callback ended);

  const LiveRequest& request() const { return request_; }
  const std::string& cursor() const { return cursor_; }

  // Begins, or goes on, with this feed; false where the feed has ended already.
  bool attach(const std::shared_ptr<LiveFeed>& feed);
  // Instead of a feed: the end.
  void refuse(const Error& error);
  // The client wants no more, and hears no more of it, but an error if there is one. Any thread.
  void cancel(std::optional<Error> error);

  // Sends what is there, as far as the client takes it.
  void deliver();
  // It is time for progress, or for what was conflated.
  void tick();
  // How long until the next tick().
  std::chrono::milliseconds interval() const;

  // The number of the change that it gets next.
  uint64_t position() const { return position_; }
  // Whether it gets the last change of each key, at times or always.
  bool walks() const;
  // Whether it gets each change from its position on.
  bool needs_blocks() const { return phase_ == Phase::following && request_.conflate.count() == 0; }
  bool finished() const { return finished_; }
  std::shared_ptr<LiveFeed> feed() const;

  // Calls it on the lane of this feed, if it still has it then. Any thread.
  void post(const std::shared_ptr<LiveFeed>& feed, void (*what)(LiveSubscription&));

 private:
  enum class Phase {
    snapshot,   // the rows that are there
    following,  // each change
    catching,   // the last change of each key, until there is none
  };

  bool room();
  bool send_walk(LiveSink::Event event);
  bool send_block();
  bool fall_behind();
  void send_change(LiveSink::Event event, const LiveFeed::Change& change);
  void send_members(LiveSink::Event event, const std::string& members);
  void send_progress();
  void caught();
  void finish(const LiveFeed::End& end);
  void finish_cancelled();
  void leave();

  const LiveRequest request_;
  const std::shared_ptr<LiveSink> sink_;
  const Callback reopen_;
  const Callback ended_;
  const std::string begin_;  // of every event
  const std::string snapshot_, insert_, upsert_, gone_;

  mutable std::mutex mutex_;  // for cancel(), which finds the lane
  std::shared_ptr<LiveFeed> feed_;
  bool cancelled_ = false;
  std::optional<Error> why_;  // it was
  bool greeted_ = false;
  bool finished_ = false;
  bool draining_ = false;
  bool due_ = false;  // the time for what is conflated has come
  Phase phase_ = Phase::following;
  uint64_t position_ = 0;
  LiveFeed::BlockPtr held_;     // of which some changes are sent
  uint64_t snapshot_from_ = 0;  // of the snapshot's rows, those that came after it had begun
  std::string cursor_;
  std::chrono::steady_clock::time_point progress_at_{};
};

}  // namespace millrace
