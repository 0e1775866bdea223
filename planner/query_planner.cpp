#include "planner/query_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "planner/aggregate_settings.h"
#include "planner/expression_binder.h"
#include "planner/window_binder.h"
#include "runtime/cast.h"

namespace millrace {

using Kind = syntax::Expression::Kind;

namespace {

constexpr std::array<std::string_view, pseudo_column_count> pseudo_names = {"ROWTIME", "ROWPARTITION", "ROWOFFSET",
                                                                            "WINDOWSTART", "WINDOWEND"};

// One column of the result, after * was expanded.
struct Item {
  const syntax::Expression* expression = nullptr;  // absent: the column
  size_t column = 0;
  std::string name;
  syntax::Position position;
};

// Names for columns without an alias: the column's or field's own, else KSQL_COL_n.
class ItemNames {
 public:
  explicit ItemNames(const std::vector<syntax::SelectItem>& items) {
    for (const auto& item : items)
      if (item.alias) taken_.insert(item.alias->text);
  }
  std::string name(const syntax::SelectItem& item) {
    if (item.alias) return item.alias->text;
    if (item.expression->kind == Kind::column) return item.expression->text;
    if (item.expression->kind == Kind::field) {
      std::string name = item.expression->text;
      for (int i = 1; taken_.contains(name); ++i) name = fmt::format("{}_{}", item.expression->text, i);
      taken_.insert(name);
      return name;
    }
    std::string name;
    do name = fmt::format("KSQL_COL_{}", next_++);
    while (taken_.contains(name));
    return name;
  }

 private:
  std::set<std::string> taken_;
  int next_ = 0;
};

std::vector<Item> expand_items(const syntax::Query& query, const Scope& scope, const Source& source, QueryUse use) {
  std::vector<Item> items;
  ItemNames names(query.items);
  auto add_column = [&](size_t i, const syntax::Position& position) {
    items.push_back({nullptr, i, scope.columns()[i].name, position});
  };
  for (const syntax::SelectItem& item : query.items) {
    if (item.all_fields) refuse_unsupported(item.position, "struct->*");
    if (item.expression) {
      items.push_back({item.expression.get(), 0, names.name(item), item.position});
      continue;
    }
    const std::string& qualifier = scope.columns().front().qualifier;
    if (item.qualifier && item.qualifier->text != qualifier)
      refuse(ErrorCode::source_unknown, item.position,
             fmt::format("{}.* names no source of this query; it reads {}", item.qualifier->text, qualifier));
    bool bounds_due = source.window_size_ms && use == QueryUse::transient;
    for (size_t i = 0; i < source.schema.size(); ++i) {
      if (bounds_due && !source.schema[i].key) {
        bounds_due = false;
        for (const PseudoColumn bound : {PseudoColumn::window_start, PseudoColumn::window_end})
          add_column(source.schema.size() + static_cast<size_t>(bound), item.position);
      }
      add_column(i, item.position);
    }
  }
  std::set<std::string> seen;
  for (const Item& item : items)
    if (!seen.insert(item.name).second)
      refuse(ErrorCode::column_exists, item.position,
             fmt::format("the result has two columns {}: give one an alias with AS", item.name));
  return items;
}

bool is_aggregate_call(const syntax::Expression& e, const PlanContext& context) {
  return e.kind == Kind::call && context.aggregates.find(e.text) != nullptr;
}

bool has_aggregate(const syntax::Expression& e, const PlanContext& context) {
  if (is_aggregate_call(e, context)) return true;
  return std::any_of(e.children.begin(), e.children.end(), [&](const auto& c) { return has_aggregate(*c, context); });
}

std::unique_ptr<PlanNode> node_over(std::unique_ptr<PlanNode> input, auto node, Change change) {
  auto out = std::make_unique<PlanNode>();
  out->node = std::move(node);
  out->input = std::move(input);
  out->change = change;
  return out;
}

class QueryPlanner {
 public:
  QueryPlanner(const syntax::Query& query, QueryUse use, const PlanContext& context)
      : query_(query),
        use_(use),
        context_(context),
        definition_(find_source(query.from, context)),
        source_(*definition_.source),
        scope_(source_scope(source_, query.from)),
        binder_(context, scope_) {}

  QueryPlan plan() {
    refuse_unbuilt();
    plan_.source = definition_.source;
    plan_.limit = query_.limit;
    plan_.change = source_.table ? Change::upsert : Change::append;
    root_ = std::make_unique<PlanNode>();
    root_->node = ScanNode{definition_.source, std::vector<bool>(source_.schema.size(), false)};
    root_->change = plan_.change;
    if (query_.where) add_where();
    const std::vector<Item> items = expand_items(query_, scope_, source_, use_);
    bool aggregates = !query_.group_by.empty() || (query_.having && has_aggregate(*query_.having, context_));
    for (const Item& item : items)
      aggregates = aggregates || (item.expression && has_aggregate(*item.expression, context_));
    if (aggregates) {
      add_aggregate(items);
    } else {
      add_projection(items);
    }
    prune();
    plan_.root = std::move(root_);
    return std::move(plan_);
  }

 private:
  void refuse_unbuilt() const {
    if (!query_.joins.empty()) refuse_unsupported(query_.joins.front().position, "JOIN");
    if (!query_.partition_by.empty()) refuse_unsupported(query_.partition_by.front()->position, "PARTITION BY");
  }

  void add_where() {
    ExpressionPtr predicate = binder_.bind_as(*query_.where, boolean_type, "WHERE");
    if (source_.table && use_ == QueryUse::persistent) refuse_unsupported(query_.where->position, "WHERE over a table");
    root_ = node_over(std::move(root_), FilterNode{std::move(predicate), true}, plan_.change);
  }

  void add_projection(const std::vector<Item>& items) {
    if (query_.having) refuse(ErrorCode::grouping_invalid, query_.having->position, "HAVING needs a GROUP BY");
    if (query_.window) refuse(ErrorCode::grouping_invalid, query_.window->position, "WINDOW needs a GROUP BY");
    if (query_.emit == syntax::Emit::final)
      refuse(ErrorCode::query_invalid, query_.emit_position, "EMIT FINAL needs a GROUP BY with a WINDOW");
    std::vector<ExpressionPtr> columns;
    for (const Item& item : items)
      columns.push_back(item.expression ? binder_.bind(*item.expression) : column(item.column));
    auto is_key = [&](const ExpressionPtr& e) {
      const int index = e->column_index();
      return index >= 0 && static_cast<size_t>(index) < source_.schema.size() &&
             source_.schema[static_cast<size_t>(index)].key;
    };
    // Pseudo columns follow those of the schema.
    auto is_known = [&](const ExpressionPtr& e) {
      return is_key(e) || (e->column_index() >= 0 && static_cast<size_t>(e->column_index()) >= source_.schema.size());
    };
    std::vector<std::pair<std::string, std::string>> keys;  // text of the key, its name
    for (const Field& field : source_.schema.fields())
      if (field.key) keys.emplace_back(fmt::format("`{}`", field.name), field.name);
    finish_projection(items, std::move(columns), is_key, is_known, keys,
                      source_.window_size_ms
                          ? std::optional(source_.schema.size() + static_cast<size_t>(PseudoColumn::window_start))
                          : std::nullopt);
    if (source_.window_size_ms) plan_.window = ResultWindow{definition_.window_type, *source_.window_size_ms};
  }

  ExpressionPtr column(size_t i) const { return make_column(i, scope_.columns()[i].type, scope_.columns()[i].name); }

  // Puts the key columns first where the result has a key, and the window's bounds last. `is_known`: a row without a
  // value has this column, too.
  template <class IsKey, class IsKnown>
  void finish_projection(const std::vector<Item>& items, std::vector<ExpressionPtr> columns, IsKey is_key,
                         IsKnown is_known, const std::vector<std::pair<std::string, std::string>>& keys,
                         std::optional<size_t> window_start) {
    std::vector<Field> key_fields, value_fields;
    std::vector<ExpressionPtr> key_columns, value_columns;
    for (size_t i = 0; i < items.size(); ++i) {
      const bool key = use_ == QueryUse::persistent && is_key(columns[i]);
      // A client that shows the result as a table asks for its keys too; the columns stay in the order that was said.
      (key ? key_fields : value_fields).push_back({items[i].name, columns[i]->type(), is_key(columns[i])});
      (key ? key_columns : value_columns).push_back(columns[i]);
    }
    if (use_ == QueryUse::persistent) check_keys(key_columns, key_fields, keys);
    if (use_ == QueryUse::persistent && value_columns.empty())
      refuse(ErrorCode::query_invalid, query_.position, "the projection contains no value columns");
    ProjectNode project;
    project.columns = key_columns;
    project.columns.insert(project.columns.end(), value_columns.begin(), value_columns.end());
    for (size_t i = 0; i < project.columns.size(); ++i)
      project.keys.push_back(use_ == QueryUse::persistent ? i < key_columns.size() : is_known(project.columns[i]));
    if (window_start) {
      plan_.window_start = project.columns.size();
      project.columns.push_back(make_column(*window_start, bigint_type, "WINDOWSTART"));
      project.columns.push_back(make_column(*window_start + 1, bigint_type, "WINDOWEND"));
      project.keys.insert(project.keys.end(), 2, true);
    }
    key_fields.insert(key_fields.end(), value_fields.begin(), value_fields.end());
    plan_.schema = Schema(std::move(key_fields));
    root_ = node_over(std::move(root_), std::move(project), plan_.change);
  }

  void check_keys(const std::vector<ExpressionPtr>& key_columns, const std::vector<Field>& key_fields,
                  const std::vector<std::pair<std::string, std::string>>& keys) const {
    for (const auto& [text, name] : keys) {
      std::vector<std::string> names;
      for (size_t i = 0; i < key_columns.size(); ++i)
        if (key_columns[i]->to_string() == text) names.push_back(key_fields[i].name);
      if (names.empty())
        refuse(ErrorCode::query_invalid, query_.position,
               fmt::format("the query must include the key {} in its projection, as in SELECT {}, …", text, name));
      if (names.size() > 1)
        refuse(ErrorCode::query_invalid, query_.position,
               fmt::format("The projection contains a key column more than once: `{}` and `{}`; AS_VALUE copies a key "
                           "into the value",
                           names[0], names[1]));
    }
  }

  void add_aggregate(const std::vector<Item>& items);
  ExpressionPtr bind_over_groups(const syntax::Expression& e);
  ExpressionPtr bind_aggregate_call(const syntax::Expression& e);
  ExpressionPtr replace_groups(const ExpressionPtr& e, const syntax::Position& position) const;
  // As messages call the key.
  std::string group_name(size_t k) const {
    const int index = group_keys_[k]->column_index();
    return index >= 0 ? scope_.columns()[static_cast<size_t>(index)].name : group_texts_[k];
  }
  Emission emission() const;

  void prune() {
    std::set<size_t> used;
    std::vector<PlanNode*> chain;
    for (PlanNode* node = root_.get(); node != nullptr; node = node->input.get()) chain.push_back(node);
    for (auto node = chain.rbegin() + 1; node != chain.rend(); ++node) {
      bool ends = true;
      if (const auto* filter = std::get_if<FilterNode>(&(*node)->node)) {
        collect_columns(*filter->predicate, used);
        ends = false;
      } else if (const auto* project = std::get_if<ProjectNode>(&(*node)->node)) {
        for (const auto& e : project->columns) collect_columns(*e, used);
      } else if (const auto* aggregate = std::get_if<AggregateNode>(&(*node)->node)) {
        for (const auto& e : aggregate->options.keys) collect_columns(*e, used);
        for (const auto& call : aggregate->options.calls)
          for (const auto& e : call.arguments) collect_columns(*e, used);
      }
      if (ends) break;
    }
    auto& scan = std::get<ScanNode>(chain.back()->node);
    for (size_t i : used)
      if (i < scan.columns.size()) scan.columns[i] = true;
  }

  const syntax::Query& query_;
  QueryUse use_;
  const PlanContext& context_;
  const SourceDefinition& definition_;
  const Source& source_;
  Scope scope_;
  ExpressionBinder binder_;
  QueryPlan plan_;
  std::unique_ptr<PlanNode> root_;

  // Of an aggregation. While it is bound, the window's bounds and the calls are columns after the source's.
  std::vector<ExpressionPtr> group_keys_;
  std::vector<std::string> group_texts_;
  AggregateOptions aggregate_;
  std::vector<std::string> call_texts_;
};

Emission QueryPlanner::emission() const {
  if (query_.emit == syntax::Emit::final) {
    if (!query_.window)
      refuse(ErrorCode::query_invalid, query_.emit_position,
             "EMIT FINAL needs a WINDOW: without one no group is ever final");
    return Emission::on_close;
  }
  const auto buffering = context_.properties.find("cache.max.bytes.buffering");
  return buffering != context_.properties.end() && buffering->second == "0" ? Emission::each_update
                                                                            : Emission::per_step;
}

ExpressionPtr QueryPlanner::bind_aggregate_call(const syntax::Expression& e) {
  const AggregateFunction* function = context_.aggregates.find(e.text);
  std::vector<ExpressionPtr> arguments;
  std::vector<std::optional<Type>> types;
  for (const auto& child : e.children) {
    if (child->kind == Kind::star) continue;  // COUNT(*)
    if (has_aggregate(*child, context_))
      refuse(ErrorCode::grouping_invalid, child->position, "an aggregate cannot stand within an aggregate");
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
  return make_column(scope_.columns().size() + 2 + at, std::move(type), text);
}

ExpressionPtr QueryPlanner::bind_over_groups(const syntax::Expression& e) {
  const ExpressionBinder binder(context_, scope_, [this](const syntax::Expression& node) -> ExpressionPtr {
    if (is_aggregate_call(node, context_)) return bind_aggregate_call(node);
    if (!query_.window || node.kind != Kind::column) return nullptr;
    if (node.text == "WINDOWSTART") return make_column(scope_.columns().size(), bigint_type, node.text);
    if (node.text == "WINDOWEND") return make_column(scope_.columns().size() + 1, bigint_type, node.text);
    return nullptr;
  });
  return replace_groups(binder.bind(e), e.position);
}

// From columns of the source and those after it to columns of the aggregate's output.
ExpressionPtr QueryPlanner::replace_groups(const ExpressionPtr& bound, const syntax::Position& position) const {
  return transform(bound, [&](const ExpressionPtr& e) -> ExpressionPtr {
    const std::string text = e->to_string();
    for (size_t k = 0; k < group_texts_.size(); ++k)
      if (text == group_texts_[k]) return make_column(k, e->type(), group_name(k));
    if (e->column_index() < 0) return nullptr;
    const auto index = static_cast<size_t>(e->column_index());
    const size_t width = scope_.columns().size();
    if (index < width)
      refuse(ErrorCode::grouping_invalid, position,
             fmt::format("column {} is neither in GROUP BY nor within an aggregate", scope_.columns()[index].name));
    // The bounds take no place in an aggregate without a window.
    const size_t out = group_keys_.size() + index - width - (query_.window ? 0 : 2);
    return make_column(
        out, e->type(),
        index < width + 2 ? std::string(index == width ? "WINDOWSTART" : "WINDOWEND") : call_texts_[index - width - 2]);
  });
}

void QueryPlanner::add_aggregate(const std::vector<Item>& items) {
  if (source_.table) refuse_unsupported(query_.from.name.position, "an aggregate over a table");
  if (query_.group_by.empty()) refuse(ErrorCode::grouping_invalid, query_.position, "an aggregate needs a GROUP BY");
  for (const auto& e : query_.group_by) {
    if (has_aggregate(*e, context_))
      refuse(ErrorCode::grouping_invalid, e->position, "GROUP BY cannot hold an aggregate");
    group_keys_.push_back(binder_.bind(*e));
    group_texts_.push_back(group_keys_.back()->to_string());
  }
  std::vector<ExpressionPtr> columns;
  for (const Item& item : items)
    columns.push_back(item.expression ? bind_over_groups(*item.expression)
                                      : replace_groups(column(item.column), item.position));
  ExpressionPtr having = query_.having ? bind_over_groups(*query_.having) : nullptr;
  if (having && !having->type().is(TypeKind::boolean))
    refuse(ErrorCode::type_mismatch, query_.having->position,
           "HAVING must be BOOLEAN, here is " + having->type().to_string());
  aggregate_.keys = group_keys_;
  aggregate_.emission = emission();
  if (query_.window) aggregate_.window = bind_window(*query_.window);
  std::vector<std::string> source_keys;
  for (size_t i : source_.schema.key_indexes()) source_keys.push_back(fmt::format("`{}`", source_.schema[i].name));
  if (source_keys != group_texts_ && source_.topic.partitions > 1)
    aggregate_.logical_partitions = source_.topic.partitions;
  plan_.aggregates = true;
  plan_.change = Change::upsert;
  const size_t keys = group_keys_.size();
  if (query_.window)
    plan_.window = ResultWindow{std::string(window_kind_name(aggregate_.window->kind)), aggregate_.window->size_ms};
  const AggregateOptions options = aggregate_;
  root_ = node_over(std::move(root_), AggregateNode{std::move(aggregate_), call_texts_}, Change::upsert);
  if (having) {
    if (options.emission == Emission::on_close) {
      root_ = node_over(std::move(root_), FilterNode{std::move(having), false}, Change::upsert);
    } else {
      TableFilterNode node;
      node.options.predicate = std::move(having);
      for (size_t k = 0; k < keys; ++k) {
        node.options.keys.push_back(k);
        node.key_types.push_back(options.keys[k]->type());
      }
      if (options.window) {
        node.options.window_bound = keys + (options.window->kind == WindowKind::session ? 1 : 0);
        node.options.retention_ms = options.window->retention_ms;
      }
      root_ = node_over(std::move(root_), std::move(node), Change::upsert);
    }
  }
  std::vector<std::pair<std::string, std::string>> key_names;
  for (size_t k = 0; k < keys; ++k)
    key_names.emplace_back(make_column(k, options.keys[k]->type(), group_name(k))->to_string(), group_name(k));
  auto is_key = [keys](const ExpressionPtr& e) {
    return e->column_index() >= 0 && static_cast<size_t>(e->column_index()) < keys;
  };
  const size_t known = keys + (query_.window ? 2 : 0);
  auto is_known = [known](const ExpressionPtr& e) {
    return e->column_index() >= 0 && static_cast<size_t>(e->column_index()) < known;
  };
  finish_projection(items, std::move(columns), is_key, is_known, key_names,
                    query_.window ? std::optional(keys) : std::nullopt);
}

}  // namespace

const SourceDefinition& find_source(const syntax::Relation& relation, const PlanContext& context) {
  const SourceDefinition* found = context.catalog.find(relation.name.text);
  if (found != nullptr) return *found;
  std::vector<std::string> names;
  for (const auto& [name, definition] : context.catalog.sources()) names.push_back(name);
  refuse(ErrorCode::source_unknown, relation.name.position,
         fmt::format("there is no stream or table {}{}", relation.name.text, did_you_mean(relation.name.text, names)));
}

Scope source_scope(const Source& source, const syntax::Relation& relation) {
  Scope scope;
  const std::string qualifier = relation.alias ? relation.alias->text : relation.name.text;
  for (const Field& field : source.schema.fields()) scope.add({qualifier, field.name, field.type, false});
  for (size_t i = 0; i < pseudo_column_count; ++i) {
    const bool window = i >= static_cast<size_t>(PseudoColumn::window_start);
    const Type type = i == static_cast<size_t>(PseudoColumn::row_partition) ? integer_type : bigint_type;
    // Without a window the bounds keep their places but cannot be named.
    const std::string name = window && !source.window_size_ms ? std::string() : std::string(pseudo_names[i]);
    scope.add({qualifier, name, type, true});
  }
  return scope;
}

QueryItems bind_items(const syntax::Query& query, const Scope& scope, const Source& source,
                      const ExpressionBinder& binder, const PlanContext& context) {
  QueryItems out;
  std::vector<Field> fields;
  for (const Item& item : expand_items(query, scope, source, QueryUse::transient)) {
    if (item.expression && has_aggregate(*item.expression, context))
      refuse(ErrorCode::emit_missing, item.position,
             "a SELECT with an aggregate goes on for ever: say EMIT CHANGES at its end");
    const Scope::Column& column = scope.columns()[item.column];
    out.columns.push_back(item.expression ? binder.bind(*item.expression)
                                          : make_column(item.column, column.type, column.name));
    fields.push_back({item.name, out.columns.back()->type(), false});
  }
  out.schema = Schema(std::move(fields));
  return out;
}

QueryPlan plan_query(const syntax::Query& query, QueryUse use, const PlanContext& context) {
  return QueryPlanner(query, use, context).plan();
}

}  // namespace millrace
