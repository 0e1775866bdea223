// One node of a running query.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/batch.h"
#include "runtime/row_errors.h"
#include "runtime/state/container.h"

namespace millrace {

// Each is raised where it happens. At every moment rows_in == used + filtered + late + rejected.
struct RowCounters {
  int64_t rows_in = 0, used = 0, filtered = 0, late = 0, rejected = 0;
  int64_t rows_out = 0;
  int64_t row_errors = 0;
};

// A row whose expression failed: it went on with null in that column.
struct FailedRow {
  size_t input = 0;  // of the pipeline
  int32_t partition = 0;
  int64_t offset = 0;
  RowErrorCode code = RowErrorCode::malformed;
  std::string reason;
};

// What the operators of a pipeline share during a step.
struct StepContext {
  RowCounters counters;
  std::vector<FailedRow> failed;  // at most failed_max of a step; row_errors counts all
  int64_t processing_time = 0;    // read once per step
  size_t input = 0;               // the pipeline's input whose rows are in work

  static constexpr size_t failed_max = 1000;
  // Moves what an operator's expressions found into `failed`.
  void report(const Batch& batch, RowErrors& errors);
};

// Single-threaded; owns no durable state but in the containers. Passes what it makes to the next one.
class Operator {
 public:
  virtual ~Operator() = default;

  void set_next(Operator* next) { next_ = next; }

  virtual void process(const Batch& batch, StepContext& step) = 0;
  // Of an operator with two inputs, what the rows of the second one are given to; it is this operator's part.
  virtual Operator* second_input() { return nullptr; }
  // The step ends: what is emitted once per step, now.
  virtual void end_step(StepContext&) {}
  // In an order that a plan of the same layout repeats.
  virtual std::vector<StateContainer*> containers() { return {}; }

 protected:
  void emit(const Batch& batch, StepContext& step) {
    if (batch.rows > 0) next_->process(batch, step);
  }

 private:
  Operator* next_ = nullptr;
};

}  // namespace millrace
