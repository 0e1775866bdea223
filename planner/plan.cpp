#include "planner/plan.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <map>

namespace millrace {

namespace {

std::vector<std::string> texts(const std::vector<ExpressionPtr>& expressions) {
  std::vector<std::string> out;
  for (const auto& e : expressions) out.push_back(e->to_string());
  return out;
}
std::string list(const std::vector<ExpressionPtr>& expressions) {
  return fmt::format("{}", fmt::join(texts(expressions), ", "));
}

std::string_view emission_text(Emission emission) {
  switch (emission) {
    case Emission::each_update:
      return "each update";
    case Emission::per_step:
      return "once per commit and key";
    case Emission::on_close:
      return "when the window closes";
  }
  return "";
}

std::string describe(const ScanNode& scan) {
  std::string columns;
  for (size_t i = 0; i < scan.columns.size(); ++i)
    if (scan.columns[i]) columns += (columns.empty() ? "" : ", ") + scan.source->schema[i].name;
  return fmt::format("SCAN {} topic {} columns [{}]", scan.source->name, scan.source->topic.name, columns);
}
std::string describe(const FilterNode& filter) { return "FILTER " + filter.options.predicate->to_string(); }
std::string describe(const MaterializeNode&) { return "MATERIALIZE"; }
std::string describe(const StoreNode&) { return "STORE"; }
std::string_view emission_text(const JoinOptions& options) {
  switch (options.shape) {
    case JoinShape::stream_stream:
      return options.window->pads_at_close ? "each pair, a padded row when it can find no partner any more"
                                           : "each pair, a padded row at once";
    case JoinShape::stream_table:
      return "each left row with the right one that is there when it comes";
    case JoinShape::table_table:
    case JoinShape::foreign_key:
      return "each update";
  }
  return "";
}
std::string describe(const JoinNode& node) {
  return fmt::format("{} on {}{}{}, emits {}", node.kind, node.condition, node.within.empty() ? "" : " " + node.within,
                     node.options.shape == JoinShape::stream_stream ? ", stream time of both inputs" : "",
                     emission_text(node.options));
}
std::string describe(const ExplodeNode& node) { return fmt::format("EXPLODE [{}]", list(node.options.arrays)); }
std::string describe(const ProjectNode& project) { return fmt::format("PROJECT [{}]", list(project.columns)); }
std::string describe(const AggregateWindow& window) {
  const bool session = window.kind == WindowKind::session;
  std::string text =
      fmt::format("{} {} {} ms", window_kind_name(window.kind), session ? "gap" : "size", window.size_ms);
  if (window.kind == WindowKind::hopping) text += fmt::format(" advance {} ms", window.advance_ms);
  return text +
         fmt::format(" grace {} ms retention {} ms, stream time per partition", window.grace_ms, window.retention_ms);
}
std::string describe(const AggregateNode& node) {
  std::string window;
  if (node.options.window) window = " " + describe(*node.options.window);
  return fmt::format("AGGREGATE by [{}] computes [{}]{}, emits {}", list(node.options.keys),
                     fmt::join(node.call_texts, ", "), window, emission_text(node.options.emission));
}
std::string describe(const TableFilterNode& node) { return "HAVING " + node.options.predicate->to_string(); }

// Tables that are joined come to the same rows in the end; what a stream meets depends on when it comes.
bool order_matters(const PlanNode& node) {
  const auto* join = std::get_if<JoinNode>(&node.node);
  if (join != nullptr && join->options.shape != JoinShape::table_table && join->options.shape != JoinShape::foreign_key)
    return true;
  return std::any_of(node.inputs.begin(), node.inputs.end(),
                     [](const std::unique_ptr<PlanNode>& input) { return order_matters(*input); });
}

std::string_view change_text(Change change) {
  switch (change) {
    case Change::append:
      return "append";
    case Change::upsert:
      return "upsert";
    case Change::retract:
      return "retract";
  }
  return "";
}

// Names of what comes out of the nodes that joins and materialized tables stand on; of others there are none.
std::vector<std::string> column_names(const PlanNode& node) {
  std::vector<std::string> names;
  if (const auto* scan = std::get_if<ScanNode>(&node.node)) {
    for (const Field& field : scan->source->schema.fields()) names.push_back(field.name);
    names.insert(names.end(), {"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"});
  } else if (std::holds_alternative<JoinNode>(node.node) || std::holds_alternative<FilterNode>(node.node) ||
             std::holds_alternative<MaterializeNode>(node.node)) {
    for (const auto& input : node.inputs)
      for (std::string& name : column_names(*input)) names.push_back(std::move(name));
  }
  return names;
}

using Trait = LastingNode::Trait;

std::vector<std::string> kept_columns(const std::vector<bool>& kept, const PlanNode& input) {
  const std::vector<std::string> names = column_names(input);
  std::vector<std::string> out;
  for (size_t i = 0; i < kept.size(); ++i)
    if (kept[i]) out.push_back(i < names.size() ? names[i] : std::to_string(i));
  return out;
}

LastingNode lasting(const ScanNode& scan, const PlanNode&) {
  return {"SCAN", {{"reads", {scan.source->name}}, {"reads topic", {scan.source->topic.name}}}};
}
LastingNode lasting(const FilterNode& filter, const PlanNode&) {
  return {"WHERE", {{"takes rows WHERE", {filter.options.predicate->to_string()}}}};
}
LastingNode lasting(const MaterializeNode& materialize, const PlanNode& node) {
  return {"MATERIALIZE", {{"keeps", kept_columns(materialize.options.kept, *node.inputs[0])}}};
}
LastingNode lasting(const StoreNode&, const PlanNode&) { return {"STORE", {}}; }
LastingNode lasting(const JoinNode& join, const PlanNode& node) {
  std::vector<std::string> within;
  if (!join.within.empty()) within.push_back(join.within);
  return {"JOIN",
          {{"makes", {join.kind}},
           {"joins on", {join.condition}},
           {"joins", std::move(within)},
           {"emits", {std::string(emission_text(join.options))}},
           {"keeps of the left side", kept_columns(join.options.left.kept, *node.inputs[0])},
           {"keeps of the right side", kept_columns(join.options.right.kept, *node.inputs[1])}}};
}
LastingNode lasting(const ExplodeNode& explode, const PlanNode&) {
  return {"EXPLODE", {{"makes rows of", texts(explode.options.arrays)}}};
}
LastingNode lasting(const ProjectNode&, const PlanNode&) { return {}; }
LastingNode lasting(const AggregateNode& aggregate, const PlanNode&) {
  std::vector<std::string> window;
  if (aggregate.options.window) window.push_back(describe(*aggregate.options.window));
  return {"AGGREGATE",
          {{"groups by", texts(aggregate.options.keys)},
           {"computes", aggregate.call_texts},
           {"has WINDOW", std::move(window)},
           {"emits", {std::string(emission_text(aggregate.options.emission))}}}};
}
LastingNode lasting(const TableFilterNode& having, const PlanNode&) {
  return {"HAVING", {{"takes groups HAVING", {having.options.predicate->to_string()}}}};
}

void add_lasting_nodes(const PlanNode& node, std::vector<LastingNode>& nodes) {
  const bool free = std::holds_alternative<ProjectNode>(node.node) ||
                    (std::holds_alternative<FilterNode>(node.node) && node.change != Change::retract);
  if (!free) nodes.push_back(std::visit([&](const auto& n) { return lasting(n, node); }, node.node));
  for (const auto& input : node.inputs) add_lasting_nodes(*input, nodes);
}

// In the order in which operators are built: each after those that feed it.
void place_notes(const PlanNode& node, const std::vector<std::string>& notes, size_t& next,
                 std::map<const PlanNode*, std::string>& placed) {
  for (const auto& input : node.inputs) place_notes(*input, notes, next, placed);
  if (std::holds_alternative<ScanNode>(node.node)) return;
  if (next < notes.size()) placed[&node] = notes[next];
  ++next;
}

void print(const PlanNode& node, size_t depth, const std::map<const PlanNode*, std::string>& notes, std::string& text) {
  const auto note = notes.find(&node);
  text +=
      fmt::format("{:{}}{} → {}{}\n", "", depth * 2, std::visit([](const auto& n) { return describe(n); }, node.node),
                  change_text(node.change), note == notes.end() ? "" : note->second);
  for (const auto& input : node.inputs) print(*input, depth + 1, notes, text);
}

}  // namespace

bool gives_source_rows(const PlanNode& node) {
  if (std::holds_alternative<ScanNode>(node.node)) return true;
  if (!std::holds_alternative<FilterNode>(node.node) && !std::holds_alternative<ProjectNode>(node.node)) return false;
  return gives_source_rows(*node.inputs[0]);
}

std::vector<LastingNode> lasting_nodes(const QueryPlan& plan) {
  std::vector<LastingNode> nodes;
  add_lasting_nodes(*plan.root, nodes);
  if (!std::holds_alternative<StoreNode>(plan.root->node)) return nodes;
  std::vector<std::string> columns;  // a store has the rows of the result
  for (const Field& field : plan.schema.fields()) columns.push_back(fmt::format("`{}`", field.name));
  nodes.front().traits.push_back({"keeps", std::move(columns)});
  return nodes;
}

std::string print_plan(const QueryPlan& plan, const std::vector<std::string>& notes) {
  std::map<const PlanNode*, std::string> placed;
  size_t next = 0;
  place_notes(*plan.root, notes, next, placed);
  std::string text;
  print(*plan.root, 0, placed, text);
  if (order_matters(*plan.root))
    text += "The result depends on the order of the inputs: by commit on the embedded log, by timestamp on Kafka\n";
  return text;
}

std::string fingerprint(const QueryPlan& plan, const std::string& state_layout) {
  const std::string text =
      plan.schema.to_string() + "\n" + (plan.window ? plan.window->type : "") + "\n" + state_layout;
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

}  // namespace millrace
