// The inputs of a pipeline, in the one order in which their rows take effect.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/operator.h"
#include "runtime/source_reader.h"

namespace millrace {

// One input of a pipeline: where its rows come from and which operator they go to.
struct PipelineInput {
  std::shared_ptr<SourceReader> reader;
  Operator* entry = nullptr;
  size_t first_position = 0, position_count = 0;  // its partitions among the pipeline's positions
};

// Records of several inputs are merged by the log's sequence, where the log has one; equal sequences, of a source that
// is read twice, by offset, then by input. Without a sequence by timestamp, the smallest next record first. Nothing is
// passed on before all inputs are known to hold nothing that comes before it. Used on the pipeline's lane only.
class InputMerge {
 public:
  InputMerge(const Log& log, std::vector<PipelineInput>& inputs);

  // Records of one input that follow.
  struct Part {
    size_t input = 0;
    Batch batch;
    size_t records = 0;  // batch.rows + rejected.size()
    size_t bytes = 0;
    std::span<const RejectedRecord> rejected;
  };
  // What follows these positions, which are moved past it; nothing where there is nothing yet. Throws what
  // SourceReader::next throws.
  std::optional<Part> next(std::vector<Position>& positions);
  // The positions are others than those that next() left.
  void reset();

 private:
  // Where an input is within its chunk.
  struct Cursor {
    std::shared_ptr<const SourceChunk> chunk;  // null: none is there
    size_t run = 0, record = 0;                // of the next record: the chunk's run and the place in it
    size_t row = 0, rejected = 0;              // the same, counted over the chunk
    int64_t empty_until = -1;                  // without a chunk: nothing has come up to this sequence

    bool at_end() const { return !chunk || run == chunk->runs.size(); }
    const RecordRun& current() const { return chunk->runs[run]; }
    size_t index() const { return current().begin + record; }  // in the block's arrays
  };
  // Orders records over all inputs.
  struct Place {
    int64_t first, second;
    size_t input;
    auto operator<=>(const Place&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
  };

  std::vector<Position> slice(size_t input, const std::vector<Position>& positions) const;
  bool fill(size_t input, const std::vector<Position>& positions);
  bool nothing_before(int64_t sequence, const std::vector<Position>& positions);
  Place place(size_t input) const;
  Part take(size_t input, std::optional<Place> before, std::vector<Position>& positions);
  Part take_all(size_t input, std::vector<Position>& positions);

  const Log& log_;
  std::vector<PipelineInput>& inputs_;
  std::vector<Cursor> cursors_;
};

}  // namespace millrace
