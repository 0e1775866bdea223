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

void EntityView::print(const Json& entity) {
  const std::string kind = text_at(entity, "@type");
  if (format_ == OutputFormat::json) {
    out_ << entity.dump() << "\n";
  } else if (kind == "currentStatus") {
    const Json status = entity.value("commandStatus", Json::object());
    const std::string query = text_at(status, "queryId");
    if (format_ == OutputFormat::table) {
      const std::string message = text_at(status, "message");
      // Most messages name the query that was made.
      const bool named = query.empty() || message.find(query) != std::string::npos;
      out_ << message << (named ? "" : " (query " + query + ")") << "\n";
    }
  } else if (kind == "streams" || kind == "tables") {
    sources(entity.at(kind));
  } else if (kind == "kafka_topics" || kind == "kafka_topics_extended") {
    listing(entity.at("topics"), {column("Topic", "name"),
                                  {"Partitions",
                                   [](const Json& row) {
                                     const auto replicas = row.value("replicaInfo", Json::array());
                                     return std::to_string(replicas.size());
                                   },
                                   true}});
  } else if (kind == "queries") {
    queries(entity.at("queries"));
  } else if (kind == "sourceDescription") {
    describe_source(entity.at("sourceDescription"));
  } else if (kind == "queryDescription") {
    describe_query(entity.at("queryDescription"));
  } else if (kind == "properties") {
    listing(entity.at("properties"), {column("Property", "name"), column("Scope", "scope"), column("Value", "value")});
  } else if (kind == "function_names") {
    listing(entity.at("functions"), {column("Function", "name"), column("Kind", "type"), column("Group", "category")});
  } else if (kind == "describe_function") {
    describe_function(entity);
  } else if (kind == "type_list") {
    Json rows = Json::array();
    for (const auto& [name, schema] : entity.at("types").items()) {
      rows.push_back({{"name", name}, {"type", type_text(schema)}});
    }
    listing(rows, {column("Type", "name"), column("Definition", "type")});
  } else if (kind == "variables") {
    listing(entity.at("variables"), {column("Variable", "name"), column("Value", "value")});
  } else if (format_ == OutputFormat::csv) {
    description({{kind, entity.dump()}});
  } else {
    out_ << entity.dump(2) << "\n";
  }
  if (format_ != OutputFormat::table) return;
  for (const Json& warning : entity.value("warnings", Json::array())) {
    out_ << terminal_.yellow("warning:") << " "
         << (warning.is_object() ? text_at(warning, "message") : text_of(warning)) << "\n";
  }
}

}  // namespace

void print_entity(const Json& entity, OutputFormat format, std::ostream& out, const Terminal& terminal) {
  EntityView(format, out, terminal).print(entity);
}

}  // namespace millrace::shell
