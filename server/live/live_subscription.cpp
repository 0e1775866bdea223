#include "server/live/live_subscription.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/error_answer.h"

namespace millrace {

namespace {

using Event = LiveSink::Event;

constexpr size_t changes_at_once = 256;  // before the client's connection is looked at again

}  // namespace

LiveSubscription::LiveSubscription(LiveRequest request, const std::string& label, std::shared_ptr<LiveSink> sink,
                                   Callback reopen, Callback ended)
    : request_(std::move(request)),
      sink_(std::move(sink)),
      reopen_(std::move(reopen)),
      ended_(std::move(ended)),
      begin_("{" + label),
      snapshot_(begin_ + R"("type":"snapshot",)"),
      insert_(begin_ + R"("type":"change","op":"insert",)"),
      upsert_(begin_ + R"("type":"change","op":"upsert",)"),
      gone_(begin_ + R"("type":"change","op":"delete",)"),
      cursor_(request_.cursor.value_or("")) {}

std::shared_ptr<LiveFeed> LiveSubscription::feed() const {
  const std::lock_guard lock(mutex_);
  return feed_;
}

bool LiveSubscription::walks() const {
  return phase_ != Phase::following || request_.conflate.count() > 0 || request_.slow == SlowPolicy::conflate;
}

std::chrono::milliseconds LiveSubscription::interval() const {
  return request_.conflate.count() > 0 ? std::min(request_.conflate, request_.progress) : request_.progress;
}

bool LiveSubscription::attach(const std::shared_ptr<LiveFeed>& feed) {
  if (finished_) return true;
  {
    const std::lock_guard lock(mutex_);
    feed_ = feed;
  }
  draining_ = false;
  held_ = nullptr;
  const bool resumed = !cursor_.empty();
  const bool conflates = request_.conflate.count() > 0 || request_.slow == SlowPolicy::conflate;
  if (conflates && !feed->shape().whole_key) {
    refuse(
        Error(ErrorCode::query_invalid,
              "the last row of each key was asked for, but the result has no key, or not all of it: select the key's "
              "columns"));
    return true;
  }
  if (feed->keeps_keys() && feed->shape().table && !resumed) {
    phase_ = Phase::snapshot;
    position_ = 0;
    snapshot_from_ = feed->number();
  } else {
    phase_ = Phase::following;
    position_ = feed->number();
    if (!resumed) cursor_ = feed->cursor();
  }
  if (!feed->join(shared_from_this())) {
    const std::lock_guard lock(mutex_);
    feed_ = nullptr;
    return false;
  }
  if (!std::exchange(greeted_, true)) {
    progress_at_ = std::chrono::steady_clock::now() + request_.progress;
    sink_->send(Event::hello, fmt::format("{}\"type\":\"hello\",{}}}", begin_, feed->description()), nullptr, "");
  }
  finish_cancelled();
  deliver();
  return true;
}

void LiveSubscription::refuse(const Error& error) { finish({"", error}); }

void LiveSubscription::cancel(std::optional<Error> error) {
  std::shared_ptr<LiveFeed> feed;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(cancelled_, true)) return;
    why_ = std::move(error);
    feed = feed_;
  }
  if (feed) post(feed, [](LiveSubscription& self) { self.finish_cancelled(); });
}

// On the lane of that feed; where it has left it by then, whatever comes next looks for itself.
void LiveSubscription::post(const std::shared_ptr<LiveFeed>& feed, void (*what)(LiveSubscription&)) {
  feed->lane().post([self = shared_from_this(), feed, what] {
    if (self->feed() == feed) what(*self);
  });
}

void LiveSubscription::finish_cancelled() {
  {
    const std::lock_guard lock(mutex_);
    if (!cancelled_) return;
  }
  finish({"closed", why_});
}

void LiveSubscription::deliver() {
  const std::shared_ptr<LiveFeed> feed = this->feed();
  if (finished_ || !feed) return;
  bool more = true;
  while (more && !finished_ && room()) {
    switch (phase_) {
      case Phase::snapshot:
        more = feed->caught_up() && send_walk(Event::snapshot);
        break;
      case Phase::catching:
        more = send_walk(Event::change);
        break;
      case Phase::following:
        more = request_.conflate.count() == 0 ? send_block() : (due_ || feed->ended()) && send_walk(Event::change);
        break;
    }
  }
  if (finished_ || !feed->ended() || this->feed() != feed) return;
  const bool all = phase_ == Phase::snapshot ? !feed->caught_up() : position_ == feed->number();
  if (all) finish(*feed->ended());
}

// Whether the client takes more; if not, it will be heard of when it does.
bool LiveSubscription::room() {
  const size_t bytes_max = feed_->limits().pending_bytes;
  if (sink_->pending() <= bytes_max) return true;
  // Of a block that the feed has let go of, the last that holds it.
  if (held_ && position_ < feed_->oldest() && feed_->limits().memory->used_up()) {
    refuse(feed_->limits().used_up_error());
    return false;
  }
  if (std::exchange(draining_, true)) return false;
  sink_->on_drained(bytes_max / 4, [weak = weak_from_this()] {
    const auto self = weak.lock();
    const auto feed = self ? self->feed() : nullptr;
    if (!feed) return;
    self->post(feed, [](LiveSubscription& subscription) {
      subscription.draining_ = false;
      subscription.deliver();
    });
  });
  return false;
}

// The last changes of keys, some at a time. True: there may be more to do.
bool LiveSubscription::send_walk(Event event) {
  size_t sent = 0;
  size_t bytes = 0;
  const auto enough = [&] { return sent == changes_at_once || bytes >= feed_->limits().pending_bytes; };
  feed_->walk(position_, [&](uint64_t number, const LiveFeed::Change& change) {
    if (enough()) return false;
    ++sent;
    bytes += change.event->size();
    position_ = number + 1;
    // Of a snapshot's rows those are told as gone that it may have had before.
    if (event != Event::snapshot || !change.gone) {
      send_change(event, change);
    } else if (number >= snapshot_from_) {
      send_change(Event::change, change);
    }
    return true;
  });
  if (enough()) return true;
  position_ = feed_->number();
  feed_->taken();
  caught();
  return request_.conflate.count() == 0;
}

void LiveSubscription::caught() {
  cursor_ = feed_->cursor();
  due_ = false;
  if (std::exchange(phase_, Phase::following) == Phase::snapshot) send_progress();
}

bool LiveSubscription::send_block() {
  const bool begun = held_ && position_ < held_->end();
  if (!begun && position_ < feed_->oldest()) return fall_behind();
  const LiveFeed::BlockPtr block = begun ? held_ : feed_->block_at(position_);
  if (!block) {
    if (!feed_->cursor().empty()) cursor_ = feed_->cursor();
    return false;
  }
  const uint64_t end = std::min(block->end(), position_ + changes_at_once);
  for (size_t bytes = 0; position_ < end && bytes < feed_->limits().pending_bytes; ++position_) {
    const LiveFeed::Change& change = block->changes[position_ - block->first];
    bytes += change.event->size();
    send_change(Event::change, change);
  }
  held_ = position_ < block->end() ? block : nullptr;
  if (held_) return true;
  cursor_ = block->cursor;
  feed_->taken();
  return true;
}

// What it should get next is not kept any more. True: there is something else to do.
bool LiveSubscription::fall_behind() {
  switch (request_.slow) {
    case SlowPolicy::drop:
      sink_->send(Event::dropped,
                  fmt::format("{}\"type\":\"dropped\",\"count\":{}}}", begin_, feed_->oldest() - position_), nullptr,
                  "");
      position_ = feed_->oldest();
      return true;
    case SlowPolicy::conflate:
      phase_ = Phase::catching;
      return true;
    case SlowPolicy::wait:
      if (feed_->shape().resumable && !cursor_.empty()) {
        leave();
        reopen_(shared_from_this());
        return false;
      }
      break;
    case SlowPolicy::disconnect:
      break;
  }
  finish({"", Error(ErrorCode::limit_exceeded,
                    fmt::format("{} changes came since this subscriber took one, more than are kept for it "
                                "(live.buffer.bytes)",
                                feed_->number() - position_))});
  return false;
}

void LiveSubscription::send_change(Event event, const LiveFeed::Change& change) {
  const bool table = feed_->shape().table || phase_ == Phase::catching || request_.conflate.count() > 0;
  const std::string& own = event == Event::snapshot ? snapshot_ : change.gone ? gone_ : table ? upsert_ : insert_;
  sink_->send(event, own, change.event, "");
}

void LiveSubscription::send_progress() {
  progress_at_ = std::chrono::steady_clock::now() + request_.progress;
  std::string own = fmt::format("{}\"type\":\"progress\",\"time\":", begin_);
  own += feed_->time() ? std::to_string(*feed_->time()) : "null";
  if (!cursor_.empty()) fmt::format_to(std::back_inserter(own), ",\"cursor\":\"{}\"", cursor_);
  sink_->send(Event::progress, own + "}", nullptr, cursor_);
}

void LiveSubscription::tick() {
  if (finished_ || !feed_) return;
  due_ = true;
  deliver();
  const std::shared_ptr<LiveFeed> feed = this->feed();
  if (finished_ || !feed || phase_ == Phase::snapshot || sink_->pending() > feed->limits().pending_bytes) return;
  if (std::chrono::steady_clock::now() + std::chrono::milliseconds(1) >= progress_at_) send_progress();
}

void LiveSubscription::finish(const LiveFeed::End& end) {
  if (std::exchange(finished_, true)) return;
  held_ = nullptr;
  if (end.error) {
    // The object's brace gives way to what all events begin with.
    sink_->send(Event::error, fmt::format("{}\"type\":\"error\",{}", begin_, dump(error_members(*end.error)).substr(1)),
                nullptr, "");
  } else {
    sink_->send(Event::end,
                fmt::format("{}\"type\":\"end\",\"message\":{}}}", begin_, nlohmann::json(end.message).dump()), nullptr,
                "");
  }
  sink_->finish();
  leave();
  ended_(shared_from_this());
}

void LiveSubscription::leave() {
  std::shared_ptr<LiveFeed> feed;
  {
    const std::lock_guard lock(mutex_);
    feed = std::exchange(feed_, nullptr);
  }
  if (feed) feed->leave(shared_from_this());
}

}  // namespace millrace
