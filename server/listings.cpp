#include "server/listings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "planner/function_hint.h"
#include "planner/properties.h"
#include "runtime/nearest_name.h"

namespace millrace {

namespace {

SourceRow row_of(const SourceDefinition& definition) {
  const Source& source = *definition.source;
  return {source.name,
          source.table,
          source.topic.name,
          std::string(source.key_format->name()),
          std::string(source.value_format->name()),
          source.window_size_ms.has_value()};
}

const char* kind_of(const Function& function) { return function.gives_rows ? "TABLE" : "SCALAR"; }

}  // namespace

SourceListing Listings::sources(bool tables, bool all) const {
  SourceListing listing;
  listing.tables = tables;
  for (const auto& [name, definition] : catalog.sources())
    if (definition.source->table == tables && (all || !definition.system)) listing.rows.push_back(row_of(definition));
  return listing;
}

SourceDescriptions Listings::descriptions(bool tables, bool all, bool extended) const {
  SourceDescriptions out;
  for (const auto& [name, definition] : catalog.sources())
    if (definition.source->table == tables && (all || !definition.system))
      out.rows.push_back(describe(definition, extended));
  return out;
}

TopicListing Listings::topics(bool all, bool extended) const {
  TopicListing listing;
  listing.extended = extended;
  std::map<std::string, std::set<std::string>> readers;
  for (const auto& [name, definition] : catalog.sources())
    readers[definition.source->topic.name].insert(definition.readers.begin(), definition.readers.end());
  for (const TopicDescription& topic : log.list()) {
    if (!all && topic.name.starts_with("_millrace_")) continue;
    TopicListing::Row& row = listing.rows.emplace_back();
    row.name = topic.name;
    row.partitions = topic.partitions;
    if (!extended) continue;
    row.readers = readers[topic.name].size();
    for (int32_t p = 0; p < topic.partitions; ++p) {
      const Offsets offsets = log.offsets(topic.id, p);
      row.records += offsets.end - offsets.first;
    }
  }
  std::sort(listing.rows.begin(), listing.rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return listing;
}

QueryListing Listings::queries() const {
  QueryListing listing;
  for (const auto& [id, query] : running) listing.rows.push_back(query->describe());
  return listing;
}

QueryDescriptions Listings::query_descriptions() const {
  QueryDescriptions out;
  for (const auto& [id, query] : running) out.rows.push_back(describe(*query));
  return out;
}

QueryDescription Listings::describe_query(const syntax::Name& id) const {
  const auto found = running.find(id.text);
  if (found != running.end()) return describe(*found->second);
  std::vector<std::string> known;
  for (const auto& [name, query] : running) known.push_back(name);
  refuse(ErrorCode::query_unknown, id.position,
         fmt::format("Query with id:{} does not exist{}", id.text, did_you_mean(id.text, known)));
}

QueryDescription Listings::describe(const RunningQuery& query) const {
  QueryRow row = query.describe();
  std::vector<std::string> notes;
  for (const OperatorState& state : row.operators)
    notes.push_back(state.bytes == 0 ? "" : fmt::format(", state of {} entries, {} bytes", state.entries, state.bytes));
  QueryDescription out = describe_plan(query.definition().plan, notes);
  out.query = std::move(row);
  return out;
}

QueryDescription describe_plan(const QueryPlan& plan, const std::vector<std::string>& notes) {
  QueryDescription out;
  out.schema = plan.schema;
  if (plan.window) out.window = plan.window->type;
  for (const auto& source : plan.sources) out.sources.push_back(source->name);
  out.plan = print_plan(plan, notes);
  return out;
}

TypeListing Listings::types() const {
  TypeListing listing;
  for (const auto& [name, type] : catalog.types()) listing.rows.push_back({name, type});
  return listing;
}

FunctionListing Listings::functions() const {
  FunctionListing listing;
  for (const auto& [name, function] : function_registry.all())
    listing.rows.push_back({name, kind_of(function), function.group});
  for (const auto& [name, function] : aggregate_registry.all())
    listing.rows.push_back({name, "AGGREGATE", "Aggregates"});
  std::sort(listing.rows.begin(), listing.rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return listing;
}

PropertyListing Listings::properties(const std::map<std::string, std::string>& effective,
                                     const std::map<std::string, std::string>& session,
                                     const std::map<std::string, std::string>& fixed) const {
  PropertyListing listing;
  for (const auto& [name, value] : effective)
    listing.rows.push_back({name, value, session.contains(name) ? "SESSION" : "SERVER", true});
  std::set<std::string_view> own;
  for (const SessionProperty& property : session_properties()) own.insert(property.name);
  for (const auto& [name, value] : fixed)
    if (!effective.contains(name)) listing.rows.push_back({name, value, "SERVER", own.contains(name)});
  return listing;
}

SourceDescription Listings::describe(const syntax::Name& name, bool extended) const {
  const SourceDefinition* definition = catalog.find(name.text);
  if (definition == nullptr) {
    refuse(ErrorCode::source_unknown, name.position,
           fmt::format("Could not find STREAM/TABLE '{}'{}", name.text, catalog.did_you_mean(name.text)));
  }
  return describe(*definition, extended);
}

SourceDescription Listings::describe(const SourceDefinition& definition, bool extended) const {
  const Source& source = *definition.source;
  SourceDescription out;
  out.source = row_of(definition);
  if (running.contains(definition.maker)) out.maker = definition.maker;
  out.read_only = definition.read_only;
  out.system = definition.system;
  out.schema = source.schema;
  if (source.timestamp) out.timestamp_column = source.schema[source.timestamp->column].name;
  out.window = definition.window_type;
  out.window_size_ms = source.window_size_ms;
  out.statement = definition.statement;
  out.partitions = source.topic.partitions;
  for (const std::string& id : definition.readers) out.read_queries.push_back(running.at(id)->describe());
  for (const std::string& id : definition.writers) out.write_queries.push_back(running.at(id)->describe());
  out.extended = extended;
  if (extended && log.describe(source.topic.id))
    for (int32_t p = 0; p < source.topic.partitions; ++p) {
      const Offsets offsets = log.offsets(source.topic.id, p);
      out.offsets.emplace_back(offsets.first, offsets.end);
    }
  return out;
}

FunctionDescription Listings::describe_function(const syntax::Name& name) const {
  FunctionDescription out;
  out.name = name.text;
  if (const Function* function = function_registry.find(name.text)) {
    out.kind = kind_of(*function);
    out.group = function->group;
    out.help = function->help;
    for (const Overload& overload : function->overloads) out.signatures.push_back(overload.signature.text());
    out.example = function->example.first;
    out.example_result = function->example.second;
    return out;
  }
  if (const AggregateFunction* aggregate = aggregate_registry.find(name.text)) {
    out.kind = "AGGREGATE";
    out.group = "Aggregates";
    out.help = aggregate->help;
    for (const AggregateOverload& overload : aggregate->overloads) out.signatures.push_back(overload.signature.text());
    out.example = fmt::format("{} over {}", aggregate->name, fmt::join(aggregate->example_rows, ", "));
    out.example_result = aggregate->example_result;
    return out;
  }
  refuse(ErrorCode::function_unknown, name.position,
         fmt::format("Can't find any functions with the name '{}'{}", name.text,
                     function_hint(name.text, function_registry, aggregate_registry)));
}

}  // namespace millrace
