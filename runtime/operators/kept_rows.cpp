#include "runtime/operators/kept_rows.h"

#include <algorithm>

namespace millrace {

void KeptColumns::gather(const Batch& batch, std::span<const int64_t> rows, std::vector<ColumnPtr>& out) const {
  std::vector<uint32_t> wanted;
  wanted.reserve(rows.size());
  for (const int64_t row : rows) wanted.push_back(static_cast<uint32_t>(std::max<int64_t>(row, 0)));
  const bool padded = std::any_of(rows.begin(), rows.end(), [](int64_t row) { return row < 0; });
  for (size_t i = 0; i < types_.size(); ++i) {
    const bool kept = std::find(kept_.begin(), kept_.end(), i) != kept_.end();
    if (!kept) {
      out.push_back(nullptr);
      continue;
    }
    ColumnPtr column = millrace::gather(batch.columns[i], wanted);
    if (padded) {
      auto copy = std::make_shared<Column>(types_[i], 0);
      for (size_t row = 0; row < rows.size(); ++row) {
        if (rows[row] < 0) {
          copy->append_null();
        } else {
          append_value(*copy, *column, row);
        }
      }
      column = std::move(copy);
    }
    out.push_back(std::move(column));
  }
}

}  // namespace millrace
