#include "planner/replacement.h"

#include <fmt/format.h>

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

void check_replacement(const QueryPlan& there, const QueryPlan& planned, const syntax::Position& position) {
  const std::vector<std::string> old_lines = lasting_lines(there);
  const std::vector<std::string> new_lines = lasting_lines(planned);
  Differences differences;
  for (size_t i = 0; i < std::max(old_lines.size(), new_lines.size()); ++i) {
    const std::string_view before = i < old_lines.size() ? std::string_view(old_lines[i]) : "nothing";
    const std::string_view after = i < new_lines.size() ? std::string_view(new_lines[i]) : "nothing";
    if (before == after) continue;
    differences.push_back(fmt::format("it has «{}», the new one «{}»", before, after));
    break;
  }
  if (differences.empty() && state_layout(there) != state_layout(planned))
    differences.emplace_back("the rows that it keeps have other columns than those that the new one would keep");
  if (!differences.empty()) refuse_differences(position, "the query, which goes on with its state", differences);
}

}  // namespace millrace
