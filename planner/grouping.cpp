#include "planner/grouping.h"

#include <fmt/format.h>

#include <algorithm>

#include "grammar/format.h"
#include "planner/aggregate_settings.h"
#include "planner/function_hint.h"
#include "planner/window_binder.h"
#include "runtime/cast.h"

namespace millrace {

using Kind = syntax::Expression::Kind;

namespace {

bool is_aggregate_call(const syntax::Expression& e, const PlanContext& context) {
  return e.kind == Kind::call && context.aggregates.find(e.text) != nullptr;
}

// While the SELECT is bound, the window's bounds and the calls are columns after those of FROM.
class GroupPlanner {
 public:
  GroupPlanner(const syntax::Query& query, FromClause& from, const PlanContext& context)
      : query_(query), from_(from), context_(context), binder_(context, from.scope) {}

  GroupedQuery plan(const std::vector<SelectedItem>& items) {
    check_aggregates(items);
    bind_keys();
    GroupedQuery out;
    out.columns = bind_items(items);
    if (query_.having) refuse_bounds(*query_.having);
    ExpressionPtr having = query_.having ? bind_over_groups(*query_.having) : nullptr;
    if (!ungrouped_.empty())
      refuse(ErrorCode::grouping_invalid, query_.having->position,
             "Non-aggregate HAVING expression not part of GROUP BY: " + ungrouped_[0]);
    if (having && !having->type().is(TypeKind::boolean))
      refuse(ErrorCode::type_mismatch, query_.having->position,
             "HAVING must be BOOLEAN, here is " + having->type().to_string());
    for (size_t k = 0; k < keys_.size(); ++k) out.keys.push_back(make_column(k, keys_[k]->type(), group_name(k)));
    add_aggregate(out);
    if (having) add_having(std::move(having));
    out.root = std::move(from_.root);
    return out;
  }

 private:
  void check_aggregates(const std::vector<SelectedItem>& items) const {
    if (query_.group_by.empty()) {
      std::string rest;
      const syntax::Position* position = items.empty() ? &query_.position : &items.front().position;
      for (const SelectedItem& item : items) {
        if (item.expression && has_aggregate(*item.expression, context_)) continue;
        if (rest.empty()) position = &item.position;
        rest += (rest.empty() ? "" : ", ") + item.name;
      }
      refuse(ErrorCode::grouping_invalid, *position,
             rest.empty() ? "an aggregate needs a GROUP BY"
                          : fmt::format("Non-aggregate SELECT expression(s) not part of GROUP BY: {}\n"
                                        "Say what the aggregates are to be grouped by.",
                                        rest));
    }
    const bool any = std::any_of(items.begin(), items.end(), [this](const SelectedItem& item) {
      return item.expression && has_aggregate(*item.expression, context_);
    });
    if (any || (query_.having && has_aggregate(*query_.having, context_))) return;
    for (const SelectedItem& item : items)
      if (item.expression) refuse_unknown_calls(*item.expression);
    refuse(ErrorCode::grouping_invalid, query_.group_by[0]->position,
           "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
  }

  // A function that there is not may have been meant for the aggregate that is missing.
  void refuse_unknown_calls(const syntax::Expression& e) const {
    if (e.kind == Kind::call && context_.functions.find(e.text) == nullptr) refuse_unknown_function(e, context_);
    for (const auto& child : e.children) refuse_unknown_calls(*child);
  }

  void bind_keys() {
    for (const auto& e : query_.group_by) {
      if (const auto* call = find_aggregate(*e))
        refuse(ErrorCode::grouping_invalid, e->position,
               fmt::format("GROUP BY does not support aggregate functions: {} is an aggregate function.", call->text));
      refuse_bounds(*e);
      keys_.push_back(binder_.bind(*e));
      texts_.push_back(keys_.back()->to_string());
      if (std::find(texts_.begin(), texts_.end() - 1, texts_.back()) != texts_.end() - 1)
        refuse(ErrorCode::grouping_invalid, e->position,
               "Duplicate GROUP BY expression: " + syntax::format_expression(*e));
    }
  }
  const syntax::Expression* find_aggregate(const syntax::Expression& e) const {
    if (is_aggregate_call(e, context_)) return &e;
    for (const auto& child : e.children)
      if (const auto* found = find_aggregate(*child)) return found;
    return nullptr;
  }

  // The bounds are known once rows have been grouped, and those of a windowed source are columns of its own.
  void refuse_bounds(const syntax::Expression& e) const {
    if (!query_.window || from_.window) return;
    if (e.kind == Kind::column && (e.text == "WINDOWSTART" || e.text == "WINDOWEND"))
      refuse(ErrorCode::grouping_invalid, e.position,
             fmt::format("Window bounds column {} can only be used in the SELECT clause of windowed aggregations and "
                         "can not be passed to aggregate functions",
                         e.text));
    for (const auto& child : e.children) refuse_bounds(*child);
  }

  std::vector<ExpressionPtr> bind_items(const std::vector<SelectedItem>& items) {
    std::vector<ExpressionPtr> columns;
    std::string refused;
    const syntax::Position* position = nullptr;
    for (const SelectedItem& item : items) {
      columns.push_back(item.expression ? bind_over_groups(*item.expression)
                                        : replace_groups(from_column(item.column)));
      if (ungrouped_.empty()) continue;
      std::string text = item.expression ? syntax::format_expression(*item.expression) : item.name;
      if (item.expression && item.expression->kind == Kind::arithmetic) text = fmt::format("({})", text);
      refused += (refused.empty() ? "" : ", ") + text;
      if (position == nullptr) position = &item.position;
      ungrouped_.clear();
    }
    if (position != nullptr)
      refuse(ErrorCode::grouping_invalid, *position,
             fmt::format("Non-aggregate SELECT expression(s) not part of GROUP BY: {}\n"
                         "Either add the column(s) to the GROUP BY or remove them from the SELECT.",
                         refused));
    return columns;
  }

  void add_aggregate(GroupedQuery& out) {
    aggregate_.counts = gives_source_rows(*from_.root);
    if (from_.table()) materialize();
    aggregate_.keys = keys_;
    aggregate_.emission = emission();
    if (query_.window) aggregate_.window = bind_window(*query_.window);
    if (from_.scattered || !groups_by_key()) aggregate_.logical_partitions = partitions();
    const size_t width = keys_.size() + (query_.window ? 2 : 0) + aggregate_.calls.size();
    if (query_.window) {
      out.window = ResultWindow{std::string(window_kind_name(aggregate_.window->kind)), aggregate_.window->size_ms};
      out.window_start = keys_.size();
    }
    AggregateNode node;
    node.options = aggregate_;
    node.call_texts = call_texts_;
    from_.root = node_over(std::move(from_.root), std::move(node), Change::upsert, width);
  }

  // A table's rows change: the old one is taken back from its group.
  void materialize() {
    if (query_.window)
      refuse(ErrorCode::query_invalid, query_.window->position,
             "WINDOW clause is only supported for stream aggregations.");
    for (size_t i = 0; i < aggregate_.calls.size(); ++i)
      if (!aggregate_.calls[i].overload->retract)
        refuse(ErrorCode::grouping_invalid, query_.from.name.position,
               fmt::format(
                   "The aggregation function(s) ({}) cannot be applied to a table source, only to a stream source.",
                   call_texts_[i].substr(0, call_texts_[i].find('('))));
    MaterializeNode node;
    for (const auto& column : from_.scope.columns()) node.options.types.push_back(column.type);
    for (const auto& part : from_.keys) node.options.keys.push_back(part.value);
    if (from_.window_start) {
      node.options.keys.push_back(*from_.window_start);
      node.options.keys.push_back(*from_.window_start + 1);
    }
    node.options.counts = aggregate_.counts;
    aggregate_.counts = false;
    aggregate_.retracts = true;
    const size_t width = from_.root->width;
    from_.root = node_over(std::move(from_.root), std::move(node), Change::retract, width);
  }

  void add_having(ExpressionPtr having) {
    const size_t width = from_.root->width;
    if (aggregate_.emission == Emission::on_close) {
      from_.root =
          node_over(std::move(from_.root), FilterNode{{std::move(having), false, false}}, Change::upsert, width);
      return;
    }
    TableFilterNode node;
    node.options.predicate = std::move(having);
    for (size_t k = 0; k < keys_.size(); ++k) {
      node.options.keys.push_back(k);
      node.key_types.push_back(keys_[k]->type());
    }
    if (aggregate_.window) {
      node.options.window_bound = keys_.size() + (aggregate_.window->kind == WindowKind::session ? 1 : 0);
      node.options.retention_ms = aggregate_.window->retention_ms;
    }
    from_.root = node_over(std::move(from_.root), std::move(node), Change::upsert, width);
  }

  // Whether the groups are those of the rows' key.
  bool groups_by_key() const {
    if (keys_.size() != from_.keys.size()) return false;
    for (size_t k = 0; k < keys_.size(); ++k) {
      const auto& part = from_.keys[k].columns;
      const int column = keys_[k]->column_index();
      if (column < 0 || std::find(part.begin(), part.end(), static_cast<size_t>(column)) == part.end()) return false;
    }
    return true;
  }
  int32_t partitions() const {
    int32_t most = 1;
    for (const auto& source : from_.sources) most = std::max(most, source->topic.partitions);
    return most == 1 ? 0 : most;
  }

  ExpressionPtr from_column(size_t i) const {
    const auto& column = from_.scope.columns()[i];
    return make_column(i, column.type, from_.scope.label(i));
  }
  // As messages call the key.
  std::string group_name(size_t k) const {
    const int index = keys_[k]->column_index();
    return index >= 0 ? from_.scope.label(static_cast<size_t>(index)) : texts_[k];
  }

  Emission emission() const {
    if (query_.emit == syntax::Emit::final) {
      if (!query_.window)
        refuse(ErrorCode::query_invalid, query_.emit_position,
               "EMIT FINAL is only supported for windowed aggregations.");
      return Emission::on_close;
    }
    const auto buffering = context_.properties.find("cache.max.bytes.buffering");
    return buffering != context_.properties.end() && buffering->second == "0" ? Emission::each_update
                                                                              : Emission::per_step;
  }

  ExpressionPtr bind_aggregate_call(const syntax::Expression& e) {
    const AggregateFunction* function = context_.aggregates.find(e.text);
    std::vector<ExpressionPtr> arguments;
    std::vector<std::optional<Type>> types;
    for (const auto& child : e.children) {
      if (child->kind == Kind::star) continue;  // COUNT(*)
      if (has_aggregate(*child, context_))
        refuse(ErrorCode::grouping_invalid, child->position,
               "Aggregate functions can not be nested: " + syntax::format_expression(e));
      refuse_bounds(*child);
      arguments.push_back(is_null_literal(*child) ? nullptr : binder_.bind(*child));
      types.push_back(arguments.back() ? std::optional(arguments.back()->type()) : std::nullopt);
    }
    auto [index, match] = choose_overload(function->overloads, types, e);
    AggregateCall call;
    call.overload = &function->overloads[index];
    std::string text = e.text + "(";
    for (size_t i = 0; i < arguments.size(); ++i) {
      call.arguments.push_back(arguments[i] ? make_cast(arguments[i], match.parameters[i])
                                            : make_null(match.parameters[i]));
      text += (i == 0 ? "" : ", ") + call.arguments.back()->to_string();
    }
    text += ")";
    check_settings(*call.overload, call.arguments, e);
    if (function->limit) call.arguments.push_back(make_integer(aggregate_limit(*function->limit, context_)));
    call.result = call.overload->result_type ? call.overload->result_type(match.parameters) : match.result;
    auto known = std::find(call_texts_.begin(), call_texts_.end(), text);
    const auto at = static_cast<size_t>(known - call_texts_.begin());
    Type type = call.result;
    if (known == call_texts_.end()) {
      call_texts_.push_back(text);
      aggregate_.calls.push_back(std::move(call));
    }
    return make_column(from_.scope.columns().size() + 2 + at, std::move(type), text);
  }

  ExpressionPtr bind_over_groups(const syntax::Expression& e) {
    const ExpressionBinder binder(context_, from_.scope, [this](const syntax::Expression& node) -> ExpressionPtr {
      if (is_aggregate_call(node, context_)) return bind_aggregate_call(node);
      if (!query_.window || node.kind != Kind::column) return nullptr;
      if (node.text == "WINDOWSTART") return make_column(from_.scope.columns().size(), bigint_type, node.text);
      if (node.text == "WINDOWEND") return make_column(from_.scope.columns().size() + 1, bigint_type, node.text);
      return nullptr;
    });
    return replace_groups(binder.bind(e));
  }

  // From columns of the source and those after it to columns of the aggregate's output. Those of the source that are
  // not part of the key are left, and remembered.
  ExpressionPtr replace_groups(const ExpressionPtr& bound) {
    return transform(bound, [&](const ExpressionPtr& e) -> ExpressionPtr {
      const std::string text = e->to_string();
      for (size_t k = 0; k < texts_.size(); ++k)
        if (text == texts_[k]) return make_column(k, e->type(), group_name(k));
      if (e->column_index() < 0) return nullptr;
      const auto index = static_cast<size_t>(e->column_index());
      const size_t width = from_.scope.columns().size();
      if (index < width) {
        ungrouped_.push_back(from_.scope.label(index));
        return e;
      }
      // The bounds take no place in an aggregate without a window.
      const size_t out = keys_.size() + index - width - (query_.window ? 0 : 2);
      return make_column(out, e->type(),
                         index < width + 2 ? std::string(index == width ? "WINDOWSTART" : "WINDOWEND")
                                           : call_texts_[index - width - 2]);
    });
  }

  const syntax::Query& query_;
  FromClause& from_;
  const PlanContext& context_;
  ExpressionBinder binder_;
  std::vector<ExpressionPtr> keys_;
  std::vector<std::string> texts_;      // of the keys
  std::vector<std::string> ungrouped_;  // columns that an item names outside of its aggregates
  AggregateOptions aggregate_;
  std::vector<std::string> call_texts_;
};

}  // namespace

bool has_aggregate(const syntax::Expression& e, const PlanContext& context) {
  if (is_aggregate_call(e, context)) return true;
  return std::any_of(e.children.begin(), e.children.end(), [&](const auto& c) { return has_aggregate(*c, context); });
}

GroupedQuery plan_grouping(const syntax::Query& query, FromClause& from, const std::vector<SelectedItem>& items,
                           const PlanContext& context) {
  return GroupPlanner(query, from, context).plan(items);
}

}  // namespace millrace
