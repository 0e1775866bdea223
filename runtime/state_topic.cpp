#include "runtime/state_topic.h"

#include "runtime/state/state_bytes.h"

namespace millrace {

namespace {

constexpr uint8_t record_version = 1;

void write_positions(StateWriter& out, const std::vector<Position>& positions) {
  out.number(static_cast<uint32_t>(positions.size()));
  for (const Position& p : positions) {
    out.number(p.topic.value);
    out.number(p.partition);
    out.number(p.next);
    out.number(p.last_offset);
    out.number(p.last_timestamp);
    out.number(p.last_hash);
  }
}

std::vector<Position> read_positions(StateReader& in) {
  std::vector<Position> positions;
  const auto count = in.number<uint32_t>();
  for (uint32_t i = 0; i < count; ++i) {
    Position p;
    p.topic.value = in.number<uint64_t>();
    p.partition = in.number<int32_t>();
    p.next = in.number<int64_t>();
    p.last_offset = in.number<int64_t>();
    p.last_timestamp = in.number<int64_t>();
    p.last_hash = in.number<uint64_t>();
    positions.push_back(p);
  }
  return positions;
}

void write_counters(StateWriter& out, const RowCounters& c) {
  for (int64_t n : {c.rows_in, c.used, c.filtered, c.late, c.rejected, c.rows_out, c.row_errors}) out.number(n);
}

RowCounters read_counters(StateReader& in) {
  RowCounters c;
  for (int64_t* n : {&c.rows_in, &c.used, &c.filtered, &c.late, &c.rejected, &c.rows_out, &c.row_errors})
    *n = in.number<int64_t>();
  return c;
}

std::string key_of(StateRecord::Kind kind, std::string_view query) {
  std::string key(1, static_cast<char>(kind));
  return key.append(query);
}

StateWriter start_value() {
  StateWriter out;
  out.number(record_version);
  return out;
}

void read_cover(StateReader& in, StateRecord& record) {
  record.source = in.number<uint64_t>();
  const auto partitions = in.number<uint32_t>();
  for (uint32_t i = 0; i < partitions; ++i) {
    OffsetRanges& ranges = record.cover[in.number<int32_t>()];
    const auto count = in.number<uint32_t>();
    for (uint32_t r = 0; r < count; ++r) {
      const auto begin = in.number<int64_t>();
      ranges.add(begin, in.number<int64_t>());
    }
  }
}

}  // namespace

std::string_view step_phase_name(StepPhase phase) {
  switch (phase) {
    case StepPhase::idle:
      return "idle";
    case StepPhase::read:
      return "read";
    case StepPhase::computed:
      return "computed";
    case StepPhase::commit_sent:
      return "commit sent";
    case StepPhase::produced:
      return "produced";
    case StepPhase::committed:
      return "committed";
    case StepPhase::answered:
      return "answered";
  }
  return "idle";
}

bool OffsetRanges::contains(int64_t offset) const {
  auto after = ranges_.upper_bound(offset);
  return after != ranges_.begin() && std::prev(after)->second > offset;
}

void OffsetRanges::add(int64_t begin, int64_t end) {
  if (begin >= end) return;
  auto at = ranges_.upper_bound(begin);
  if (at != ranges_.begin() && std::prev(at)->second >= begin) --at;
  while (at != ranges_.end() && at->first <= end) {
    begin = std::min(begin, at->first);
    end = std::max(end, at->second);
    at = ranges_.erase(at);
  }
  ranges_[begin] = end;
}

EncodedRecord encode_progress(std::string_view query, const Progress& progress) {
  StateWriter out = start_value();
  out.number(progress.step);
  out.number(progress.processing_time);
  write_positions(out, progress.from);
  write_positions(out, progress.to);
  write_counters(out, progress.counters);
  return {key_of(StateRecord::Kind::progress, query), out.take()};
}

EncodedRecord encode_block(std::string_view query, int64_t step, uint8_t container, const StateBlock& block) {
  StateWriter out = start_value();
  out.number(step);
  out.number(container);
  out.number(block.bucket);
  out.number(static_cast<uint8_t>((block.image_start ? 2 : 0) | (block.image ? 1 : 0)));
  out.raw(block.block.data(), block.block.size());
  return {key_of(StateRecord::Kind::block, query), out.take()};
}

EncodedRecord encode_cover(uint64_t source, const RejectedCover& cover) {
  StateWriter out = start_value();
  out.number(source);
  out.number(static_cast<uint32_t>(cover.size()));
  for (const auto& [partition, ranges] : cover) {
    out.number(partition);
    out.number(static_cast<uint32_t>(ranges.ranges().size()));
    for (const auto& [begin, end] : ranges.ranges()) {
      out.number(begin);
      out.number(end);
    }
  }
  return {key_of(StateRecord::Kind::cover, std::to_string(source)), out.take()};
}

EncodedRecord encode_ended(std::string_view query) {
  return {key_of(StateRecord::Kind::ended, query), start_value().take()};
}

StateRecord decode_state_record(Bytes key, Bytes value) {
  if (key.empty()) throw Error(ErrorCode::state_unreadable, "a state record has no key");
  StateRecord record;
  record.kind = static_cast<StateRecord::Kind>(key[0]);
  record.query = key.substr(1);
  StateReader in(value);
  const auto version = in.number<uint8_t>();
  if (version != record_version)
    throw Error(ErrorCode::state_unreadable, "a state record has version " + std::to_string(version) +
                                                 ", this program reads version " + std::to_string(record_version));
  switch (record.kind) {
    case StateRecord::Kind::progress:
      record.progress.step = in.number<int64_t>();
      record.progress.processing_time = in.number<int64_t>();
      record.progress.from = read_positions(in);
      record.progress.to = read_positions(in);
      record.progress.counters = read_counters(in);
      return record;
    case StateRecord::Kind::block: {
      record.step = in.number<int64_t>();
      record.container = in.number<uint8_t>();
      record.bucket = in.number<uint8_t>();
      const auto flags = in.number<uint8_t>();
      record.image = (flags & 1) != 0;
      record.image_start = (flags & 2) != 0;
      record.bytes = value.substr(1 + 8 + 1 + 1 + 1);
      return record;
    }
    case StateRecord::Kind::cover:
      read_cover(in, record);
      return record;
    case StateRecord::Kind::ended:
      return record;
  }
  throw Error(ErrorCode::state_unreadable, "a state record is of an unknown kind");
}

}  // namespace millrace
