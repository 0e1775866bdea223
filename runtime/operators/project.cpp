#include "runtime/operators/project.h"

namespace millrace {

namespace {

// What was not computed is anything: null it becomes here. `computed` ascends.
ColumnPtr null_elsewhere(const ColumnPtr& from, size_t rows, const std::vector<uint32_t>& computed) {
  const auto column = std::make_shared<Column>(from->type(), 0);
  size_t next = 0;
  for (size_t row = 0; row < rows; ++row) {
    if (next < computed.size() && computed[next] == row) {
      append_value(*column, *from, row);
      ++next;
    } else {
      column->append_null();
    }
  }
  return column;
}

class Project final : public Operator {
 public:
  Project(std::vector<ExpressionPtr> columns, std::vector<bool> keys)
      : columns_(std::move(columns)), keys_(std::move(keys)) {}

  void process(const Batch& batch, StepContext& step) override {
    std::vector<uint32_t> with_value;
    if (batch.kinds)
      for (uint32_t row = 0; row < batch.rows; ++row)
        if (batch.kind(row) == RowKind::row || batch.kind(row) == RowKind::old) with_value.push_back(row);
    const Selection valued = batch.kinds ? Selection(with_value) : Selection(batch.rows);
    Batch out = batch;
    out.columns.clear();
    RowErrors errors;
    const bool all = !batch.kinds || with_value.size() == batch.rows;
    for (size_t i = 0; i < columns_.size(); ++i) {
      ColumnPtr column = columns_[i]->evaluate(batch, keys_[i] ? Selection(batch.rows) : valued, errors);
      out.columns.push_back(all || keys_[i] ? std::move(column) : null_elsewhere(column, batch.rows, with_value));
    }
    step.report(batch, errors);
    emit(out, step);
  }

 private:
  std::vector<ExpressionPtr> columns_;
  std::vector<bool> keys_;
};

}  // namespace

std::unique_ptr<Operator> make_project(std::vector<ExpressionPtr> columns, std::vector<bool> keys) {
  return std::make_unique<Project>(std::move(columns), std::move(keys));
}

}  // namespace millrace
