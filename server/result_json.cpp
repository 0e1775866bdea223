#include "server/result_json.h"

#include <nlohmann/json.hpp>

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

const char* base_name(const Type& type) {
  switch (type.kind()) {
    case TypeKind::boolean:
      return "BOOLEAN";
    case TypeKind::integer:
      return "INTEGER";
    case TypeKind::bigint:
      return "BIGINT";
    case TypeKind::double_:
      return "DOUBLE";
    case TypeKind::decimal:
      return "DECIMAL";
    case TypeKind::varchar:
      return "STRING";
    case TypeKind::bytes:
      return "BYTES";
    case TypeKind::date:
      return "DATE";
    case TypeKind::time:
      return "TIME";
    case TypeKind::timestamp:
      return "TIMESTAMP";
    case TypeKind::array:
      return "ARRAY";
    case TypeKind::map:
      return "MAP";
    case TypeKind::struct_:
      return "STRUCT";
  }
  return "";
}

const char* state_name(QueryState state) {
  switch (state) {
    case QueryState::running:
      return "RUNNING";
    case QueryState::paused:
      return "PAUSED";
    case QueryState::failed:
      return "ERROR";
  }
  return "";
}

Json nothing_if_empty(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json fields_json(const Schema& schema) {
  Json fields = Json::array();
  for (const Field& field : schema.fields()) {
    Json json = {{"name", field.name}, {"schema", type_json(field.type)}};
    if (field.key) json["type"] = "KEY";
    fields.push_back(std::move(json));
  }
  return fields;
}

Json counters_json(const QueryCounters& counters) {
  return {{"rowsIn", counters.rows_in},        {"used", counters.used},
          {"filtered", counters.filtered},     {"late", counters.late},
          {"rejected", counters.rejected},     {"rowsOut", counters.rows_out},
          {"steps", counters.steps},           {"rowErrors", counters.row_errors},
          {"stateBytes", counters.state_bytes}};
}

Json query_json(const QueryRow& query) {
  Json json = {{"queryString", query.sql},
               {"sinks", query.sinks},
               {"sinkKafkaTopics", query.sink_topics},
               {"id", query.id},
               {"statusCount", {{state_name(query.state), 1}}},
               {"queryType", "PERSISTENT"},
               {"state", state_name(query.state)},
               {"counters", counters_json(query.counters)}};
  if (!query.error.empty()) json["error"] = query.error;
  return json;
}

Json queries_json(const std::vector<QueryRow>& queries) {
  Json list = Json::array();
  for (const QueryRow& query : queries) list.push_back(query_json(query));
  return list;
}

// One overload per kind of result; each fills in all but the statement's text and the warnings.
Json body_json(const CommandDone& done) {
  return {{"@type", "currentStatus"},
          {"commandId", done.command_id},
          {"commandStatus",
           {{"status", "SUCCESS"}, {"message", done.message}, {"queryId", nothing_if_empty(done.query_id)}}},
          {"commandSequenceNumber", done.sequence}};
}

Json body_json(const SourceListing& listing) {
  Json rows = Json::array();
  for (const SourceRow& row : listing.rows) {
    rows.push_back({{"type", row.table ? "TABLE" : "STREAM"},
                    {"name", row.name},
                    {"topic", row.topic},
                    {"keyFormat", row.key_format},
                    {"valueFormat", row.value_format},
                    {"isWindowed", row.windowed}});
  }
  const char* kind = listing.tables ? "tables" : "streams";
  return {{"@type", kind}, {kind, std::move(rows)}};
}

Json body_json(const TopicListing& listing) {
  Json rows = Json::array();
  for (const auto& row : listing.rows) {
    Json json = {{"name", row.name}, {"replicaInfo", std::vector<int>(static_cast<size_t>(row.partitions), 1)}};
    if (listing.extended) {
      json["consumerCount"] = row.readers * static_cast<size_t>(row.partitions);
      json["consumerGroupCount"] = row.readers;
      json["records"] = row.records;
    }
    rows.push_back(std::move(json));
  }
  return {{"@type", listing.extended ? "kafka_topics_extended" : "kafka_topics"}, {"topics", std::move(rows)}};
}

Json body_json(const QueryListing& listing) { return {{"@type", "queries"}, {"queries", queries_json(listing.rows)}}; }

Json description_json(const SourceDescription& description) {
  Json json = {{"name", description.source.name},
               {"windowType", nothing_if_empty(description.window)},
               {"readQueries", queries_json(description.read_queries)},
               {"writeQueries", queries_json(description.write_queries)},
               {"fields", fields_json(description.schema)},
               {"type", description.source.table ? "TABLE" : "STREAM"},
               {"timestamp", description.timestamp_column},
               {"statistics", ""},
               {"errorStats", ""},
               {"extended", description.extended},
               {"keyFormat", description.source.key_format},
               {"valueFormat", description.source.value_format},
               {"topic", description.source.topic},
               {"partitions", description.partitions},
               {"replication", 1},
               {"statement", description.statement},
               {"queryOffsetSummaries", Json::array()},
               {"sourceConstraints", Json::array()},
               {"madeBy", nothing_if_empty(description.maker)},
               {"readOnly", description.read_only},
               {"system", description.system}};
  if (description.window_size_ms) json["windowSizeMs"] = *description.window_size_ms;
  if (description.extended) {
    json["offsets"] = Json::array();
    for (size_t i = 0; i < description.offsets.size(); ++i) {
      const auto& [first, end] = description.offsets[i];
      json["offsets"].push_back({{"partition", i}, {"first", first}, {"end", end}});
    }
  }
  return json;
}

Json body_json(const SourceDescription& description) {
  return {{"@type", "sourceDescription"}, {"sourceDescription", description_json(description)}};
}

Json body_json(const SourceDescriptions& descriptions) {
  Json rows = Json::array();
  for (const SourceDescription& row : descriptions.rows) rows.push_back(description_json(row));
  return {{"@type", "source_descriptions"}, {"sourceDescriptions", std::move(rows)}};
}

Json description_json(const QueryDescription& description) {
  Json json = {{"id", nothing_if_empty(description.query.id)},
               {"statementText", description.query.sql},
               {"windowType", nothing_if_empty(description.window)},
               {"fields", fields_json(description.schema)},
               {"sources", description.sources},
               {"sinks", description.query.sinks},
               {"topology", ""},
               {"executionPlan", description.plan},
               {"overriddenProperties", Json::object()},
               {"ksqlHostQueryStatus", Json::object()},
               {"queryType", description.kind},
               {"queryErrors", Json::array()},
               {"tasksMetadata", Json::array()},
               {"state", description.exists ? Json(state_name(description.query.state)) : Json(nullptr)}};
  if (description.exists) json["counters"] = counters_json(description.query.counters);
  if (!description.query.error.empty()) json["error"] = description.query.error;
  return json;
}

Json body_json(const QueryDescription& description) {
  return {{"@type", "queryDescription"}, {"queryDescription", description_json(description)}};
}

Json body_json(const QueryDescriptions& descriptions) {
  Json rows = Json::array();
  for (const QueryDescription& row : descriptions.rows) rows.push_back(description_json(row));
  return {{"@type", "query_descriptions"}, {"queryDescriptions", std::move(rows)}};
}

Json body_json(const PropertyListing& listing) {
  Json rows = Json::array();
  for (const auto& row : listing.rows) {
    rows.push_back({{"name", row.name}, {"scope", row.scope}, {"value", row.value}, {"editable", row.editable}});
  }
  return {{"@type", "properties"},
          {"properties", std::move(rows)},
          {"overwrittenProperties", Json::array()},
          {"defaultProperties", Json::array()}};
}

Json body_json(const FunctionListing& listing) {
  Json rows = Json::array();
  for (const auto& row : listing.rows)
    rows.push_back({{"name", row.name}, {"type", row.kind}, {"category", row.group}});
  return {{"@type", "function_names"}, {"functions", std::move(rows)}};
}

Json body_json(const FunctionDescription& function) {
  Json signatures = Json::array();
  for (const std::string& signature : function.signatures) signatures.push_back({{"signature", signature}});
  return {{"@type", "describe_function"},
          {"name", function.name},
          {"description", function.help},
          {"author", ""},
          {"version", ""},
          {"path", "internal"},
          {"functions", std::move(signatures)},
          {"type", function.kind},
          {"category", function.group},
          {"example", function.example},
          {"exampleResult", function.example_result}};
}

Json body_json(const AssertionHeld& held) {
  if (held.kind == "TOPIC") return {{"@type", "assert_topic"}, {"topicName", held.name}, {"exists", held.exists}};
  return {{"@type", "assert_source"}, {"type", held.kind}, {"name", held.name}};
}

Json body_json(const TypeListing& listing) {
  Json types = Json::object();
  for (const auto& row : listing.rows) types[row.name] = type_json(row.type);
  return {{"@type", "type_list"}, {"types", std::move(types)}};
}

Json body_json(const VariableListing& listing) {
  Json rows = Json::array();
  for (const auto& [name, value] : listing.rows) rows.push_back({{"name", name}, {"value", value}});
  return {{"@type", "variables"}, {"variables", std::move(rows)}};
}

}  // namespace

Json type_json(const Type& type) {
  Json json = {{"type", base_name(type)}, {"fields", nullptr}, {"memberSchema", nullptr}};
  if (type.is(TypeKind::array)) json["memberSchema"] = type_json(type.element());
  if (type.is(TypeKind::map)) json["memberSchema"] = type_json(type.value());
  if (type.is(TypeKind::decimal)) json["parameters"] = {{"precision", type.precision()}, {"scale", type.scale()}};
  if (type.is(TypeKind::struct_)) {
    json["fields"] = Json::array();
    for (size_t i = 0; i < type.field_names().size(); ++i) {
      json["fields"].push_back({{"name", type.field_names()[i]}, {"schema", type_json(type.field_types()[i])}});
    }
  }
  return json;
}

Json result_json(const StatementResult& result) {
  Json json = std::visit([](const auto& body) { return body_json(body); }, result.body);
  json["statementText"] = result.statement;
  Json warnings = Json::array();
  if (const auto* done = std::get_if<CommandDone>(&result.body)) {
    for (const std::string& warning : done->warnings) warnings.push_back({{"message", warning}});
  }
  json["warnings"] = std::move(warnings);
  return json;
}

}  // namespace millrace
