#include "planner/scope.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/function_hint.h"
#include "runtime/nearest_name.h"

namespace millrace {

size_t Scope::resolve(const syntax::Expression& column) const {
  size_t found = columns_.size();
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name != column.text) continue;
    if (!column.qualifier.empty() && columns_[i].qualifier != column.qualifier) continue;
    if (found != columns_.size())
      refuse(ErrorCode::column_ambiguous, column.position,
             fmt::format("column {} is in {} and in {}: say which, as in {}.{}", column.text, columns_[found].qualifier,
                         columns_[i].qualifier, columns_[i].qualifier, column.text));
    found = i;
  }
  if (found != columns_.size()) return found;
  std::vector<std::string> names;
  for (const Column& c : columns_) names.push_back(c.name);
  const std::string name = column.qualifier.empty() ? column.text : column.qualifier + "." + column.text;
  if (const std::string hint = clock_hint(name); !hint.empty())
    refuse(ErrorCode::column_unknown, column.position, fmt::format("there is no {}{}", name, hint));
  if (column.qualifier.empty() && results_.contains(column.text))
    refuse(ErrorCode::column_unknown, column.position,
           fmt::format("there is no column {0} here: it is what a result is called, repeat its expression; {1}",
                       column.text, available()));
  refuse(ErrorCode::column_unknown, column.position,
         fmt::format("there is no column {}{}; {}{}", name, did_you_mean(column.text, names), available(),
                     column.double_quoted ? fmt::format("; text is written in single quotes, '{}'", column.text) : ""));
}

void Scope::name_results(const syntax::Query& query) {
  for (const syntax::SelectItem& item : query.items)
    if (item.alias) results_.insert(item.alias->text);
}

std::string Scope::label(size_t column) const {
  const Column& one = columns_[column];
  const bool several = std::any_of(columns_.begin(), columns_.end(), [this](const Column& c) {
    return !c.qualifier.empty() && c.qualifier != columns_[0].qualifier;
  });
  return several && !one.qualifier.empty() ? one.qualifier + "." + one.name : one.name;
}

std::string Scope::available() const {
  constexpr size_t shown_max = 20;
  std::string text;
  std::string qualifier;
  size_t shown = 0;
  for (const Column& column : columns_) {
    if (column.pseudo || column.name.empty()) continue;
    if (++shown > shown_max) return text + ", …";
    if (text.empty() || column.qualifier != qualifier) {
      text += fmt::format("{}{} has ", text.empty() ? "" : "; ", column.qualifier);
      qualifier = column.qualifier;
    } else {
      text += ", ";
    }
    text += column.name;
  }
  return text.empty() ? "no column can be named here" : text;
}

}  // namespace millrace
