#include "planner/whole_source.h"

namespace millrace {

namespace {

std::unique_ptr<PlanNode> scan_of(const std::shared_ptr<const Source>& source) {
  auto scan = std::make_unique<PlanNode>();
  scan->node = ScanNode{source, 0, std::vector<bool>(source->schema.size(), true)};
  scan->change = source->table ? Change::upsert : Change::append;
  scan->width = source->schema.size() + pseudo_column_count;
  return scan;
}

// The columns at these places, in this order.
ProjectNode columns_at(const std::vector<size_t>& places, const std::vector<Field>& fields) {
  ProjectNode project;
  for (size_t i = 0; i < places.size(); ++i) {
    project.columns.push_back(make_column(places[i], fields[i].type, fields[i].name));
    project.keys.push_back(fields[i].key);
  }
  return project;
}

}  // namespace

// What keeps rows has their key first.
QueryPlan plan_kept_table(std::shared_ptr<const Source> table) {
  const Schema& schema = table->schema;
  std::vector<size_t> keys_first = schema.key_indexes();
  TableStoreOptions store;
  store.key_count = keys_first.size();
  const std::vector<size_t> values = schema.value_indexes();
  keys_first.insert(keys_first.end(), values.begin(), values.end());
  std::vector<Field> fields;
  std::vector<size_t> back(schema.size());
  for (size_t i = 0; i < keys_first.size(); ++i) {
    fields.push_back(schema[keys_first[i]]);
    store.types.push_back(fields.back().type);
    back[keys_first[i]] = i;
  }
  QueryPlan plan;
  const size_t width = schema.size();
  plan.root = node_over(scan_of(table), columns_at(keys_first, fields), Change::upsert, width);
  plan.root = node_over(std::move(plan.root), StoreNode{std::move(store)}, Change::upsert, width);
  plan.root = node_over(std::move(plan.root), columns_at(back, schema.fields()), Change::upsert, width);
  plan.schema = schema;
  plan.change = Change::upsert;
  plan.queryable = true;
  plan.sources = {std::move(table)};
  return plan;
}

QueryPlan plan_print(std::shared_ptr<const Source> topic) {
  auto pseudo = [](PseudoColumn column) { return 4 + static_cast<size_t>(column); };
  QueryPlan plan;
  plan.schema = Schema({{"ROWTIME", timestamp_type},
                        {"KEY", varchar_type},
                        {"VALUE", varchar_type},
                        {"PARTITION", integer_type},
                        {"OFFSET", bigint_type},
                        {"KEY_FORMAT", varchar_type},
                        {"VALUE_FORMAT", varchar_type}});
  ProjectNode project = columns_at({pseudo(PseudoColumn::row_time), 0, 2, pseudo(PseudoColumn::row_partition),
                                    pseudo(PseudoColumn::row_offset), 1, 3},
                                   plan.schema.fields());
  // A record whose value is null is printed, too.
  project.keys.assign(plan.schema.size(), true);
  const size_t width = plan.schema.size();
  plan.root = node_over(scan_of(topic), std::move(project), Change::append, width);
  plan.sources = {std::move(topic)};
  return plan;
}

}  // namespace millrace
