#include "runtime/operators/filter.h"

namespace millrace {

namespace {

class Filter final : public Operator {
 public:
  explicit Filter(FilterOptions options) : options_(std::move(options)) {}

  void process(const Batch& batch, StepContext& step) override {
    std::vector<uint32_t> with_value;
    if (batch.kinds)
      for (uint32_t row = 0; row < batch.rows; ++row)
        if (has_value(batch.kind(row))) with_value.push_back(row);
    const Selection rows = batch.kinds ? Selection(with_value) : Selection(batch.rows);
    RowErrors errors;
    const std::vector<uint32_t> selected = select_rows(*options_.predicate, batch, rows, errors);
    step.report(batch, errors);
    if (options_.table) return emit_table(batch, selected, step);
    if (options_.counts) step.counters.filtered += static_cast<int64_t>(batch.rows - selected.size());
    emit(selected.size() == batch.rows ? batch : batch.gather(selected), step);
  }

 private:
  void emit_table(const Batch& batch, const std::vector<uint32_t>& selected, StepContext& step) {
    std::vector<uint32_t> rows;
    auto kinds = std::make_shared<std::vector<RowKind>>();
    size_t next = 0;
    for (uint32_t row = 0; row < batch.rows; ++row) {
      const bool passes = next < selected.size() && selected[next] == row;
      if (passes) ++next;
      // What an old row or its successor leaves behind is for the operators after this one to see.
      if (!passes && batch.kind(row) == RowKind::old) continue;
      rows.push_back(row);
      kinds->push_back(passes ? batch.kind(row) : RowKind::tombstone);
    }
    Batch out = rows.size() == batch.rows ? batch : batch.gather(rows);
    out.kinds = std::move(kinds);
    emit(out, step);
  }

  FilterOptions options_;
};

}  // namespace

std::unique_ptr<Operator> make_filter(FilterOptions options) { return std::make_unique<Filter>(std::move(options)); }

}  // namespace millrace
