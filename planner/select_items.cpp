#include "planner/select_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace {

using Kind = syntax::Expression::Kind;

namespace {

// Names for columns without an alias: the column's or field's own, else KSQL_COL_n.
class ItemNames {
 public:
  ItemNames(const std::vector<syntax::SelectItem>& items, const Scope& scope) : scope_(scope) {
    for (const auto& item : items)
      if (item.alias) taken_.insert(item.alias->text);
  }
  std::string name(const syntax::SelectItem& item) { return item.alias ? item.alias->text : name(*item.expression); }
  std::string name(const syntax::Expression& e) {
    if (e.kind == Kind::column) return clashes(e.text) ? e.qualifier + "_" + e.text : e.text;
    if (e.kind == Kind::field) {
      std::string name = e.text;
      for (int i = 1; taken_.contains(name); ++i) name = fmt::format("{}_{}", e.text, i);
      taken_.insert(name);
      return name;
    }
    std::string name;
    do name = fmt::format("KSQL_COL_{}", next_++);
    while (taken_.contains(name));
    return name;
  }

 private:
  // Whether several sources of a join have such a column.
  bool clashes(const std::string& column) const {
    return std::count_if(scope_.columns().begin(), scope_.columns().end(),
                         [&](const Scope::Column& c) { return c.name == column; }) > 1;
  }

  const Scope& scope_;
  std::set<std::string> taken_;
  int next_ = 0;
};

// * or t.*: all columns but the pseudo columns; of a join each with its source's name before it.
class Star {
 public:
  Star(const FromClause& from, QueryUse use) : from_(from), use_(use) {}

  // With PARTITION BY: the new key, the value's columns, then what was the key before.
  void expand_partitioned(const syntax::SelectItem& item, const std::vector<syntax::ExpressionPtr>& partition_by,
                          ItemNames& names, std::vector<SelectedItem>& items) const {
    std::vector<SelectedItem> all;
    expand(item, all);
    std::set<size_t> new_keys;
    for (const auto& e : partition_by) {
      if (e->kind == Kind::null_literal) continue;
      if (e->kind == Kind::column) {
        const size_t column = from_.scope.resolve(*e);
        new_keys.insert(column);
        for (const SelectedItem& one : all)
          if (one.column == column) items.push_back(one);
      } else {
        items.push_back({e.get(), 0, names.name(*e), item.position});
      }
    }
    for (const bool key : {false, true})
      for (const SelectedItem& one : all)
        if (from_.is_key(one.column) == key && !new_keys.contains(one.column)) items.push_back(one);
  }

  void expand(const syntax::SelectItem& item, std::vector<SelectedItem>& items) const {
    const auto& columns = from_.scope.columns();
    const bool joined = from_.sources.size() > 1;
    bool bounds_due = from_.window_start && use_ == QueryUse::transient;
    bool any = false;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (item.qualifier && columns[i].qualifier != item.qualifier->text) continue;
      any = true;
      if (columns[i].pseudo) continue;
      if (bounds_due && !from_.is_key(i)) {
        bounds_due = false;
        items.push_back({nullptr, *from_.window_start, "WINDOWSTART", item.position});
        items.push_back({nullptr, *from_.window_start + 1, "WINDOWEND", item.position});
      }
      const bool prefixed = joined && !columns[i].qualifier.empty();
      items.push_back(
          {nullptr, i, prefixed ? columns[i].qualifier + "_" + columns[i].name : columns[i].name, item.position});
    }
    if (any) return;
    std::set<std::string> names;
    for (const auto& column : columns)
      if (!column.qualifier.empty()) names.insert(column.qualifier);
    refuse(
        ErrorCode::source_unknown, item.position,
        fmt::format("{}.* names no source of this query; it reads {}", item.qualifier->text, fmt::join(names, ", ")));
  }

 private:
  const FromClause& from_;
  QueryUse use_;
};

}  // namespace

std::vector<SelectedItem> expand_items(const syntax::Query& query, const FromClause& from, QueryUse use) {
  std::vector<SelectedItem> items;
  ItemNames names(query.items, from.scope);
  for (const syntax::SelectItem& item : query.items) {
    if (item.all_fields) refuse_unsupported(item.position, "struct->*");
    if (item.expression) {
      items.push_back({item.expression.get(), 0, names.name(item), item.position});
    } else if (query.partition_by.empty() || item.qualifier) {
      Star(from, use).expand(item, items);
    } else {
      Star(from, use).expand_partitioned(item, query.partition_by, names, items);
    }
  }
  std::set<std::string> seen;
  for (const SelectedItem& item : items)
    if (!seen.insert(item.name).second)
      refuse(ErrorCode::column_exists, item.position,
             fmt::format("the result has two columns {}: give one an alias with AS", item.name));
  return items;
}

}  // namespace millrace
