#include "connectors/kafka/kafka_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/check.h"

namespace millrace {

namespace {

constexpr std::chrono::milliseconds away_pause{500};  // before a cluster that is away is asked again
constexpr std::chrono::milliseconds glance{50};       // how long a waiting read goes without looking at its topics
// A partition that says nothing at all, not even that it is at its end, is not waited for longer: its broker is away.
constexpr std::chrono::milliseconds silence_max{10'000};

}  // namespace

KafkaReader::KafkaReader(KafkaParts parts, const std::vector<Position>& positions) : parts_(parts) {
  for (const Position& position : positions) cursors_.push_back(make_cursor(position));
}

KafkaReader::Cursor KafkaReader::make_cursor(const Position& position) const {
  Cursor cursor;
  cursor.position = position;
  cursor.generation = parts_.directory.generation(position.topic);
  cursor.checked = position.last_offset < 0;
  return cursor;
}

std::string KafkaReader::name(const Cursor& cursor) const {
  const auto topic = parts_.directory.name(cursor.position.topic);
  return fmt::format("{}[{}]", topic ? *topic : fmt::format("topic {}", cursor.position.topic.value),
                     cursor.position.partition);
}

void KafkaReader::seek(const Position& position) {
  const auto at = std::find_if(cursors_.begin(), cursors_.end(), [&](const Cursor& cursor) {
    return cursor.position.topic == position.topic && cursor.position.partition == position.partition;
  });
  if (at == cursors_.end())
    throw Error(ErrorCode::internal, fmt::format("partition {} is not one of the reader's", position.partition));
  Cursor moved = make_cursor(position);
  moved.paused = at->paused;
  moved.idle_since = at->idle_since;  // or readers that take turns would wait for ever
  moved.feed = std::move(at->feed);   // left where it does not cover the place
  *at = std::move(moved);
}

void KafkaReader::pause(int32_t partition, bool paused) {
  for (Cursor& cursor : cursors_)
    if (cursor.position.partition == partition) cursor.paused = paused;
}

void KafkaReader::wake() {
  woken_ = true;
  parts_.bell.wake();
}

void KafkaReader::fill(Cursor& cursor) {
  const Position& position = cursor.position;
  const auto topic = parts_.directory.name(position.topic);
  if (!topic)
    throw Error(ErrorCode::position_lost,
                fmt::format("there is no topic with id {}, from which the position was taken", position.topic.value));
  if (!parts_.directory.find(position.topic)) throw dropped(cursor);
  if (parts_.directory.generation(position.topic) != cursor.generation &&
      !look_closer(cursor, [&] { refuse_made_again(cursor); }))
    return;
  for (;;) {
    if (cursor.block && cursor.at < cursor.block->size()) return;
    cursor.block = nullptr;
    const int64_t from = cursor.checked ? position.next : position.last_offset;
    if (!cursor.feed || !cursor.feed->covers(from))
      cursor.feed = parts_.feeds.acquire(*topic, position.topic, cursor.generation, position.partition, from);
    const KafkaFeed::Next next = cursor.feed->next(from);
    // What this process committed is on its way, also where the partition says that it ends before.
    const int64_t known =
        std::max(from, parts_.offsets.committed_end(position.topic, position.partition, cursor.generation));
    cursor.drained = next.drained >= known || (next.near_end && known == from);
    if (next.error == RD_KAFKA_RESP_ERR__DESTROY) {
      cursor.feed = nullptr;
      continue;
    }
    if (next.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!look_closer(cursor, [&] { refuse(cursor, next.error); })) return;
      continue;
    }
    if (!next.block) {
      if (!cursor.checked && next.drained >= 0)
        throw Error(ErrorCode::position_lost,
                    fmt::format("the record at offset {} of {}, from which the position at {} was taken, is gone: the "
                                "log ends at {}",
                                position.last_offset, name(cursor), position.next, next.drained));
      return;
    }
    cursor.block = next.block;
    cursor.idle_since.reset();
    const auto& offsets = cursor.block->offsets;
    cursor.at = static_cast<size_t>(std::lower_bound(offsets.begin(), offsets.end(), from) - offsets.begin());
    if (!cursor.checked && !look_closer(cursor, [&] { check_record(cursor); })) return;
  }
}

Error KafkaReader::dropped(const Cursor& cursor) const {
  return {ErrorCode::position_lost,
          fmt::format("topic {}, from which the position at offset {} was taken, was dropped",
                      parts_.directory.name(cursor.position.topic).value_or("?"), cursor.position.next)};
}

void KafkaReader::refuse_made_again(const Cursor& cursor) const {
  const Position& position = cursor.position;
  const std::string topic = parts_.directory.name(position.topic).value_or("?");
  throw Error(ErrorCode::position_lost,
              fmt::format("topic {} was made again; the position at offset {} was taken from the one before, which was "
                          "dropped; this one ends at {}",
                          topic, position.next, parts_.offsets.find(topic, position.partition).end));
}

// False: the cluster is away, and it is looked again when it is there; nothing is to be read until then.
bool KafkaReader::look_closer(Cursor& cursor, const std::function<void()>& look) {
  try {
    look();
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable) throw;
    cursor.block = nullptr;
    cursor.drained = false;
    parts_.bell.ring_at(cursor.position.topic, std::chrono::steady_clock::now() + away_pause);
    return false;
  }
}

// The block begins at or behind the position's last record: is it that record?
void KafkaReader::check_record(Cursor& cursor) {
  const Position& position = cursor.position;
  const RecordBlock& block = *cursor.block;
  if (block.offsets[cursor.at] == position.last_offset) {
    if (block.timestamps[cursor.at] != position.last_timestamp ||
        record_hash(block.keys[cursor.at], block.values[cursor.at]) != position.last_hash)
      throw Error(ErrorCode::position_lost,
                  fmt::format("the record at offset {} of {} is not the one the position at {} was taken from",
                              position.last_offset, name(cursor), position.next));
    ++cursor.at;
  } else if (!parts_.directory.compacted(position.topic)) {
    throw Error(ErrorCode::position_lost,
                fmt::format("the record at offset {} of {}, from which the position at {} was taken, is gone: the next "
                            "one is at {}",
                            position.last_offset, name(cursor), position.next, block.offsets[cursor.at]));
  }
  cursor.checked = true;
  while (cursor.at < block.size() && block.offsets[cursor.at] < position.next) ++cursor.at;
}

// The place is not in the log, or cannot be read. Returns where the position itself is well.
void KafkaReader::refuse(Cursor& cursor, rd_kafka_resp_err_t error) {
  const Position& position = cursor.position;
  cursor.feed = nullptr;
  if (error == RD_KAFKA_RESP_ERR__BAD_MSG)
    throw Error(ErrorCode::log_corrupt, fmt::format("records of {} at or after offset {} are damaged: their checksum "
                                                    "is wrong",
                                                    name(cursor), position.next));
  if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) throw_kafka_error(error, "reading " + name(cursor));
  if (error != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    parts_.directory.refresh();
    if (!parts_.directory.find(position.topic)) throw dropped(cursor);
    return;
  }
  const Offsets offsets = parts_.offsets.find(*parts_.directory.name(position.topic), position.partition);
  if (position.next < offsets.first)
    throw Error(ErrorCode::position_lost, fmt::format("position {} of {} is no longer in the log, which begins at {}",
                                                      position.next, name(cursor), offsets.first));
  if (position.next > offsets.end)
    throw Error(ErrorCode::position_lost, fmt::format("position {} of {} lies beyond the end of the log, {}",
                                                      position.next, name(cursor), offsets.end));
  cursor.checked = true;  // its last record was the last that went
}

// Whether the records of other partitions must wait for one of this.
bool KafkaReader::waits_for(Cursor& cursor, TimePoint now) {
  if (cursor.paused || cursor.block) return false;
  if (!cursor.idle_since) cursor.idle_since = now;
  const auto patience = cursor.drained ? std::chrono::milliseconds(parts_.options.idle_ms_max) : silence_max;
  const TimePoint end = *cursor.idle_since + patience;
  if (now >= end) return false;
  parts_.bell.ring_at(cursor.position.topic, end);
  return true;
}

bool KafkaReader::at_end() {
  const auto now = std::chrono::steady_clock::now();
  bool all = true;
  for (Cursor& cursor : cursors_) all = !waits_for(cursor, now) && all;
  return all;
}

bool KafkaReader::may_go_on() {
  size_t there = 0;
  size_t there_or_paused = 0;
  for (const Cursor& cursor : cursors_) {
    there += !cursor.paused && cursor.block;
    there_or_paused += cursor.paused || cursor.block;
  }
  if (there == 0) return false;
  return there_or_paused == cursors_.size() || at_end();
}

// From the partition whose next record is the oldest, up to the next record of another.
KafkaReader::Cursor& KafkaReader::take_run(size_t bytes, std::vector<RecordRun>& runs) {
  Cursor* first = nullptr;
  const Cursor* second = nullptr;
  for (Cursor& cursor : cursors_) {
    if (cursor.paused || !cursor.block) continue;
    if (first == nullptr || cursor.timestamp() < first->timestamp()) {
      second = first;
      first = &cursor;
    } else if (second == nullptr || cursor.timestamp() < second->timestamp()) {
      second = &cursor;
    }
  }
  MILLRACE_CHECK(first != nullptr);  // may_go_on()
  const RecordBlock& block = *first->block;
  size_t end = first->at;
  size_t taken = 0;
  // Of equal timestamps, those of the partition that was named first come first.
  const int64_t limit = second == nullptr ? 0 : second->timestamp() - (second < first ? 1 : 0);
  while (end < block.size() && taken < bytes &&
         (second == nullptr || end == first->at || block.timestamps[end] <= limit)) {
    taken += block.keys[end].size() + block.values[end].size();
    ++end;
  }
  runs.emplace_back(first->block, first->at, end);
  first->position.next = runs.back().last_offset() + 1;
  if (end < block.size()) {
    first->at = end;
  } else {
    first->block = nullptr;
    first->drained = false;
  }
  return *first;
}

std::vector<RecordRun> KafkaReader::read(size_t bytes, TimePoint deadline) {
  for (;;) {
    const uint64_t heard = parts_.bell.count();
    for (Cursor& cursor : cursors_)
      if (!cursor.paused) fill(cursor);
    std::vector<RecordRun> runs;
    size_t taken = 0;
    while (may_go_on() && (taken < bytes || runs.empty())) {
      Cursor& cursor = take_run(bytes > taken ? bytes - taken : 1, runs);
      taken += std::max<size_t>(runs.back().bytes(), 1);
      if (!cursor.block) fill(cursor);
    }
    if (!runs.empty()) return runs;
    if (woken_.exchange(false)) return {};
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return {};
    parts_.bell.wait(heard, std::min<TimePoint>(deadline, now + glance));
  }
}

}  // namespace millrace
