// Aggregate functions: state in columns, kernels over batches of entries.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/batch.h"
#include "runtime/row_errors.h"
#include "runtime/signature.h"
#include "runtime/state/state_column.h"

namespace millrace {

// The state columns of one aggregate, in the order of state_types(); addressed by entry. A new entry is null and zero,
// which must mean "nothing was added".
using AggregateState = std::span<StateColumn* const>;

// What the kernels of one call get: the arguments of a batch, and which rows of it go where.
struct AggregateInput {
  std::span<const ColumnPtr> arguments;
  Selection rows;
  std::span<const uint32_t> entries;  // of the i-th row of `rows`; may repeat
  RowErrors& errors;
  int64_t sequence = 0;  // of the first row; the i-th row's is larger by i. Rows that came before have smaller ones.
};

struct AggregateOverload {
  Signature signature;
  std::function<std::vector<Type>(const std::vector<Type>& arguments)> state_types;
  std::function<Type(const std::vector<Type>& arguments)> result_type = nullptr;  // where the signature cannot say it
  // Adds every row, in order.
  std::function<void(AggregateState, const AggregateInput&)> add;
  // Takes rows back that were added before; absent: it cannot.
  std::function<void(AggregateState, const AggregateInput&)> retract = nullptr;
  // Adds the state of `from` to that of `to`; absent: it cannot.
  std::function<void(AggregateState, uint32_t to, AggregateState other, uint32_t from)> merge = nullptr;
  // Merging the states of any parts of the rows gives exactly what adding all of them in order gives.
  bool merges_exactly = false;
  bool needs_sequence = false;  // it looks at AggregateInput::sequence
  // The values of these entries, a column of `type`.
  std::function<ColumnPtr(AggregateState, std::span<const uint32_t> entries, const Type& type)> result;
  // So many of the last parameters are settings: their arguments must be literals, numbers among them at least 1.
  size_t settings = 0;
};

// A bound on the values that a group keeps; what comes beyond it is ignored. The kernels get it as a further argument,
// an INT, after those of the signature.
struct AggregateLimit {
  std::string property;  // of the session, which sets it
  int32_t standard = 0;
};

struct AggregateFunction {
  std::string name;
  std::string help;
  std::vector<std::string> example_rows;  // SQL literals, one argument list each: "1", "2", "NULL"
  std::string example_result;             // the literal that they give
  std::vector<AggregateOverload> overloads;
  std::optional<AggregateLimit> limit = std::nullopt;
};

class AggregateRegistry {
 public:
  void add(AggregateFunction function);
  // `name` upper-cased. Null where there is none.
  const AggregateFunction* find(std::string_view name) const;
  const std::map<std::string, AggregateFunction, std::less<>>& all() const { return functions_; }

 private:
  std::map<std::string, AggregateFunction, std::less<>> functions_;
};

// Every file of runtime/aggregates.
void register_all_aggregates(AggregateRegistry& registry);

}  // namespace millrace
