#include "planner/plan.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <map>

namespace millrace {

namespace {

std::string list(const std::vector<ExpressionPtr>& expressions) {
  std::string text;
  for (const auto& e : expressions) text += (text.empty() ? "" : ", ") + e->to_string();
  return text;
}

std::string_view emission_text(Emission emission) {
  switch (emission) {
    case Emission::each_update:
      return "emits each update";
    case Emission::per_step:
      return "emits once per commit and key";
    case Emission::on_close:
      return "emits when the window closes";
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
std::string describe(const JoinNode& node) {
  std::string text = node.text;
  switch (node.options.shape) {
    case JoinShape::stream_stream:
      text += ", stream time of both inputs";
      text += node.options.window->pads_at_close
                  ? ", emits each pair, a padded row when it can find no partner any more"
                  : ", emits each pair, a padded row at once";
      break;
    case JoinShape::stream_table:
      text += ", emits each left row with the right one that is there when it comes";
      break;
    case JoinShape::table_table:
    case JoinShape::foreign_key:
      text += ", emits each update";
      break;
  }
  return text;
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
  std::string calls;
  for (const std::string& call : node.call_texts) calls += (calls.empty() ? "" : ", ") + call;
  std::string window;
  if (node.options.window) window = " " + describe(*node.options.window);
  return fmt::format("AGGREGATE by [{}] computes [{}]{}, {}", list(node.options.keys), calls, window,
                     emission_text(node.options.emission));
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

std::string kept_columns(const std::vector<bool>& kept, const PlanNode& input) {
  const std::vector<std::string> names = column_names(input);
  std::string text;
  for (size_t i = 0; i < kept.size(); ++i)
    if (kept[i]) text += fmt::format("{}{}", text.empty() ? "" : ", ", i < names.size() ? names[i] : std::to_string(i));
  return text;
}

std::optional<std::string> lasting_line(const PlanNode& node) {
  if (std::holds_alternative<ProjectNode>(node.node)) return std::nullopt;
  if (std::holds_alternative<FilterNode>(node.node) && node.change != Change::retract) return std::nullopt;
  if (const auto* scan = std::get_if<ScanNode>(&node.node))
    return fmt::format("SCAN {} topic {}", scan->source->name, scan->source->topic.name);
  std::string line = std::visit([](const auto& n) { return describe(n); }, node.node);
  if (const auto* materialize = std::get_if<MaterializeNode>(&node.node))
    line += fmt::format(" keeps [{}]", kept_columns(materialize->options.kept, *node.inputs[0]));
  if (const auto* join = std::get_if<JoinNode>(&node.node))
    line += fmt::format(", keeps [{}] and [{}]", kept_columns(join->options.left.kept, *node.inputs[0]),
                        kept_columns(join->options.right.kept, *node.inputs[1]));
  return line;
}

void add_lasting_lines(const PlanNode& node, std::vector<std::string>& lines) {
  if (auto line = lasting_line(node)) lines.push_back(std::move(*line));
  for (const auto& input : node.inputs) add_lasting_lines(*input, lines);
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

std::vector<std::string> lasting_lines(const QueryPlan& plan) {
  std::vector<std::string> lines;
  add_lasting_lines(*plan.root, lines);
  return lines;
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
