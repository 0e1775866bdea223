#include "shell/entity_view.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "shell/json_text.h"

namespace millrace::shell {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string list;
  for (const Json& each : value) list.append(list.empty() ? "" : ", ").append(text_of(each));
  return list;
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? "" : text_of(*found);
}

// "ARRAY<STRING>" of ksqlDB's {"type":"ARRAY","memberSchema":{…}}.
std::string type_text(const Json& schema) {
  std::string type = text_at(schema, "type");
  if (type == "ARRAY") return "ARRAY<" + type_text(schema.value("memberSchema", Json::object())) + ">";
  if (type == "MAP") return "MAP<STRING, " + type_text(schema.value("memberSchema", Json::object())) + ">";
  if (type == "STRUCT" && schema.contains("fields") && schema["fields"].is_array()) {
    std::string fields;
    for (const Json& field : schema["fields"]) {
      fields.append(fields.empty() ? "" : ", ").append(text_at(field, "name")).append(" ");
      fields.append(type_text(field.value("schema", Json::object())));
    }
    return "STRUCT<" + fields + ">";
  }
  if (type == "DECIMAL" && schema.contains("parameters") && schema["parameters"].is_object()) {
    return fmt::format("DECIMAL({}, {})", text_at(schema["parameters"], "precision"),
                       text_at(schema["parameters"], "scale"));
  }
  return type;
}

class EntityView {
 public:
  EntityView(OutputFormat format, std::ostream& out, const Terminal& terminal)
      : format_(format), out_(out), terminal_(terminal) {}

  void print(const Json& entity);

 private:
  struct Column {
    const char* title;
    std::function<std::string(const Json&)> text;
    bool number = false;
  };
  static Column column(const char* title, const char* key) {
    return {title, [key](const Json& row) { return text_at(row, key); }};
  }

  void listing(const Json& rows, const std::vector<Column>& columns);
  void description(const std::vector<std::pair<std::string, std::string>>& values);
  void sources(const Json& rows);
  void queries(const Json& rows);
  void describe_source(const Json& source);
  void describe_query(const Json& query);
  void describe_function(const Json& function);
  void describe_sources(const Json& entity);
  void describe_queries(const Json& entity);
  void topics(const Json& entity);
  void types(const Json& entity);
  void message(const std::string& text);
  void status(const Json& entity);
  void assertion(const Json& entity);
  void other(const Json& entity);
  void fields(const Json& list);
  void query_counters(const char* title, const Json& list);

  const OutputFormat format_;
  std::ostream& out_;
  const Terminal terminal_;
};

void EntityView::listing(const Json& rows, const std::vector<Column>& columns) {
  std::vector<ResultColumn> heads;
  for (const Column& each : columns) heads.push_back({each.title, each.number ? "BIGINT" : "STRING"});
  std::vector<ResultRow> lines;
  for (const Json& row : rows) {
    ResultRow line;
    for (const Column& each : columns) line.push_back(json_string(each.text(row)));
    lines.push_back(std::move(line));
  }
  RowPrinter printer(format_, out_, heads, terminal_);
  if (!lines.empty()) printer.print(lines);
  printer.end(true);
}

// What is empty is left out.
void EntityView::description(const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<std::pair<std::string, std::string>> said;
  std::vector<ResultRow> rows;
  for (const auto& [name, value] : values) {
    if (value.empty()) continue;
    said.emplace_back(name, printable_lines(value));
    rows.push_back({json_string(name), json_string(value)});
  }
  if (format_ == OutputFormat::table) {
    out_ << names_and_values(said, terminal_);
  } else {
    RowPrinter(format_, out_, {{"Name", "STRING"}, {"Value", "STRING"}}).print(rows);
  }
}

void EntityView::sources(const Json& rows) {
  listing(rows, {column("Name", "name"), column("Topic", "topic"), column("Key format", "keyFormat"),
                 column("Value format", "valueFormat"), column("Windowed", "isWindowed")});
}

void EntityView::queries(const Json& rows) {
  listing(rows, {column("Id", "id"), column("Kind", "queryType"), column("State", "state"), column("Sink", "sinks"),
                 column("SQL", "queryString")});
}

void EntityView::fields(const Json& list) {
  listing(list, {column("Column", "name"), {"Type", [](const Json& field) {
                                              const std::string role = text_at(field, "type");
                                              return type_text(field.value("schema", Json::object())) +
                                                     (role.empty() ? "" : " (" + role + ")");
                                            }}});
}

void EntityView::query_counters(const char* title, const Json& list) {
  if (!list.is_array() || list.empty()) return;
  out_ << "\n" << title << "\n";
  std::vector<Column> columns = {column("Id", "id"), column("State", "state")};
  for (const auto& [heading, key] :
       std::initializer_list<std::pair<const char*, const char*>>{{"In", "rowsIn"},
                                                                  {"Used", "used"},
                                                                  {"Filtered", "filtered"},
                                                                  {"Late", "late"},
                                                                  {"Rejected", "rejected"},
                                                                  {"Out", "rowsOut"},
                                                                  {"Row errors", "rowErrors"},
                                                                  {"State bytes", "stateBytes"}}) {
    columns.push_back({heading,
                       [name = key](const Json& row) {
                         return row.contains("counters") ? text_at(row["counters"], name) : std::string();
                       },
                       true});
  }
  listing(list, columns);
}

void EntityView::describe_source(const Json& source) {
  const Json empty = Json::array();
  const bool extended = source.value("extended", false);
  if (format_ == OutputFormat::csv) return fields(source.value("fields", empty));
  if (!extended) {
    out_ << " " << text_at(source, "type") << " " << text_at(source, "name") << "\n";
    return fields(source.value("fields", empty));
  }
  description({{"Name", text_at(source, "name")},
               {"Kind", text_at(source, "type")},
               {"Topic", text_at(source, "topic")},
               {"Partitions", text_at(source, "partitions")},
               {"Key format", text_at(source, "keyFormat")},
               {"Value format", text_at(source, "valueFormat")},
               {"Timestamp", text_at(source, "timestamp")},
               {"Window", text_at(source, "windowType")},
               {"Statement", text_at(source, "statement")}});
  out_ << "\n";
  fields(source.value("fields", empty));
  query_counters("Queries that read it", source.value("readQueries", empty));
  query_counters("Queries that write it", source.value("writeQueries", empty));
  if (source.contains("offsets") && !source["offsets"].empty()) {
    out_ << "\nOffsets\n";
    listing(source["offsets"], {{"Partition", [](const Json& row) { return text_at(row, "partition"); }, true},
                                {"First", [](const Json& row) { return text_at(row, "first"); }, true},
                                {"End", [](const Json& row) { return text_at(row, "end"); }, true}});
  }
}

void EntityView::describe_query(const Json& query) {
  const Json empty = Json::array();
  // Without an id it is only thought of.
  const bool runs = !text_at(query, "id").empty();
  description({{"Id", text_at(query, "id")},
               {"Kind", runs ? text_at(query, "queryType") : ""},
               {"State", runs ? text_at(query, "state") : ""},
               {"Error", text_at(query, "error")},
               {"Sources", text_at(query, "sources")},
               {"Sinks", text_at(query, "sinks")},
               {"SQL", text_at(query, "statementText")}});
  if (format_ == OutputFormat::csv) return;
  out_ << "\n";
  fields(query.value("fields", empty));
  if (runs && query.contains("counters")) query_counters("Rows", Json::array({query}));
  if (const std::string plan = text_at(query, "executionPlan"); !plan.empty()) out_ << "\nPlan\n" << plan << "\n";
}

void EntityView::describe_function(const Json& function) {
  std::string forms;
  for (const Json& each : function.value("functions", Json::array())) {
    forms.append(forms.empty() ? "" : "\n").append(text_at(each, "signature"));
  }
  description({{"Name", text_at(function, "name")},
               {"Kind", text_at(function, "type")},
               {"Overview", text_at(function, "description")},
               {"Example", text_at(function, "example")},
               {"Result", text_at(function, "exampleResult")},
               {"Forms", forms}});
}

// Of several sources, as one table where that is wanted.
void EntityView::describe_sources(const Json& entity) {
  const Json& all = entity.at("sourceDescriptions");
  if (format_ == OutputFormat::csv) {
    return listing(all, {column("Name", "name"),
                         column("Kind", "type"),
                         column("Topic", "topic"),
                         {"Partitions", [](const Json& row) { return text_at(row, "partitions"); }, true},
                         column("Key format", "keyFormat"),
                         column("Value format", "valueFormat"),
                         column("Statement", "statement")});
  }
  for (const Json& each : all) {
    if (&each != &all.front()) out_ << "\n";
    describe_source(each);
  }
}

void EntityView::describe_queries(const Json& entity) {
  const Json& all = entity.at("queryDescriptions");
  if (format_ == OutputFormat::csv) {
    return listing(all, {column("Id", "id"), column("Kind", "queryType"), column("State", "state"),
                         column("Sink", "sinks"), column("SQL", "statementText")});
  }
  for (const Json& each : all) {
    if (&each != &all.front()) out_ << "\n";
    describe_query(each);
  }
}

void EntityView::topics(const Json& entity) {
  std::vector<Column> columns = {
      column("Topic", "name"),
      {"Partitions", [](const Json& row) { return std::to_string(row.value("replicaInfo", Json::array()).size()); },
       true}};
  if (text_at(entity, "@type") == "kafka_topics_extended") {
    columns.push_back({"Records", [](const Json& row) { return text_at(row, "records"); }, true});
    columns.push_back({"Readers", [](const Json& row) { return text_at(row, "consumerGroupCount"); }, true});
  }
  listing(entity.at("topics"), columns);
}

void EntityView::types(const Json& entity) {
  Json rows = Json::array();
  for (const auto& [name, schema] : entity.at("types").items())
    rows.push_back({{"name", name}, {"type", type_text(schema)}});
  listing(rows, {column("Type", "name"), column("Definition", "type")});
}

// What was done, which is no table.
void EntityView::message(const std::string& text) {
  if (format_ == OutputFormat::table) out_ << printable_lines(text) << "\n";
}

void EntityView::status(const Json& entity) {
  const Json status = entity.value("commandStatus", Json::object());
  const std::string query = text_at(status, "queryId");
  const std::string text = text_at(status, "message");
  // Most messages name the query that was made.
  const bool named = query.empty() || text.find(query) != std::string::npos;
  message(named ? text : text + " (query " + query + ")");
}

void EntityView::assertion(const Json& entity) {
  const bool topic = entity.contains("topicName");
  const bool exists = entity.value("exists", true);
  message(fmt::format("{} {} {}", topic ? "TOPIC" : text_at(entity, "type"),
                      text_at(entity, topic ? "topicName" : "name"),
                      exists ? "is as it should be" : "does not exist, as it should be"));
}

// Of a kind that is not known here.
void EntityView::other(const Json& entity) {
  if (format_ == OutputFormat::csv) return description({{text_at(entity, "@type"), entity.dump()}});
  out_ << entity.dump(2) << "\n";
}

void EntityView::print(const Json& entity) {
  using View = std::function<void(EntityView&, const Json&)>;
  static const std::map<std::string, View> views = {
      {"assert_source", &EntityView::assertion},
      {"assert_topic", &EntityView::assertion},
      {"currentStatus", &EntityView::status},
      {"describe_function", &EntityView::describe_function},
      {"function_names",
       [](EntityView& view, const Json& each) {
         view.listing(each.at("functions"),
                      {column("Function", "name"), column("Kind", "type"), column("Group", "category")});
       }},
      {"kafka_topics", &EntityView::topics},
      {"kafka_topics_extended", &EntityView::topics},
      {"properties",
       [](EntityView& view, const Json& each) {
         view.listing(each.at("properties"),
                      {column("Property", "name"), column("Scope", "scope"), column("Value", "value")});
       }},
      {"queries", [](EntityView& view, const Json& each) { view.queries(each.at("queries")); }},
      {"queryDescription",
       [](EntityView& view, const Json& each) { view.describe_query(each.at("queryDescription")); }},
      {"query_descriptions", &EntityView::describe_queries},
      {"sourceDescription",
       [](EntityView& view, const Json& each) { view.describe_source(each.at("sourceDescription")); }},
      {"source_descriptions", &EntityView::describe_sources},
      {"streams", [](EntityView& view, const Json& each) { view.sources(each.at("streams")); }},
      {"tables", [](EntityView& view, const Json& each) { view.sources(each.at("tables")); }},
      {"type_list", &EntityView::types},
      {"variables",
       [](EntityView& view, const Json& each) {
         view.listing(each.at("variables"), {column("Variable", "name"), column("Value", "value")});
       }},
  };
  if (format_ == OutputFormat::json) {
    out_ << entity.dump() << "\n";
    return;
  }
  const auto found = views.find(text_at(entity, "@type"));
  found == views.end() ? other(entity) : found->second(*this, entity);
  if (format_ != OutputFormat::table) return;
  for (const Json& warning : entity.value("warnings", Json::array())) {
    out_ << terminal_.yellow("warning:") << " "
         << printable_lines(warning.is_object() ? text_at(warning, "message") : text_of(warning)) << "\n";
  }
}

}  // namespace

void print_entity(const Json& entity, OutputFormat format, std::ostream& out, const Terminal& terminal) {
  EntityView(format, out, terminal).print(entity);
}

}  // namespace millrace::shell
