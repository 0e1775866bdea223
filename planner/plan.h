// What a query means: a tree of bound nodes. EXPLAIN prints it, pipelines are built from it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/operators/aggregate.h"
#include "runtime/operators/explode.h"
#include "runtime/operators/filter.h"
#include "runtime/operators/join.h"
#include "runtime/operators/materialize.h"
#include "runtime/operators/table_filter.h"
#include "runtime/operators/table_store.h"
#include "runtime/source.h"

namespace millrace {

// What the rows on an edge mean.
enum class Change : uint8_t {
  append,   // a further row
  upsert,   // the new row of its key, or a tombstone
  retract,  // the old row, directly followed by the new one that replaces it; either may be missing
};

struct ScanNode {
  std::shared_ptr<const Source> source;
  size_t input = 0;           // which of the pipeline's inputs
  std::vector<bool> columns;  // of the source's schema: those that the query needs
};
struct FilterNode {
  FilterOptions options;
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
// Keeps a table's rows, so that what a change replaces is known: from upsert to retract.
struct MaterializeNode {
  MaterializeOptions options;
};
// Keeps a table's rows for look-ups.
struct StoreNode {
  TableStoreOptions options;
};
struct JoinNode {
  JoinOptions options;
  // As EXPLAIN says them.
  std::string kind;
  std::string condition;
  std::string within;  // empty: there is none
};
struct ExplodeNode {
  ExplodeOptions options;
};

struct PlanNode {
  std::variant<ScanNode, FilterNode, ProjectNode, AggregateNode, TableFilterNode, MaterializeNode, StoreNode, JoinNode,
               ExplodeNode>
      node;
  std::vector<std::unique_ptr<PlanNode>> inputs;  // a scan has none, a join two
  Change change = Change::append;                 // of its output
  size_t width = 0;                               // columns of its output
};

template <class Node>
std::unique_ptr<PlanNode> node_over(std::unique_ptr<PlanNode> input, Node node, Change change, size_t width) {
  auto out = std::make_unique<PlanNode>();
  out->width = width;
  out->node = std::move(node);
  out->inputs.push_back(std::move(input));
  out->change = change;
  return out;
}

struct ResultWindow {
  std::string type;  // TUMBLING, HOPPING, SESSION
  int64_t size_ms = 0;
};

// A SELECT, planned. The root's columns are the schema's, in order; of a windowed result the window's start and end
// follow them.
struct QueryPlan {
  std::unique_ptr<PlanNode> root;
  std::vector<std::shared_ptr<const Source>> sources;  // in the order of the scans' inputs
  Schema schema;
  Change change = Change::append;
  std::optional<ResultWindow> window;
  std::optional<size_t> window_start;  // column
  bool whole_key = false;              // the schema's key columns are all parts of the key
  bool queryable = false;              // an aggregate, or a store, keeps the rows that it comes to
  bool source_rows = true;             // its rows are source rows: what takes them raises `used`
  std::optional<int64_t> limit;
};

// Whether the node's rows are rows of one source, none made, none put together.
bool gives_source_rows(const PlanNode& node);
// What must be the same in two plans that keep one state, of a node.
struct LastingNode {
  struct Trait {
    std::string verb;  // "groups by"
    std::vector<std::string> values;
    bool operator==(const Trait&) const = default;
  };
  std::string kind;           // "AGGREGATE"
  std::vector<Trait> traits;  // of one kind all nodes have the same verbs
};
// Of all nodes but projections and filters over rows that nobody takes back.
std::vector<LastingNode> lasting_nodes(const QueryPlan& plan);
// One line per node, the source last, with what time and emission it has. `notes`: for each node that becomes an
// operator, in the order in which they are built, what is said behind it; absent: nothing.
std::string print_plan(const QueryPlan& plan, const std::vector<std::string>& notes = {});
// Changes where results or state of the plan would not fit those of another: hex digits.
std::string fingerprint(const QueryPlan& plan, const std::string& state_layout);

}  // namespace millrace
