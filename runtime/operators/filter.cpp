#include "runtime/operators/filter.h"

namespace millrace {

namespace {

class Filter final : public Operator {
 public:
  Filter(ExpressionPtr predicate, bool counts) : predicate_(std::move(predicate)), counts_(counts) {}

  void process(const Batch& batch, StepContext& step) override {
    std::vector<uint32_t> with_value;
    if (batch.kinds)
      for (uint32_t row = 0; row < batch.rows; ++row)
        if (batch.kind(row) == RowKind::row) with_value.push_back(row);
    const Selection rows = batch.kinds ? Selection(with_value) : Selection(batch.rows);
    RowErrors errors;
    const std::vector<uint32_t> selected = select_rows(*predicate_, batch, rows, errors);
    step.report(batch, errors);
    if (counts_) step.counters.filtered += static_cast<int64_t>(batch.rows - selected.size());
    emit(selected.size() == batch.rows ? batch : batch.gather(selected), step);
  }

 private:
  ExpressionPtr predicate_;
  bool counts_;
};

}  // namespace

std::unique_ptr<Operator> make_filter(ExpressionPtr predicate, bool counts) {
  return std::make_unique<Filter>(std::move(predicate), counts);
}

}  // namespace millrace
