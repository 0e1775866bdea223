#include "planner/plan.h"

#include <fmt/format.h>
#include <xxhash.h>

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
std::string describe(const FilterNode& filter) { return "FILTER " + filter.predicate->to_string(); }
std::string describe(const ProjectNode& project) { return fmt::format("PROJECT [{}]", list(project.columns)); }
std::string describe(const AggregateWindow& window) {
  const bool session = window.kind == WindowKind::session;
  std::string text =
      fmt::format("{} {} {} ms", window_kind_name(window.kind), session ? "gap" : "size", window.size_ms);
  if (window.kind == WindowKind::hopping) text += fmt::format(" advance {} ms", window.advance_ms);
  return text + fmt::format(" grace {} ms retention {} ms", window.grace_ms, window.retention_ms);
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

}  // namespace

std::string print_plan(const QueryPlan& plan) {
  std::string text;
  int depth = 0;
  for (const PlanNode* node = plan.root.get(); node != nullptr; node = node->input.get(), ++depth)
    text +=
        fmt::format("{:{}}{} → {}\n", "", depth * 2, std::visit([](const auto& n) { return describe(n); }, node->node),
                    node->change == Change::append ? "append" : "upsert");
  return text;
}

std::string fingerprint(const QueryPlan& plan, const std::string& state_layout) {
  const std::string text =
      plan.schema.to_string() + "\n" + (plan.window ? plan.window->type : "") + "\n" + state_layout;
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

}  // namespace millrace
