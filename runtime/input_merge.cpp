#include "runtime/input_merge.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>

namespace millrace {

InputMerge::InputMerge(const Log& log, std::vector<PipelineInput>& inputs)
    : log_(log), inputs_(inputs), cursors_(inputs.size()) {}

void InputMerge::reset() { cursors_.assign(inputs_.size(), Cursor()); }

std::vector<Position> InputMerge::slice(size_t input, const std::vector<Position>& positions) const {
  const auto begin = positions.begin() + static_cast<std::ptrdiff_t>(inputs_[input].first_position);
  return {begin, begin + static_cast<std::ptrdiff_t>(inputs_[input].position_count)};
}

std::optional<InputMerge::Part> InputMerge::next(std::vector<Position>& positions) {
  if (inputs_.size() == 1) {
    Cursor& cursor = cursors_[0];
    cursor.chunk = inputs_[0].reader->next(positions).chunk;
    if (!cursor.chunk) return std::nullopt;
    return take_all(0, positions);
  }
  std::vector<Place> heads;
  for (size_t i = 0; i < inputs_.size(); ++i)
    if (!cursors_[i].at_end() || fill(i, positions)) heads.push_back(place(i));
  if (heads.empty()) return std::nullopt;
  std::sort(heads.begin(), heads.end());
  const size_t input = heads[0].input;
  const int64_t sequence = cursors_[input].current().block->sequence;
  if (heads.size() < inputs_.size() && !nothing_before(sequence, positions)) return next(positions);
  for (size_t i = 0; i < inputs_.size(); ++i)  // a topic without a sequence may still have something on its way
    if (sequence == 0 && cursors_[i].at_end() && cursors_[i].empty_until < 0) return std::nullopt;
  std::optional<Place> before;
  if (heads.size() > 1) before = heads[1];
  for (size_t i = 0; i < inputs_.size() && sequence != 0; ++i) {
    if (!cursors_[i].at_end()) continue;
    const Place end{cursors_[i].empty_until + 1, INT64_MIN, 0};
    if (!before || end < *before) before = end;
  }
  return take(input, before, positions);
}

bool InputMerge::fill(size_t input, const std::vector<Position>& positions) {
  Cursor& cursor = cursors_[input];
  cursor = Cursor();
  const int64_t sequence = log_.last_sequence();  // before reading: what it does not find comes later
  SourceReader::Next next = inputs_[input].reader->next(slice(input, positions));
  cursor.chunk = std::move(next.chunk);
  if (cursor.chunk) return true;
  if (sequence != 0 || next.at_end) cursor.empty_until = sequence;
  return false;
}

// Whether the inputs that have nothing hold nothing before the sequence; those that have something now are filled, and
// then it is not known.
bool InputMerge::nothing_before(int64_t sequence, const std::vector<Position>& positions) {
  bool nothing = true;
  for (size_t i = 0; i < inputs_.size(); ++i)
    if (cursors_[i].at_end() && cursors_[i].empty_until < sequence && sequence != 0)
      nothing = !fill(i, positions) && nothing;
  return nothing;
}

InputMerge::Place InputMerge::place(size_t input) const {
  const Cursor& cursor = cursors_[input];
  const RecordBlock& block = *cursor.current().block;
  if (block.sequence == 0) return {block.timestamps[cursor.index()], 0, input};
  return {block.sequence, block.offsets[cursor.index()], input};
}

InputMerge::Part InputMerge::take_all(size_t input, std::vector<Position>& positions) {
  const SourceChunk& chunk = *cursors_[input].chunk;
  Part part{input, chunk.batch, chunk.records, chunk.bytes, chunk.rejected};
  std::copy(chunk.after.begin(), chunk.after.end(),
            positions.begin() + static_cast<std::ptrdiff_t>(inputs_[input].first_position));
  return part;
}

// The input's records from its cursor on that come before the place.
InputMerge::Part InputMerge::take(size_t input, std::optional<Place> before, std::vector<Position>& positions) {
  Cursor& cursor = cursors_[input];
  const SourceChunk& chunk = *cursor.chunk;
  const size_t first_row = cursor.row;
  const size_t first_rejected = cursor.rejected;
  Part part;
  part.input = input;
  size_t records = 0;
  absl::InlinedVector<std::pair<const RecordBlock*, size_t>, 8> last(chunk.after.size());  // of each partition
  auto at_record = [](const RejectedRecord& rejected, const RecordBlock& block, size_t record) {
    return rejected.partition == block.partition && rejected.offset == block.offsets[record];
  };
  while (!cursor.at_end() && (!before || place(input) < *before)) {
    const RecordRun& run = cursor.current();
    const RecordBlock& block = *run.block;
    // Whole runs where their sequence decides.
    const bool whole = !before || (block.sequence != 0 && block.sequence < before->first);
    const size_t end = whole ? run.size() : cursor.record + 1;
    for (; cursor.record < end; ++cursor.record, ++records) {
      const size_t at = cursor.index();
      part.bytes += block.keys[at].size() + block.values[at].size();
      if (cursor.rejected < chunk.rejected.size() && at_record(chunk.rejected[cursor.rejected], block, at)) {
        ++cursor.rejected;
      } else {
        ++cursor.row;
      }
    }
    last[static_cast<size_t>(block.partition)] = {&block, run.begin + end - 1};
    if (end == run.size()) {
      ++cursor.run;
      cursor.record = 0;
    }
  }
  for (const auto& [block, record] : last)
    if (block != nullptr)
      move_behind(positions[inputs_[input].first_position + static_cast<size_t>(block->partition)], *block, record);
  part.records = records;
  part.batch = chunk.batch.slice(first_row, cursor.row);
  part.rejected = std::span(chunk.rejected).subspan(first_rejected, cursor.rejected - first_rejected);
  return part;
}

}  // namespace millrace
