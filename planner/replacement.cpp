#include "planner/replacement.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/pipeline_builder.h"

namespace millrace {

namespace {

using Differences = std::vector<std::string>;

void compare(Differences& differences, std::string_view what, std::string_view there, std::string_view planned) {
  if (there != planned) differences.push_back(fmt::format("its {} is {}, not {}", what, there, planned));
}

std::string kind_of(const Source& source, bool made_by_query) {
  return fmt::format("{}{}", source.table ? "a table" : "a stream",
                     made_by_query ? " AS SELECT" : " of declared columns");
}

std::string window_of(const Source& source, const std::string& type) {
  if (!source.window_size_ms) return "absent";
  return source.sessions ? type : fmt::format("{} of {} ms", type, *source.window_size_ms);
}

std::string_view wrapping_of(const Source& source) {
  const auto wrap = source.value_options.wrap_single;
  return !wrap ? "unsaid" : *wrap ? "true" : "false";
}

std::string column_text(const Field& field, bool table) {
  const char* key = table ? " PRIMARY KEY" : " KEY";
  return fmt::format("`{}` {}{}", field.name, field.type.to_string(), field.key ? key : "");
}

void compare_columns(Differences& differences, const Source& there, const Source& planned) {
  for (size_t i = 0; i < there.schema.size(); ++i) {
    if (i < planned.schema.size() && planned.schema[i] == there.schema[i]) continue;
    differences.push_back(fmt::format(
        "its column {} is {}, {}; columns stay as they are, further ones come after them", i + 1,
        column_text(there.schema[i], there.table),
        i < planned.schema.size() ? "not " + column_text(planned.schema[i], planned.table) : "and is missing"));
    return;
  }
  for (size_t i = there.schema.size(); i < planned.schema.size(); ++i)
    if (planned.schema[i].key)
      differences.push_back(fmt::format("its key cannot get a further column {}", planned.schema[i].name));
}

[[noreturn]] void refuse_differences(const syntax::Position& position, const std::string& what,
                                     const Differences& differences) {
  refuse(ErrorCode::replacement_invalid, position,
         fmt::format("Cannot replace {}: {}. Drop it and create it anew, or give the new one another name", what,
                     fmt::join(differences, "; ")));
}

}  // namespace

void check_replacement(const SourceDefinition& there, const PlannedSource& planned, const syntax::Position& position) {
  const Source& old_source = *there.source;
  const Source& new_source = planned.source;
  Differences differences;
  compare(differences, "kind", kind_of(old_source, !there.maker.empty()), kind_of(new_source, planned.of_query));
  compare(differences, "topic", old_source.topic.name, new_source.topic.name);
  compare(differences, "key format", old_source.key_format->name(), new_source.key_format->name());
  compare(differences, "value format", old_source.value_format->name(), new_source.value_format->name());
  compare(differences, "key delimiter", {&old_source.key_options.delimiter, 1}, {&new_source.key_options.delimiter, 1});
  compare(differences, "value delimiter", {&old_source.value_options.delimiter, 1},
          {&new_source.value_options.delimiter, 1});
  compare(differences, "WRAP_SINGLE_VALUE", wrapping_of(old_source), wrapping_of(new_source));
  compare(differences, "window", window_of(old_source, there.window_type), window_of(new_source, planned.window_type));
  if (differences.empty()) compare_columns(differences, old_source, new_source);
  if (!differences.empty()) refuse_differences(position, "`" + old_source.name + "`", differences);
}

namespace {

// What is among these and not among the others, which may have some of them more than once.
std::vector<std::string> without(std::vector<std::string> these, const std::vector<std::string>& others) {
  for (const std::string& other : others)
    if (const auto found = std::find(these.begin(), these.end(), other); found != these.end()) these.erase(found);
  return these;
}

std::string difference(const std::string& verb, const std::vector<std::string>& there,
                       const std::vector<std::string>& planned) {
  std::vector<std::string> before = without(there, planned);
  std::vector<std::string> after = without(planned, there);
  if (before.empty() && after.empty()) {  // in another order
    before = there;
    after = planned;
  }
  if (before.empty()) return fmt::format("the new one {} {}, it does not", verb, fmt::join(after, ", "));
  if (after.empty()) return fmt::format("it {} {}, the new one does not", verb, fmt::join(before, ", "));
  return fmt::format("it {} {}, the new one {}", verb, fmt::join(before, ", "), fmt::join(after, ", "));
}

// As EXPLAIN has them, the sources last.
std::string kinds(const std::vector<LastingNode>& nodes) {
  std::string text;
  for (const LastingNode& node : nodes) text += (text.empty() ? "" : ", ") + node.kind;
  return text;
}

}  // namespace

void check_replacement(std::string_view name, const QueryPlan& there, const QueryPlan& planned,
                       const syntax::Position& position) {
  const std::vector<LastingNode> before = lasting_nodes(there);
  const std::vector<LastingNode> after = lasting_nodes(planned);
  Differences differences;
  if (kinds(before) != kinds(after))
    differences.push_back(fmt::format("its plan is {}, that of the new one {}", kinds(before), kinds(after)));
  for (size_t i = 0; differences.empty() && i < before.size(); ++i)
    for (size_t t = 0; differences.empty() && t < before[i].traits.size(); ++t)
      if (const auto& trait = before[i].traits[t]; trait != after[i].traits[t])
        differences.push_back(difference(trait.verb, trait.values, after[i].traits[t].values));
  if (differences.empty() && state_layout(there) != state_layout(planned))
    differences.emplace_back("the rows that it keeps have other columns than those that the new one would keep");
  if (!differences.empty()) refuse_differences(position, fmt::format("`{}` and keep its state", name), differences);
}

}  // namespace millrace
