#include "planner/pipeline_builder.h"

#include <algorithm>

#include "runtime/operators/filter.h"
#include "runtime/operators/project.h"

namespace millrace {

namespace {

std::vector<const PlanNode*> from_source(const QueryPlan& plan) {
  std::vector<const PlanNode*> nodes;
  for (const PlanNode* node = plan.root.get(); node != nullptr; node = node->input.get()) nodes.push_back(node);
  std::reverse(nodes.begin(), nodes.end());
  return nodes;
}

struct OperatorMaker {
  Materialized** materialized;

  std::unique_ptr<Operator> operator()(const ScanNode&) const { return nullptr; }
  std::unique_ptr<Operator> operator()(const FilterNode& node) const {
    return make_filter(node.predicate, node.counts);
  }
  std::unique_ptr<Operator> operator()(const ProjectNode& node) const { return make_project(node.columns, node.keys); }
  std::unique_ptr<Operator> operator()(const AggregateNode& node) const {
    return make_aggregate(node.options, materialized);
  }
  std::unique_ptr<Operator> operator()(const TableFilterNode& node) const {
    return make_table_filter(node.options, node.key_types);
  }
};

}  // namespace

PipelineParts build_pipeline(const QueryPlan& plan, std::shared_ptr<SourceReader> reader,
                             std::unique_ptr<Operator> end) {
  PipelineParts parts;
  for (const PlanNode* node : from_source(plan)) {
    if (const auto* scan = std::get_if<ScanNode>(&node->node)) reader->need(scan->columns);
    auto op = std::visit(OperatorMaker{&parts.materialized}, node->node);
    if (op) parts.operators.push_back(std::move(op));
  }
  parts.operators.push_back(std::move(end));
  parts.reader = std::move(reader);
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
  options.sessions = sink.sessions;
  options.counts_used = !plan.aggregates;
  return make_sink(std::move(options));
}

std::string state_layout(const QueryPlan& plan) {
  std::string text;
  Materialized* materialized = nullptr;
  for (const PlanNode* node : from_source(plan))
    if (const auto op = std::visit(OperatorMaker{&materialized}, node->node))
      for (const StateContainer* container : op->containers()) text += container->layout() + "\n";
  return text;
}

std::optional<Batch> look_up_table(const QueryPlan& plan, const Materialized& materialized,
                                   const Materialized::Lookup& lookup) {
  if (!plan.aggregates) return std::nullopt;
  Batch batch = materialized.look_up(lookup);
  RowErrors errors;
  auto filter = [&](const Expression& predicate) {
    batch = batch.gather(select_rows(predicate, batch, Selection(batch.rows), errors));
  };
  bool after = false;
  for (const PlanNode* node : from_source(plan)) {
    if (std::holds_alternative<AggregateNode>(node->node)) {
      after = true;
    } else if (!after) {
      continue;
    } else if (const auto* having = std::get_if<TableFilterNode>(&node->node)) {
      filter(*having->options.predicate);
    } else if (const auto* final_having = std::get_if<FilterNode>(&node->node)) {
      filter(*final_having->predicate);
    } else if (const auto* project = std::get_if<ProjectNode>(&node->node)) {
      std::vector<ColumnPtr> columns;
      for (const auto& e : project->columns) columns.push_back(e->evaluate(batch, Selection(batch.rows), errors));
      batch.columns = std::move(columns);
    }
  }
  return batch;
}

}  // namespace millrace
