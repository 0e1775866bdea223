// SELECT without EMIT: a look-up.
#include <fmt/format.h>

#include <algorithm>

#include "planner/from_clause.h"
#include "planner/grouping.h"
#include "planner/query_planner.h"
#include "runtime/cast.h"

namespace millrace {

using Kind = syntax::Expression::Kind;

namespace {

// What the conjuncts of WHERE fix: values of key columns, bounds of the window.
class KeyFinder {
 public:
  KeyFinder(const PlanContext& context, const Schema& schema)
      : context_(context), schema_(schema), values_(schema.size()) {}

  void read(const syntax::Expression& e) {
    if (e.kind == Kind::logical_and) {
      for (const auto& child : e.children) read(*child);
    } else if (e.kind == Kind::comparison) {
      read_comparison(*e.children[0], e.text, *e.children[1]);
      read_comparison(*e.children[1], turned(e.text), *e.children[0]);
    } else if (e.kind == Kind::between && !e.negated) {
      read_comparison(*e.children[0], ">=", *e.children[1]);
      read_comparison(*e.children[0], "<=", *e.children[2]);
    } else if (e.kind == Kind::in_list && !e.negated) {
      if (const auto key = key_column(*e.children[0])) {
        std::vector<ExpressionPtr> list;
        for (size_t i = 1; i < e.children.size(); ++i) {
          const auto value = literal(*e.children[i], schema_[*key].type);
          if (!value) return;
          list.push_back(value);
        }
        values_[*key] = std::move(list);
      }
    }
  }

  // One column per key column, where every key column is fixed; several values only of a single one.
  std::vector<ColumnPtr> keys() const {
    std::vector<ColumnPtr> columns;
    const auto indexes = schema_.key_indexes();
    for (size_t i : indexes) {
      if (values_[i].empty() || (values_[i].size() > 1 && indexes.size() > 1)) return {};
      auto column = std::make_shared<Column>(schema_[i].type, 0);
      RowErrors errors;
      for (const ExpressionPtr& value : values_[i]) append_value(*column, *evaluate_constant(*value, errors), 0);
      columns.push_back(std::move(column));
    }
    return columns;
  }

  int64_t window_from = INT64_MIN, window_to = INT64_MAX;

 private:
  static std::string turned(const std::string& op) {
    if (op == "<") return ">";
    if (op == "<=") return ">=";
    if (op == ">") return "<";
    return op == ">=" ? "<=" : op;
  }

  std::optional<size_t> key_column(const syntax::Expression& e) const {
    if (e.kind != Kind::column) return std::nullopt;
    const auto found = schema_.find(e.text);
    if (!found || !schema_[*found].key) return std::nullopt;
    return found;
  }

  // The value where it is a literal that fits the type exactly; else the filter alone decides.
  ExpressionPtr literal(const syntax::Expression& e, const Type& type) const {
    const Scope nothing;
    if (e.kind > Kind::string_literal || e.kind == Kind::null_literal) return nullptr;
    const ExpressionPtr bound = ExpressionBinder(context_, nothing).bind(e);
    return implicit_cast_cost(bound->type(), type) ? make_cast(bound, type) : nullptr;
  }

  void read_comparison(const syntax::Expression& column, const std::string& op, const syntax::Expression& value) {
    if (column.kind != Kind::column) return;
    if (const auto key = key_column(column)) {
      if (op != "=") return;
      if (const auto bound = literal(value, schema_[*key].type)) values_[*key] = {bound};
    } else if (column.text == "WINDOWSTART") {
      const auto time = window_time(value);
      if (!time) return;
      if (op == "=" || op == ">=" || op == ">") window_from = std::max(window_from, *time);
      if (op == "=" || op == "<=" || op == "<") window_to = std::min(window_to, *time);
    }
  }

  std::optional<int64_t> window_time(const syntax::Expression& e) const {
    const Scope nothing;
    if (e.kind != Kind::integer_literal && e.kind != Kind::string_literal) return std::nullopt;
    const ExpressionPtr bound = ExpressionBinder(context_, nothing).bind(e);
    RowErrors errors;
    const ColumnPtr value = evaluate_constant(
        *make_cast(bound, bound->type().is(TypeKind::varchar) ? timestamp_type : bigint_type), errors);
    if (!value->valid(0)) return std::nullopt;
    return value->at<int64_t>(0);
  }

  const PlanContext& context_;
  const Schema& schema_;
  std::vector<std::vector<ExpressionPtr>> values_;  // per column of the schema
};

void refuse_clauses(const syntax::Query& query) {
  auto refuse_clause = [](const syntax::Position& position, std::string_view what) {
    refuse(
        ErrorCode::emit_missing, position,
        fmt::format("Pull queries don't support {} clauses. Such a query goes on for ever: say EMIT CHANGES at its end",
                    what));
  };
  if (!query.joins.empty()) refuse_clause(query.joins.front().position, "JOIN");
  if (!query.group_by.empty()) refuse_clause(query.group_by.front()->position, "GROUP BY");
  if (query.window) refuse_clause(query.window->position, "WINDOW");
  if (!query.partition_by.empty()) refuse_clause(query.partition_by.front()->position, "PARTITION BY");
  if (query.having) refuse_clause(query.having->position, "HAVING");
}

}  // namespace

PullPlan plan_pull(const syntax::Query& query, const PlanContext& context) {
  refuse_clauses(query);
  PullPlan plan;
  plan.source = &find_source(query.from, context);
  const FromClause from = plan_scan(query.from, 0, context);
  const ExpressionBinder binder(context, from.scope);
  if (query.where) {
    plan.predicate = binder.bind_as(*query.where, boolean_type, "WHERE");
    KeyFinder finder(context, plan.source->source->schema);
    finder.read(*query.where);
    plan.keys = finder.keys();
    plan.window_from = finder.window_from;
    plan.window_to = finder.window_to;
  }
  std::vector<Field> fields;
  for (const SelectedItem& item : expand_items(query, from, QueryUse::transient)) {
    if (item.expression && has_aggregate(*item.expression, context))
      refuse(ErrorCode::emit_missing, item.position,
             "a SELECT with an aggregate goes on for ever: say EMIT CHANGES at its end");
    const Scope::Column& column = from.scope.columns()[item.column];
    plan.columns.push_back(item.expression ? binder.bind(*item.expression)
                                           : make_column(item.column, column.type, column.name));
    const int index = plan.columns.back()->column_index();
    const auto at = static_cast<size_t>(index);
    const bool bound = from.window_start && (at == *from.window_start || at == *from.window_start + 1);
    fields.push_back({item.name, plan.columns.back()->type(), index >= 0 && (from.is_key(at) || bound)});
  }
  plan.schema = Schema(std::move(fields));
  plan.limit = query.limit;
  return plan;
}

}  // namespace millrace
