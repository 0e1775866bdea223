// GROUP BY, with or without a window.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/aggregate_registry.h"
#include "runtime/expression.h"
#include "runtime/operators/materialized.h"

namespace millrace {

enum class WindowKind : uint8_t { tumbling, hopping, session };
std::string_view window_kind_name(WindowKind kind);  // TUMBLING

struct AggregateWindow {
  WindowKind kind = WindowKind::tumbling;
  int64_t size_ms = 0;     // of a session: the gap that ends it
  int64_t advance_ms = 0;  // from one start to the next; of tumbling windows their size
  int64_t grace_ms = 0;    // a row is late once stream time has reached its window's end plus this
  // How long a window can be looked up: after its start, at least size + grace; of a session after its end, at least
  // gap + grace.
  int64_t retention_ms = 0;
};

enum class Emission : uint8_t {
  each_update,  // a row for every row that came in
  per_step,     // one row per key that changed in the step
  on_close,     // one row per window, when it can change no more; of those that close at once by time and key
};

struct AggregateCall {
  const AggregateOverload* overload = nullptr;
  std::vector<ExpressionPtr> arguments;  // of the parameters' types
  Type result;
};

struct AggregateOptions {
  std::vector<ExpressionPtr> keys;
  std::vector<AggregateCall> calls;  // over sessions all can merge
  std::optional<AggregateWindow> window;
  Emission emission = Emission::each_update;
  // Stream time is kept per logical partition: the source's, or, where rows meet by another key than their partition's,
  // as many as this, by hash of the key. 0: the source's.
  int32_t logical_partitions = 0;
  bool counts = true;  // its rows are source rows: they raise `used`, `filtered` and `late`
  // The rows are a table's: an old row is taken back from its group before the new one, which it lies directly before,
  // is added to its own. No window; all calls can retract.
  bool retracts = false;
};

// Output: the keys, with a window its start and end (BIGINT), then the calls' results; the event time is the newest of
// the group's rows, of a session its end. A session that grows or is merged into another is taken back by a tombstone.
// `materialized` is the operator itself, valid as long as it.
std::unique_ptr<Operator> make_aggregate(AggregateOptions options, Materialized** materialized = nullptr);

}  // namespace millrace
