#include "tests/differential/groups.h"

namespace millrace::differential {

const std::vector<ColumnSpec>& grouped_columns() {
  static const std::vector<ColumnSpec> columns = {
      {"K", ValueType::integer}, {"G", ValueType::text}, {"H", ValueType::integer}, {"V", ValueType::integer}};
  return columns;
}

Values GroupKey::of(const Values& row) const {
  Values out;
  for (const size_t column : columns) out.push_back(row[column]);
  return out;
}

GroupKey random_group_key(Random& random) {
  GroupKey key;
  key.columns = random.pick(std::vector<std::vector<size_t>>{{0}, {1}, {2}, {1, 2}, {0, 1}});
  for (const size_t column : key.columns) key.names.push_back(grouped_columns()[column].name);
  return key;
}

}  // namespace millrace::differential
