#include "planner/from_clause.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "planner/join_planner.h"
#include "runtime/nearest_name.h"

namespace millrace {

namespace {

constexpr std::array<std::string_view, pseudo_column_count> pseudo_names = {"ROWTIME", "ROWPARTITION", "ROWOFFSET",
                                                                            "WINDOWSTART", "WINDOWEND"};

void mark(const Expression& expression, std::vector<bool>& needed) {
  std::set<size_t> used;
  collect_columns(expression, used);
  for (size_t i : used) needed[i] = true;
}

void prune(PlanNode& node, std::vector<bool> needed);

void prune_join(PlanNode& node, JoinNode& join, const std::vector<bool>& needed) {
  JoinSide* sides[] = {&join.options.left, &join.options.right};
  size_t first = 0;
  for (size_t s = 0; s < 2; ++s) {
    JoinSide& side = *sides[s];
    const auto begin = needed.begin() + static_cast<std::ptrdiff_t>(first);
    side.kept.assign(begin, begin + static_cast<std::ptrdiff_t>(side.types.size()));
    std::vector<bool> read = side.kept;
    for (const auto& key : side.keys) mark(*key, read);
    for (size_t column : side.key_columns) read[column] = true;
    first += side.types.size();
    prune(*node.inputs[s], std::move(read));
  }
}

// `needed`: of the node's output.
void prune(PlanNode& node, std::vector<bool> needed) {
  if (auto* scan = std::get_if<ScanNode>(&node.node)) {
    for (size_t i = 0; i < scan->columns.size(); ++i) scan->columns[i] = needed[i];
    return;
  }
  if (auto* join = std::get_if<JoinNode>(&node.node)) return prune_join(node, *join, needed);
  std::vector<bool> read = needed;
  if (const auto* filter = std::get_if<FilterNode>(&node.node)) {
    mark(*filter->options.predicate, read);
  } else if (auto* materialize = std::get_if<MaterializeNode>(&node.node)) {
    materialize->options.kept = needed;
    for (size_t key : materialize->options.keys) materialize->options.kept[key] = read[key] = true;
  } else if (const auto* explode = std::get_if<ExplodeNode>(&node.node)) {
    read.resize(read.size() - explode->options.arrays.size());
    for (const auto& e : explode->options.arrays) mark(*e, read);
  } else {
    read.assign(node.inputs[0]->width, false);
    if (const auto* project = std::get_if<ProjectNode>(&node.node)) {
      for (const auto& e : project->columns) mark(*e, read);
    } else if (const auto* aggregate = std::get_if<AggregateNode>(&node.node)) {
      for (const auto& e : aggregate->options.keys) mark(*e, read);
      for (const auto& call : aggregate->options.calls)
        for (const auto& e : call.arguments) mark(*e, read);
    } else {
      read.assign(node.inputs[0]->width, true);
    }
  }
  prune(*node.inputs[0], std::move(read));
}

}  // namespace

bool FromClause::is_key(size_t column) const {
  return std::any_of(keys.begin(), keys.end(), [column](const KeyPart& part) {
    return part.value == column || std::find(part.columns.begin(), part.columns.end(), column) != part.columns.end();
  });
}

FromClause plan_scan(const syntax::Relation& relation, size_t input, const PlanContext& context) {
  const SourceDefinition& definition = find_source(relation, context);
  const Source& source = *definition.source;
  FromClause out;
  out.sources.push_back(definition.source);
  out.scope = source_scope(source, relation);
  for (size_t key : source.schema.key_indexes()) out.keys.push_back({key, {key}, {}});
  out.root = std::make_unique<PlanNode>();
  out.root->node = ScanNode{definition.source, input, std::vector<bool>(source.schema.size(), false)};
  out.root->change = source.table ? Change::upsert : Change::append;
  out.root->width = out.scope.columns().size();
  if (source.window_size_ms) {
    out.window = ResultWindow{definition.window_type, *source.window_size_ms};
    out.window_start = source.schema.size() + static_cast<size_t>(PseudoColumn::window_start);
  }
  return out;
}

FromClause plan_from(const syntax::Query& query, const PlanContext& context) {
  FromClause from = plan_scan(query.from, 0, context);
  for (const syntax::Join& join : query.joins) from = plan_join(std::move(from), join, context);
  from.scope.name_results(query);
  return from;
}

const SourceDefinition& find_source(const syntax::Relation& relation, const PlanContext& context) {
  const SourceDefinition* found = context.catalog.find(relation.name.text);
  if (found != nullptr) return *found;
  std::vector<std::string> names;
  for (const auto& [name, definition] : context.catalog.sources()) names.push_back(name);
  refuse(ErrorCode::source_unknown, relation.name.position,
         fmt::format("there is no stream or table {}{}", relation.name.text, did_you_mean(relation.name.text, names)));
}

Scope source_scope(const Source& source, const syntax::Relation& relation) {
  Scope scope;
  const std::string qualifier = relation.alias ? relation.alias->text : relation.name.text;
  for (const Field& field : source.schema.fields()) scope.add({qualifier, field.name, field.type, false});
  for (size_t i = 0; i < pseudo_column_count; ++i) {
    const bool window = i >= static_cast<size_t>(PseudoColumn::window_start);
    const Type type = i == static_cast<size_t>(PseudoColumn::row_partition) ? integer_type : bigint_type;
    // Without a window the bounds keep their places but cannot be named.
    const std::string name = window && !source.window_size_ms ? std::string() : std::string(pseudo_names[i]);
    scope.add({qualifier, name, type, true});
  }
  return scope;
}

void prune_columns(PlanNode& root) { prune(root, std::vector<bool>(root.width, true)); }

}  // namespace millrace
