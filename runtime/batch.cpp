#include "runtime/batch.h"

#include <numeric>

namespace millrace {

Batch Batch::gather(std::span<const uint32_t> wanted) const {
  Batch out;
  out.rows = wanted.size();
  out.columns.reserve(columns.size());
  for (const ColumnPtr& column : columns) out.columns.push_back(column ? millrace::gather(column, wanted) : nullptr);
  out.time = millrace::gather(time, wanted);
  out.partition = millrace::gather(partition, wanted);
  out.offset = millrace::gather(offset, wanted);
  if (kinds) {
    auto picked = std::make_shared<std::vector<RowKind>>();
    picked->reserve(wanted.size());
    for (uint32_t row : wanted) picked->push_back((*kinds)[row]);
    out.kinds = std::move(picked);
  }
  return out;
}

Batch Batch::slice(size_t begin, size_t end) const {
  if (begin == 0 && end == rows) return *this;
  std::vector<uint32_t> wanted(end - begin);
  std::iota(wanted.begin(), wanted.end(), static_cast<uint32_t>(begin));
  return gather(wanted);
}

}  // namespace millrace
