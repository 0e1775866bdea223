// What a query means: a tree of bound nodes. EXPLAIN prints it, pipelines are built from it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/operators/aggregate.h"
#include "runtime/operators/table_filter.h"
#include "runtime/source.h"

namespace millrace {

// What the rows on an edge mean.
enum class Change : uint8_t {
  append,  // a further row
  upsert,  // the new row of its key, or a tombstone
};

struct ScanNode {
  std::shared_ptr<const Source> source;
  std::vector<bool> columns;  // of the source's schema: those that the query needs
};
struct FilterNode {
  ExpressionPtr predicate;
  bool counts = true;  // its rows are source rows
};
struct ProjectNode {
  std::vector<ExpressionPtr> columns;
  std::vector<bool> keys;
};
struct AggregateNode {
  AggregateOptions options;
  std::vector<std::string> call_texts;
};
struct TableFilterNode {
  TableFilterOptions options;
  std::vector<Type> key_types;
};

struct PlanNode {
  std::variant<ScanNode, FilterNode, ProjectNode, AggregateNode, TableFilterNode> node;
  std::unique_ptr<PlanNode> input;  // absent: a scan
  Change change = Change::append;   // of its output
};

struct ResultWindow {
  std::string type;  // TUMBLING, HOPPING, SESSION
  int64_t size_ms = 0;
};

// A SELECT, planned. The root's columns are the schema's, in order; of a windowed result the window's start and end
// follow them.
struct QueryPlan {
  std::unique_ptr<PlanNode> root;
  std::shared_ptr<const Source> source;
  Schema schema;
  Change change = Change::append;
  std::optional<ResultWindow> window;
  std::optional<size_t> window_start;  // column
  bool aggregates = false;
  std::optional<int64_t> limit;
};

// One line per node, the source last, with what time and emission it has.
std::string print_plan(const QueryPlan& plan);
// Changes where results or state of the plan would not fit those of another: hex digits.
std::string fingerprint(const QueryPlan& plan, const std::string& state_layout);

}  // namespace millrace
