#include "planner/pipeline_builder.h"

#include "runtime/operators/filter.h"
#include "runtime/operators/project.h"

namespace millrace {

namespace {

struct OperatorMaker {
  Materialized** materialized;

  std::unique_ptr<Operator> operator()(const ScanNode&) const { return nullptr; }
  std::unique_ptr<Operator> operator()(const FilterNode& node) const { return make_filter(node.options); }
  std::unique_ptr<Operator> operator()(const ProjectNode& node) const { return make_project(node.columns, node.keys); }
  std::unique_ptr<Operator> operator()(const AggregateNode& node) const {
    return make_aggregate(node.options, materialized);
  }
  std::unique_ptr<Operator> operator()(const TableFilterNode& node) const {
    return make_table_filter(node.options, node.key_types);
  }
  std::unique_ptr<Operator> operator()(const MaterializeNode& node) const { return make_materialize(node.options); }
  std::unique_ptr<Operator> operator()(const StoreNode& node) const {
    return make_table_store(node.options, materialized);
  }
  std::unique_ptr<Operator> operator()(const JoinNode& node) const { return make_join(node.options); }
  std::unique_ptr<Operator> operator()(const ExplodeNode& node) const { return make_explode(node.options); }
};

// Operators of a plan, each after those that feed it; what feeds the one to come.
struct Chain {
  std::vector<std::unique_ptr<Operator>> operators;
  std::vector<std::pair<const ScanNode*, Operator*>> scans;  // with the operator that their rows go to
  Materialized* materialized = nullptr;

  // Builds the node and what is below it, its rows going to `next`, which is made later: the node's own operator, or
  // null where it is a scan.
  Operator* add(const PlanNode& node) {
    std::vector<Operator*> inputs;
    for (const auto& input : node.inputs) inputs.push_back(add(*input));
    auto op = std::visit(OperatorMaker{&materialized}, node.node);
    Operator* made = op.get();
    if (op) operators.push_back(std::move(op));
    for (size_t i = 0; i < inputs.size(); ++i)
      connect(*node.inputs[i], inputs[i], i == 0 ? made : made->second_input());
    return made;
  }
  void connect(const PlanNode& node, Operator* from, Operator* to) {
    if (from != nullptr) {
      from->set_next(to);
    } else {
      scans.emplace_back(&std::get<ScanNode>(node.node), to);
    }
  }
};

}  // namespace

PipelineParts build_pipeline(const QueryPlan& plan, const std::vector<std::shared_ptr<SourceReader>>& readers,
                             std::unique_ptr<Operator> end) {
  Chain chain;
  Operator* root = chain.add(*plan.root);
  chain.connect(*plan.root, root, end.get());
  PipelineParts parts;
  parts.operators = std::move(chain.operators);
  parts.materialized = chain.materialized;
  parts.operators.push_back(std::move(end));
  for (const auto& reader : readers) parts.inputs.push_back({reader});
  for (const auto& [scan, entry] : chain.scans) {
    parts.inputs[scan->input].entry = entry;
    readers[scan->input]->need(scan->columns);
  }
  return parts;
}

std::unique_ptr<Sink> build_sink(const QueryPlan& plan, const Source& sink) {
  SinkOptions options;
  options.topic = sink.topic;
  options.schema = plan.schema;
  options.key_format = sink.key_format;
  options.value_format = sink.value_format;
  options.key_options = sink.key_options;
  options.value_options = sink.value_options;
  options.window_start = plan.window_start;
  options.timestamp = sink.timestamp;
  options.sessions = sink.sessions;
  options.counts_used = plan.source_rows;
  return make_sink(std::move(options));
}

std::string state_layout(const QueryPlan& plan) {
  Chain chain;
  chain.add(*plan.root);
  std::string text;
  for (const auto& op : chain.operators)
    for (const StateContainer* container : op->containers()) text += container->layout() + "\n";
  return text;
}

std::optional<Batch> look_up_table(const QueryPlan& plan, const Materialized& materialized,
                                   const Materialized::Lookup& lookup) {
  if (!plan.queryable) return std::nullopt;
  std::vector<const PlanNode*> after;  // the nodes between what keeps the rows and the result, the former last
  for (const PlanNode* node = plan.root.get();; node = node->inputs[0].get()) {
    after.push_back(node);
    if (std::holds_alternative<AggregateNode>(node->node) || std::holds_alternative<StoreNode>(node->node)) break;
  }
  Batch batch = materialized.look_up(lookup);
  RowErrors errors;
  auto filter = [&](const Expression& predicate) {
    batch = batch.gather(select_rows(predicate, batch, Selection(batch.rows), errors));
  };
  for (auto node = after.rbegin() + 1; node != after.rend(); ++node) {
    if (const auto* having = std::get_if<TableFilterNode>(&(*node)->node)) {
      filter(*having->options.predicate);
    } else if (const auto* final_having = std::get_if<FilterNode>(&(*node)->node)) {
      filter(*final_having->options.predicate);
    } else if (const auto* project = std::get_if<ProjectNode>(&(*node)->node)) {
      std::vector<ColumnPtr> columns;
      for (const auto& e : project->columns) columns.push_back(e->evaluate(batch, Selection(batch.rows), errors));
      batch.columns = std::move(columns);
    }
  }
  return batch;
}

}  // namespace millrace
