#include "runtime/operators/explode.h"

#include <algorithm>

namespace millrace {

namespace {

class Explode final : public Operator {
 public:
  explicit Explode(ExplodeOptions options) : options_(std::move(options)) {}

  void process(const Batch& batch, StepContext& step) override {
    std::vector<uint32_t> valued;
    for (uint32_t row = 0; row < batch.rows; ++row)
      if (batch.kind(row) == RowKind::row) valued.push_back(row);
    RowErrors errors;
    std::vector<ColumnPtr> arrays;
    for (const auto& array : options_.arrays) arrays.push_back(array->evaluate(batch, Selection(valued), errors));
    step.report(batch, errors);

    std::vector<uint32_t> sources;
    std::vector<std::shared_ptr<Column>> elements;
    for (const ColumnPtr& array : arrays) elements.push_back(std::make_shared<Column>(array->type().element(), 0));
    int64_t used = 0;
    for (const uint32_t row : valued) {
      const size_t count = longest(arrays, row);
      if (count > 0) ++used;
      for (size_t i = 0; i < count; ++i) {
        sources.push_back(row);
        for (size_t a = 0; a < arrays.size(); ++a) append_element(*elements[a], *arrays[a], row, i);
      }
    }
    if (options_.counts) {
      step.counters.used += used;
      step.counters.filtered += static_cast<int64_t>(batch.rows) - used;
    }
    Batch out = batch.gather(sources);
    out.kinds = nullptr;
    out.columns.insert(out.columns.end(), elements.begin(), elements.end());
    emit(out, step);
  }

 private:
  static size_t length(const Column& array, size_t row) {
    if (!array.valid(row)) return 0;
    const auto [begin, end] = array.range(row);
    return end - begin;
  }
  static size_t longest(const std::vector<ColumnPtr>& arrays, size_t row) {
    size_t count = 0;
    for (const ColumnPtr& array : arrays) count = std::max(count, length(*array, row));
    return count;
  }
  static void append_element(Column& out, const Column& array, size_t row, size_t i) {
    if (i >= length(array, row)) return out.append_null();
    append_value(out, array.child(0), array.range(row).begin + i);
  }

  ExplodeOptions options_;
};

}  // namespace

std::unique_ptr<Operator> make_explode(ExplodeOptions options) { return std::make_unique<Explode>(std::move(options)); }

}  // namespace millrace
