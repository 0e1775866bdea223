#include "planner/query_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "planner/from_clause.h"
#include "planner/grouping.h"
#include "planner/table_functions.h"

namespace millrace {

namespace {

// One part of a result's key: what must be in the projection.
struct KeyPart {
  std::vector<ExpressionPtr> alternatives;  // any of them will do, the first one that is there is taken
  std::string name;                         // as messages call it
  ExpressionPtr value;                      // what it is; null: the alternative that was taken
};

class QueryPlanner {
 public:
  QueryPlanner(const syntax::Query& query, QueryUse use, const PlanContext& context)
      : query_(query), use_(use), context_(context), from_(plan_from(query, context)) {}

  QueryPlan plan() {
    plan_.sources = from_.sources;
    plan_.limit = query_.limit;
    if (query_.where) add_where();
    const std::vector<SelectedItem> items = expand_items(query_, from_, use_);
    bool aggregates = !query_.group_by.empty() || (query_.having && has_aggregate(*query_.having, context_));
    for (const SelectedItem& item : items)
      aggregates = aggregates || (item.expression && has_aggregate(*item.expression, context_));
    if (aggregates) {
      add_aggregate(items);
    } else {
      add_projection(items);
    }
    prune_columns(*from_.root);
    plan_.change = from_.root->change;
    plan_.source_rows = gives_source_rows(*from_.root);
    if (use_ == QueryUse::persistent && from_.table() && !plan_.queryable && !plan_.window) add_store();
    plan_.root = std::move(from_.root);
    return std::move(plan_);
  }

 private:
  // Of a table that no aggregate keeps; a windowed one would have to forget windows, and is not kept.
  void add_store() {
    TableStoreOptions options;
    for (const Field& field : plan_.schema.fields()) {
      options.types.push_back(field.type);
      if (field.key) ++options.key_count;
    }
    const Change change = from_.root->change;
    const size_t width = from_.root->width;
    from_.root = node_over(std::move(from_.root), StoreNode{std::move(options)}, change, width);
    plan_.queryable = true;
  }

  void add_where() {
    ExpressionPtr predicate = ExpressionBinder(context_, from_.scope).bind_as(*query_.where, boolean_type, "WHERE");
    const Change change = from_.root->change;
    const size_t width = from_.root->width;
    const FilterOptions options{std::move(predicate), gives_source_rows(*from_.root), from_.table()};
    from_.root = node_over(std::move(from_.root), FilterNode{options}, change, width);
  }

  void add_projection(const std::vector<SelectedItem>& items) {
    if (query_.having) refuse(ErrorCode::grouping_invalid, query_.having->position, "HAVING needs a GROUP BY");
    if (query_.window)
      refuse(ErrorCode::grouping_invalid, query_.window->position, "WINDOW clause requires a GROUP BY clause.");
    if (query_.emit == syntax::Emit::final)
      refuse(ErrorCode::query_invalid, query_.emit_position, "EMIT FINAL is only supported for windowed aggregations.");
    const std::vector<KeyPart> keys = query_.partition_by.empty() ? from_keys() : partition_keys();
    const size_t width = from_.root->width;
    for (const SelectedItem& item : items)
      if (use_ == QueryUse::persistent && item.expression && is_null_literal(*item.expression))
        refuse(ErrorCode::type_mismatch, item.position,
               "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).");
    std::vector<ExpressionPtr> columns = bind_with_table_functions(items, from_, context_);
    // Key and pseudo columns have values also where the row has none, and so has the key that PARTITION BY makes of
    // them.
    auto is_known = [this, width](const ExpressionPtr& e) {
      if (query_.partition_by.empty() && e->column_index() < 0) return false;
      std::set<size_t> read;
      collect_columns(*e, read);
      return std::all_of(read.begin(), read.end(), [&](size_t column) {
        return column < width && (from_.is_key(column) || from_.scope.columns()[column].pseudo);
      });
    };
    finish_projection(items, std::move(columns), keys, is_known, from_.window_start);
    plan_.window = from_.window;
  }

  std::vector<KeyPart> from_keys() const {
    std::vector<KeyPart> keys;
    for (const auto& part : from_.keys) {
      KeyPart key;
      key.value = from_column(part.value);
      for (size_t column : part.columns) {
        key.alternatives.push_back(from_column(column));
        key.name += (key.name.empty() ? "" : " or ") + from_.scope.label(column);
      }
      keys.push_back(std::move(key));
    }
    return keys;
  }

  std::vector<KeyPart> partition_keys() {
    if (from_.table())
      refuse(ErrorCode::query_invalid, query_.partition_by[0]->position,
             "PARTITION BY is not supported for tables: their rows are partitioned by their primary key");
    if (from_.window)
      refuse(ErrorCode::query_invalid, query_.partition_by[0]->position,
             "PARTITION BY is not supported for windowed sources: it would drop the window from the key");
    std::vector<KeyPart> keys;
    for (const auto& e : query_.partition_by) {
      if (is_null_literal(*e)) {
        if (query_.partition_by.size() == 1) return {};
        refuse(ErrorCode::query_invalid, e->position, "PARTITION BY NULL stands alone: it removes the key");
      }
      KeyPart key;
      key.alternatives.push_back(ExpressionBinder(context_, from_.scope).bind(*e));
      const int column = key.alternatives[0]->column_index();
      key.name = column >= 0 ? from_.scope.label(static_cast<size_t>(column)) : key.alternatives[0]->to_string();
      for (const KeyPart& other : keys)
        if (other.alternatives[0]->to_string() == key.alternatives[0]->to_string())
          refuse(ErrorCode::query_invalid, e->position, "PARTITION BY names " + key.name + " twice");
      keys.push_back(std::move(key));
    }
    return keys;
  }

  ExpressionPtr from_column(size_t i) const {
    return make_column(i, from_.scope.columns()[i].type, from_.scope.label(i));
  }

  void add_aggregate(const std::vector<SelectedItem>& items) {
    if (!query_.partition_by.empty())
      refuse(ErrorCode::query_invalid, query_.partition_by[0]->position,
             "PARTITION BY and GROUP BY exclude each other: groups are partitioned by their key");
    GroupedQuery grouped = plan_grouping(query_, from_, items, context_);
    from_.root = std::move(grouped.root);
    plan_.queryable = true;
    plan_.window = grouped.window;
    std::vector<KeyPart> keys;
    for (const ExpressionPtr& key : grouped.keys) keys.push_back({{key}, key->to_string(), nullptr});
    const size_t known = grouped.keys.size() + (grouped.window ? 2 : 0);
    auto is_known = [known](const ExpressionPtr& e) {
      return e->column_index() >= 0 && static_cast<size_t>(e->column_index()) < known;
    };
    finish_projection(items, std::move(grouped.columns), keys, is_known, grouped.window_start);
  }

  // Puts the key columns first where the result has a key, in the order of its parts, and the window's bounds last.
  // `is_known`: a row without a value has this column, too.
  template <class IsKnown>
  void finish_projection(const std::vector<SelectedItem>& items, std::vector<ExpressionPtr> columns,
                         const std::vector<KeyPart>& keys, IsKnown is_known, std::optional<size_t> window_start) {
    const std::vector<int> parts = key_parts(items, columns, keys);
    std::vector<Field> fields;
    ProjectNode project;
    auto add = [&](size_t i) {
      const ExpressionPtr value = parts[i] >= 0 ? keys[static_cast<size_t>(parts[i])].value : nullptr;
      if (value && use_ == QueryUse::persistent)
        columns[i] = make_column(static_cast<size_t>(value->column_index()), value->type(),
                                 from_.scope.label(static_cast<size_t>(columns[i]->column_index())));
      // A client that shows the result as a table asks for its keys too; the columns stay in the order that was said.
      fields.push_back({items[i].name, columns[i]->type(), parts[i] >= 0});
      project.columns.push_back(columns[i]);
      // What PARTITION BY computes of a row's value is null where the row has none.
      project.keys.push_back((parts[i] >= 0 && query_.partition_by.empty()) || is_known(columns[i]));
    };
    const bool keys_first = use_ == QueryUse::persistent;
    for (int k = 0; keys_first && k < static_cast<int>(keys.size()); ++k)
      for (size_t i = 0; i < items.size(); ++i)
        if (parts[i] == k) add(i);
    const size_t key_count = fields.size();
    for (size_t i = 0; i < items.size(); ++i)
      if (!keys_first || parts[i] < 0) add(i);
    if (keys_first && fields.size() == key_count)
      refuse(ErrorCode::query_invalid, query_.position, "The projection contains no value columns.");
    if (window_start) {
      plan_.window_start = project.columns.size();
      project.columns.push_back(make_column(*window_start, bigint_type, "WINDOWSTART"));
      project.columns.push_back(make_column(*window_start + 1, bigint_type, "WINDOWEND"));
      project.keys.insert(project.keys.end(), 2, true);
    }
    plan_.schema = Schema(std::move(fields));
    plan_.whole_key = !keys.empty();
    for (int k = 0; k < static_cast<int>(keys.size()); ++k)
      plan_.whole_key = plan_.whole_key && std::find(parts.begin(), parts.end(), k) != parts.end();
    const Change change = from_.root->change;
    const size_t width = project.columns.size();
    from_.root = node_over(std::move(from_.root), std::move(project), change, width);
  }

  // Of each item, which part of the key it is, or −1.
  std::vector<int> key_parts(const std::vector<SelectedItem>& items, const std::vector<ExpressionPtr>& columns,
                             const std::vector<KeyPart>& keys) const {
    std::vector<int> parts(items.size(), -1);
    for (size_t k = 0; k < keys.size(); ++k) {
      std::vector<size_t> found;
      for (const ExpressionPtr& wanted : keys[k].alternatives) {
        const std::string text = wanted->to_string();
        for (size_t i = 0; i < columns.size(); ++i)
          if (columns[i]->to_string() == text) found.push_back(i);
        if (!found.empty()) break;
      }
      if (use_ == QueryUse::persistent) check_key(keys[k], found, items);
      for (size_t i : found) parts[i] = static_cast<int>(k);
    }
    return parts;
  }

  void check_key(const KeyPart& key, const std::vector<size_t>& found, const std::vector<SelectedItem>& items) const {
    if (found.empty())
      refuse(ErrorCode::query_invalid, query_.position,
             fmt::format("The query must include the key column {} in its projection (eg, SELECT {}…).", key.name,
                         key.name));
    if (found.size() > 1)
      refuse(ErrorCode::query_invalid, query_.position,
             fmt::format("The projection contains a key column more than once: `{}` and `{}`.; AS_VALUE copies a key "
                         "into the value",
                         items[found[0]].name, items[found[1]].name));
  }

  const syntax::Query& query_;
  QueryUse use_;
  const PlanContext& context_;
  FromClause from_;
  QueryPlan plan_;
};

}  // namespace

QueryPlan plan_query(const syntax::Query& query, QueryUse use, const PlanContext& context) {
  return QueryPlanner(query, use, context).plan();
}

}  // namespace millrace
