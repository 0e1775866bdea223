#include "planner/source_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "planner/expression_binder.h"
#include "planner/from_clause.h"
#include "planner/properties.h"
#include "planner/query_planner.h"
#include "planner/type_binder.h"
#include "runtime/cast.h"
#include "runtime/date_time_pattern.h"
#include "runtime/event_time.h"
#include "runtime/nearest_name.h"

namespace millrace {

namespace {

constexpr int32_t partitions_max = 1024;
constexpr std::array<std::string_view, 5> reserved_columns = {"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART",
                                                              "WINDOWEND"};

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

void check_name(const syntax::Name& name) {
  if (name.text.empty()) refuse(ErrorCode::name_invalid, name.position, "a name must not be empty");
  if (name.text.size() > 200) refuse(ErrorCode::name_invalid, name.position, "a name has at most 200 bytes");
  for (const char c : name.text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      refuse(ErrorCode::name_invalid, name.position, "a name must not hold control characters");
  if (name.text.starts_with("SYS_"))
    refuse(ErrorCode::name_invalid, name.position, "names that begin with SYS_ are the server's own");
}

bool valid_topic(std::string_view name) {
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; });
}

void check_topic(const std::string& topic, const syntax::Position& position) {
  if (!valid_topic(topic))
    refuse(ErrorCode::property_invalid, position,
           fmt::format("'{}' cannot be a topic: 1 to 249 letters, digits, '.', '_' and '-'", topic));
  if (topic.starts_with("_millrace_"))
    refuse(ErrorCode::property_invalid, position, "topics that begin with _millrace_ are the server's own");
}

// The formats and options of a WITH clause; what it does not say comes from `like`.
struct Formats {
  const Format* key = nullptr;
  const Format* value = nullptr;
  FormatOptions key_options, value_options;
};

const Format& find_format(const std::string& name, const syntax::Position& position, const PlanContext& context) {
  const Format* format = context.formats.find(name);
  if (format == nullptr)
    refuse(ErrorCode::property_invalid, position,
           fmt::format("there is no format {}{}; there are {}", name, did_you_mean(name, context.formats.names()),
                       fmt::join(context.formats.names(), ", ")));
  return *format;
}

char delimiter(const SourceProperties& with, std::string_view property) {
  const auto text = with.text(property);
  if (!text) return ',';
  if (*text == "TAB") return '\t';
  if (*text == "SPACE") return ' ';
  if (text->size() != 1)
    refuse(ErrorCode::property_invalid, with.position(property), "a delimiter is one character, TAB or SPACE");
  return (*text)[0];
}

Formats read_formats(const SourceProperties& with, const syntax::Position& position, const Formats& like,
                     const PlanContext& context) {
  Formats out = like;
  const auto both = with.text("FORMAT");
  const auto key = with.text("KEY_FORMAT");
  const auto value = with.text("VALUE_FORMAT");
  if (both && (key || value))
    refuse(ErrorCode::property_invalid, with.position("FORMAT"),
           "FORMAT stands for KEY_FORMAT and VALUE_FORMAT: give it, or these");
  if (both) out.key = out.value = &find_format(*both, with.position("FORMAT"), context);
  if (key) out.key = &find_format(*key, with.position("KEY_FORMAT"), context);
  if (value) out.value = &find_format(*value, with.position("VALUE_FORMAT"), context);
  auto standard = [&](const std::string& side) -> const Format* {
    const auto found = context.properties.find("ksql.persistence.default.format." + side);
    return found == context.properties.end() ? nullptr : &find_format(found->second, position, context);
  };
  if (out.key == nullptr) out.key = standard("key");
  if (out.key == nullptr) out.key = &find_format("KAFKA", position, context);
  if (out.value == nullptr) out.value = standard("value");
  if (out.value == nullptr)
    refuse(ErrorCode::property_invalid, position,
           "WITH must say a VALUE_FORMAT (or FORMAT), such as value_format = 'JSON'");
  out.value_options.delimiter = delimiter(with, "VALUE_DELIMITER");
  out.key_options.delimiter = delimiter(with, "KEY_DELIMITER");
  if (const auto wrap = with.boolean("WRAP_SINGLE_VALUE")) out.value_options.wrap_single = *wrap;
  return out;
}

bool holds_map(const Type& type) {
  if (type.is(TypeKind::map)) return true;
  if (type.is(TypeKind::array)) return holds_map(type.element());
  return type.is(TypeKind::struct_) && std::any_of(type.field_types().begin(), type.field_types().end(), holds_map);
}

// Whether the formats can write its columns.
void check_formats(const Source& source, const syntax::Position& position) {
  auto check = [&](const std::vector<size_t>& indexes, bool key) {
    std::vector<Field> fields;
    for (size_t i : indexes) fields.push_back(source.schema[i]);
    const Format& format = key ? *source.key_format : *source.value_format;
    if (key && fields.empty()) return;
    for (const Field& field : fields)
      if (key && holds_map(field.type))
        refuse(ErrorCode::property_invalid, position,
               fmt::format("Map keys, including types that contain maps, are not supported as they may lead to "
                           "unexpected behavior due to inconsistent serialization. Key column name: `{}`. Column type: "
                           "{}.",
                           field.name, field.type.to_string()));
    const auto refusal = format.refusal(fields, key, key ? source.key_options : source.value_options);
    if (refusal)
      refuse(ErrorCode::property_invalid, position, fmt::format("{} format: {}", key ? "Key" : "Value", *refusal));
  };
  check(source.schema.key_indexes(), true);
  check(source.schema.value_indexes(), false);
}

constexpr size_t columns_max = 10'000;

// The fields, and after them the columns that a statement declares.
Schema with_columns(std::vector<Field> fields, const std::vector<syntax::ColumnDefinition>& columns, bool table,
                    const PlanContext& context) {
  std::set<std::string> names;
  for (const Field& field : fields) names.insert(field.name);
  for (const syntax::ColumnDefinition& column : columns) {
    const bool reserved =
        std::find(reserved_columns.begin(), reserved_columns.end(), column.name.text) != reserved_columns.end();
    if (reserved)
      refuse(ErrorCode::name_invalid, column.name.position,
             fmt::format("{} is a column that every source has", column.name.text));
    if (!names.insert(column.name.text).second)
      refuse(ErrorCode::column_exists, column.name.position,
             fmt::format("Cannot add column `{}` to schema. A column with the same name already exists.",
                         column.name.text));
    if (fields.size() >= columns_max)
      refuse(ErrorCode::limit_exceeded, column.name.position,
             fmt::format("a stream or table has at most {} columns", columns_max));
    switch (column.role) {
      case syntax::ColumnRole::headers:
      case syntax::ColumnRole::header:
        refuse_unsupported(column.name.position, "a column of HEADERS");
      case syntax::ColumnRole::key:
        if (table) refuse(ErrorCode::query_invalid, column.name.position, "the key of a TABLE is declared PRIMARY KEY");
        break;
      case syntax::ColumnRole::primary_key:
        if (!table)
          refuse(ErrorCode::query_invalid, column.name.position,
                 "the key of a STREAM is declared KEY: its rows need not be unique");
        break;
      case syntax::ColumnRole::value:
        break;
    }
    fields.push_back(
        {column.name.text, bind_type(column.type, context.catalog), column.role != syntax::ColumnRole::value});
  }
  return Schema(std::move(fields));
}

Schema bind_columns(const syntax::CreateSource& statement, const PlanContext& context) {
  if (statement.columns.empty())
    refuse(ErrorCode::query_invalid, statement.name.position,
           "a stream or table needs columns: name (a INT, b STRING, …)");
  Schema schema = with_columns({}, statement.columns, statement.table, context);
  if (statement.table && schema.key_indexes().empty())
    refuse(ErrorCode::query_invalid, statement.name.position, "a TABLE needs a column declared PRIMARY KEY");
  return schema;
}

void read_timestamp(const SourceProperties& with, Source& source) {
  const auto name = with.text("TIMESTAMP");
  const auto format = with.text("TIMESTAMP_FORMAT");
  if (!name) {
    if (format)
      refuse(ErrorCode::property_invalid, with.position("TIMESTAMP_FORMAT"),
             "TIMESTAMP_FORMAT needs TIMESTAMP, the name of a column");
    return;
  }
  auto column = source.schema.find(*name);
  if (!column) column = source.schema.find(upper_case(*name));
  if (!column)
    refuse(ErrorCode::column_unknown, with.position("TIMESTAMP"), fmt::format("TIMESTAMP names no column: {}", *name));
  const Type& type = source.schema[*column].type;
  if (!type.is(TypeKind::bigint) && !type.is(TypeKind::timestamp) && !type.is(TypeKind::varchar))
    refuse(ErrorCode::property_invalid, with.position("TIMESTAMP"),
           fmt::format("the TIMESTAMP column is BIGINT, TIMESTAMP or STRING, {} is {}", *name, type.to_string()));
  if (format && !type.is(TypeKind::varchar))
    refuse(ErrorCode::property_invalid, with.position("TIMESTAMP_FORMAT"),
           "TIMESTAMP_FORMAT is for a column of type STRING");
  std::string problem;
  if (format && !DateTimePattern::compile(*format, problem))
    refuse(ErrorCode::property_invalid, with.position("TIMESTAMP_FORMAT"), "TIMESTAMP_FORMAT: " + problem);
  source.timestamp = TimestampColumn{*column, format.value_or("")};
}

int32_t read_partitions(const SourceProperties& with, int32_t standard) {
  const auto partitions = with.integer("PARTITIONS");
  if (!partitions) return standard;
  if (*partitions < 1 || *partitions > partitions_max)
    refuse(ErrorCode::property_invalid, with.position("PARTITIONS"),
           fmt::format("PARTITIONS is 1 to {}, here it is {}", partitions_max, *partitions));
  return static_cast<int32_t>(*partitions);
}

// The topic as it is, or what it is to be made as.
void choose_topic(const SourceProperties& with, const std::string& name, std::optional<int32_t> partitions,
                  const syntax::Position& position, PlannedSource& planned, const PlanContext& context) {
  if (const auto replicas = with.integer("REPLICAS"); replicas && *replicas < 1)
    refuse(ErrorCode::property_invalid, with.position("REPLICAS"), "REPLICAS is at least 1");
  if (const auto there = context.topics(name)) {
    const auto wanted = with.integer("PARTITIONS");
    if (wanted && *wanted != there->partitions && !context.replaying)
      refuse(ErrorCode::topic_exists, with.position("PARTITIONS"),
             fmt::format("topic {} exists with {} partitions, here are {}", name, there->partitions, *wanted));
    planned.source.topic = *there;
    return;
  }
  if (!partitions && context.replaying) partitions = 1;
  if (!partitions)
    refuse(ErrorCode::topic_unknown, position,
           fmt::format("topic {} does not exist; give PARTITIONS, as in partitions = 1, to make it", name));
  TopicSpec spec;
  spec.name = name;
  spec.partitions = *partitions;
  spec.retention.milliseconds = with.milliseconds("RETENTION_MS");
  spec.retention.bytes = with.integer("RETENTION_BYTES");
  if (const auto policy = with.text("CLEANUP_POLICY")) {
    if (*policy != "compact" && *policy != "delete")
      refuse(ErrorCode::property_invalid, with.position("CLEANUP_POLICY"), "CLEANUP_POLICY is 'delete' or 'compact'");
    spec.retention.compact = *policy == "compact";
  }
  planned.source.topic.name = name;
  planned.source.topic.partitions = spec.partitions;
  planned.topic_spec = std::move(spec);
}

void read_window(const SourceProperties& with, PlannedSource& planned) {
  auto type = with.text("WINDOW_TYPE");
  const auto size = with.milliseconds("WINDOW_SIZE");
  if (!type) {
    if (size)
      refuse(ErrorCode::property_invalid, with.position("WINDOW_SIZE"),
             "WINDOW_SIZE needs WINDOW_TYPE: TUMBLING, HOPPING or SESSION");
    return;
  }
  type = upper_case(*type);
  const bool sessions = *type == "SESSION";
  if (!sessions && *type != "TUMBLING" && *type != "HOPPING")
    refuse(ErrorCode::property_invalid, with.position("WINDOW_TYPE"),
           fmt::format("WINDOW_TYPE is TUMBLING, HOPPING or SESSION, here it is {}", *type));
  if (sessions && size)
    refuse(ErrorCode::property_invalid, with.position("WINDOW_SIZE"),
           "'WINDOW_SIZE' should not be set for SESSION windows: each has its own length");
  if (!sessions && !size)
    refuse(ErrorCode::property_invalid, with.position("WINDOW_TYPE"), "WINDOW_TYPE needs WINDOW_SIZE, as in '1 HOUR'");
  if (size.value_or(0) > syntax::Interval::milliseconds_max)
    refuse(ErrorCode::property_invalid, with.position("WINDOW_SIZE"), "WINDOW_SIZE is at most '3650000 DAYS'");
  planned.window_type = *type;
  planned.source.window_size_ms = size.value_or(0);
  planned.source.sessions = sessions;
}

void take_formats(const Formats& formats, Source& source) {
  source.key_format = formats.key;
  source.value_format = formats.value;
  source.key_options = formats.key_options;
  source.value_options = formats.value_options;
}

// `inserting`: "insert", "insert values".
const SourceDefinition& find_target(const syntax::Name& target, std::string_view inserting,
                                    const PlanContext& context) {
  const SourceDefinition* found = context.catalog.find(target.text);
  if (found == nullptr)
    refuse(ErrorCode::source_unknown, target.position,
           fmt::format("there is no stream or table {}{}", target.text, context.catalog.did_you_mean(target.text)));
  if (found->system)
    refuse(ErrorCode::operation_forbidden, target.position,
           fmt::format("{} is written by the server alone", target.text));
  if (found->read_only)
    refuse(ErrorCode::operation_forbidden, target.position,
           fmt::format("Cannot {} into read-only {}: {}", inserting, found->source->table ? "table" : "stream",
                       target.text));
  return *found;
}

// ROWTIME: milliseconds, or a time as text.
int64_t row_time(const syntax::Expression& value, const ExpressionBinder& binder) {
  ExpressionPtr bound = binder.bind(value);
  const bool text = bound->type().is(TypeKind::varchar);
  if (!text && !implicit_cast_cost(bound->type(), bigint_type))
    refuse(ErrorCode::type_mismatch, value.position, "ROWTIME is a number of milliseconds or a time as text");
  RowErrors errors;
  const ColumnPtr time = evaluate_constant(*make_cast(std::move(bound), text ? timestamp_type : bigint_type), errors);
  if (!time->valid(0) || !is_event_time(time->at<int64_t>(0)))
    refuse(ErrorCode::value_invalid, value.position, "ROWTIME is no time from 1970 to 9999");
  return time->at<int64_t>(0);
}

// A literal's text may stand for any type that it can be cast to, as in the base language.
ColumnPtr insert_value(const syntax::Expression& value, const Field& field, const ExpressionBinder& binder) {
  ExpressionPtr bound = is_null_literal(value) ? make_null(field.type) : binder.bind(value);
  if (!(bound->type() == field.type)) {
    const bool convertible = implicit_cast_cost(bound->type(), field.type) || bound->type().is(TypeKind::varchar) ||
                             (bound->type().is_numeric() && field.type.is(TypeKind::decimal)) ||
                             bound->type().is_nested();
    if (!convertible || !can_cast(bound->type(), field.type))
      refuse(ErrorCode::type_mismatch, value.position,
             fmt::format("column {} is {}, here is {}", field.name, field.type.to_string(), bound->type().to_string()));
    bound = make_cast(std::move(bound), field.type);
  }
  RowErrors errors;
  ColumnPtr column = evaluate_constant(*bound, errors);
  if (errors.count() > 0)
    refuse(ErrorCode::value_invalid, value.position,
           fmt::format("column {}: {}", field.name, errors.errors()[0].reason));
  return column;
}

}  // namespace

PlannedSource plan_create_source(const syntax::CreateSource& statement, const PlanContext& context) {
  check_name(statement.name);
  const SourceProperties with(statement.properties);
  PlannedSource planned;
  Source& source = planned.source;
  planned.read_only = statement.read_only;
  source.name = statement.name.text;
  source.table = statement.table;
  source.schema = bind_columns(statement, context);
  take_formats(read_formats(with, statement.name.position, {}, context), source);
  check_formats(source, statement.name.position);
  const auto topic = with.text("KAFKA_TOPIC");
  if (topic) check_topic(*topic, with.position("KAFKA_TOPIC"));
  const std::string topic_name = topic.value_or(source.name);
  if (!topic) check_topic(topic_name, statement.name.position);
  const auto partitions = with.integer("PARTITIONS");
  choose_topic(with, topic_name, partitions ? std::optional(read_partitions(with, 1)) : std::nullopt,
               topic ? with.position("KAFKA_TOPIC") : statement.name.position, planned, context);
  read_timestamp(with, source);
  read_window(with, planned);
  return planned;
}

Source plan_alter(const syntax::Alter& statement, const PlanContext& context) {
  const char* kind = statement.table ? "TABLE" : "STREAM";
  const SourceDefinition* found = context.catalog.find(statement.name.text);
  if (found == nullptr)
    refuse(ErrorCode::source_unknown, statement.name.position,
           fmt::format("Source {} does not exist.{}", statement.name.text,
                       context.catalog.did_you_mean(statement.name.text)));
  if (found->system)
    refuse(ErrorCode::operation_forbidden, statement.name.position, statement.name.text + " belongs to the server");
  if (found->source->table != statement.table)
    refuse(ErrorCode::source_kind, statement.name.position,
           fmt::format("Incompatible data source type is {}, but statement was ALTER {}",
                       found->source->table ? "TABLE" : "STREAM", kind));
  if (found->read_only)
    refuse(ErrorCode::operation_forbidden, statement.name.position,
           fmt::format("Cannot alter {0} '{1}': ALTER operations are not supported on source {0}s.",
                       statement.table ? "table" : "stream", statement.name.text));
  if (!found->maker.empty())
    refuse(ErrorCode::operation_forbidden, statement.name.position,
           fmt::format("ALTER command is not supported for CREATE ... AS statements: {} makes {}; CREATE OR REPLACE {} "
                       "{} AS SELECT … adds columns to it",
                       found->maker, statement.name.text, kind, statement.name.text));
  Source source = *found->source;
  source.schema = with_columns(source.schema.fields(), statement.columns, statement.table, context);
  check_formats(source, statement.columns[0].name.position);
  return source;
}

void check_assertion(const syntax::AssertSource& statement, const PlanContext& context) {
  const syntax::CreateSource& expected = statement.expected;
  const std::string& name = expected.name.text;
  auto fail = [&](const syntax::Position& position, const std::string& why) {
    refuse(ErrorCode::assertion_failed, position, fmt::format("Assertion failed: {}", why));
  };
  const SourceDefinition* found = context.catalog.find(name);
  const char* kind = expected.table ? "table" : "stream";
  if (found == nullptr || found->source->table != expected.table)
    fail(expected.name.position,
         fmt::format("{} is {}", name, found == nullptr ? "not there" : fmt::format("no {}", kind)));
  const Source& source = *found->source;
  if (!expected.columns.empty()) {
    const Schema schema = bind_columns(expected, context);
    if (!(schema == source.schema))
      fail(expected.columns[0].name.position,
           fmt::format("{} has the columns {}, not {}", name, source.schema.to_string(), schema.to_string()));
  }
  const SourceProperties with(expected.properties);
  for (const syntax::Property& property : expected.properties) {
    const std::string what = upper_case(property.name.text);
    auto compare = [&](std::string_view there, std::string_view wanted) {
      if (there != wanted)
        fail(property.value->position, fmt::format("{} of {} is {}, not {}", what, name, there, wanted));
    };
    const std::string wanted = property.value->text;
    if (what == "KAFKA_TOPIC") {
      compare(source.topic.name, wanted);
    } else if (what == "PARTITIONS") {
      compare(std::to_string(source.topic.partitions), wanted);
    } else if (what == "KEY_FORMAT" || what == "VALUE_FORMAT" || what == "FORMAT") {
      if (what != "VALUE_FORMAT") compare(source.key_format->name(), upper_case(wanted));
      if (what != "KEY_FORMAT") compare(source.value_format->name(), upper_case(wanted));
    } else {
      refuse_unsupported(property.name.position, what + " in an assertion");
    }
  }
}

PlannedQuery plan_create_as_select(const syntax::CreateAsSelect& statement, const PlanContext& context) {
  check_name(statement.name);
  PlannedQuery out;
  out.sink_name = statement.name.text;
  out.plan = plan_query(statement.query, QueryUse::persistent, context);
  const bool table = out.plan.change == Change::upsert;
  if (statement.table && !table)
    refuse(ErrorCode::source_kind, statement.name.position,
           "the result is a stream, not a table: use CREATE STREAM, or a GROUP BY");
  if (!statement.table && table)
    refuse(ErrorCode::source_kind, statement.name.position, "the result is a table, not a stream: use CREATE TABLE");
  if (statement.query.limit)
    refuse(ErrorCode::query_invalid, statement.query.position,
           "LIMIT is for a SELECT that is watched, not for a persistent query");
  const SourceProperties with(statement.properties);
  PlannedSource& sink = out.sink.emplace();
  sink.of_query = true;
  Source& source = sink.source;
  source.name = statement.name.text;
  source.table = statement.table;
  source.schema = out.plan.schema;
  const Source& from = *out.plan.sources[0];
  Formats like{from.key_format, from.value_format, {}, {}};
  // A source without a key says nothing of how one is written.
  if (like.key->name() == "NONE") like.key = nullptr;
  take_formats(read_formats(with, statement.name.position, like, context), source);
  check_formats(source, statement.name.position);
  const auto topic = with.text("KAFKA_TOPIC");
  const std::string topic_name = topic.value_or(source.name);
  check_topic(topic_name, topic ? with.position("KAFKA_TOPIC") : statement.name.position);
  choose_topic(with, topic_name, read_partitions(with, from.topic.partitions), statement.name.position, sink, context);
  if (sink.topic_spec && source.table && !out.plan.window && !with.text("CLEANUP_POLICY"))
    sink.topic_spec->retention.compact = true;
  read_timestamp(with, source);
  if (out.plan.window) {
    sink.window_type = out.plan.window->type;
    source.window_size_ms = out.plan.window->size_ms;
    source.sessions = out.plan.window->type == window_kind_name(WindowKind::session);
  }
  return out;
}

PlannedQuery plan_insert_select(const syntax::InsertSelect& statement, const PlanContext& context) {
  const SourceDefinition& target = find_target(statement.target, "insert", context);
  if (target.source->table)
    refuse(ErrorCode::source_kind, statement.target.position,
           "INSERT INTO … SELECT writes to a stream, " + statement.target.text + " is a table");
  PlannedQuery out;
  out.sink_name = statement.target.text;
  out.plan = plan_query(statement.query, QueryUse::persistent, context);
  if (out.plan.change == Change::upsert)
    refuse(ErrorCode::source_kind, statement.target.position,
           "the result is a table and cannot be inserted into a stream");
  const Schema& sink = target.source->schema;
  bool fits = sink.size() == out.plan.schema.size();
  for (size_t i = 0; fits && i < sink.size(); ++i)
    fits = sink[i].name == out.plan.schema[i].name && sink[i].key == out.plan.schema[i].key &&
           sink[i].type == out.plan.schema[i].type;
  if (!fits)
    refuse(ErrorCode::schema_mismatch, statement.target.position,
           fmt::format("Incompatible schema between results and sink.\nResult schema is {}\nSink schema is {}",
                       out.plan.schema.to_string(), sink.to_string()));
  return out;
}

PlannedRow plan_insert_values(const syntax::InsertValues& statement, const PlanContext& context) {
  PlannedRow row;
  const SourceDefinition& target = find_target(statement.target, "insert values", context);
  row.source = &target;
  const Schema& schema = target.source->schema;
  if (target.source->window_size_ms)
    refuse(ErrorCode::operation_forbidden, statement.target.position, "rows cannot be inserted into a windowed table");
  if (target.source->table && !target.maker.empty())
    refuse(
        ErrorCode::operation_forbidden, statement.target.position,
        fmt::format("Cannot insert into {}: its rows are those of the query {}", statement.target.text, target.maker));
  std::vector<syntax::Name> names = statement.columns;
  if (names.empty())
    for (const Field& field : schema.fields()) names.push_back({field.name, statement.target.position, false});
  if (names.size() != statement.values.size())
    refuse(ErrorCode::value_invalid, statement.target.position,
           statement.columns.empty()
               ? fmt::format("{} has {} columns, {} values are given: name the columns that they are for",
                             statement.target.text, names.size(), statement.values.size())
               : fmt::format("{} columns are named and {} values given", names.size(), statement.values.size()));
  const Scope nothing;
  const ExpressionBinder binder(context, nothing);
  row.columns.resize(schema.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].text == "ROWTIME") {
      row.time = row_time(*statement.values[i], binder);
      continue;
    }
    const auto column = schema.find(names[i].text);
    if (!column && std::find(reserved_columns.begin(), reserved_columns.end(), names[i].text) != reserved_columns.end())
      refuse(ErrorCode::value_invalid, names[i].position,
             fmt::format("Inserting into column `{}` is not allowed.", names[i].text));
    if (!column) {
      std::vector<std::string> known;
      for (const Field& field : schema.fields()) known.push_back(field.name);
      refuse(ErrorCode::column_unknown, names[i].position,
             fmt::format("{} has no column {}{}", statement.target.text, names[i].text,
                         did_you_mean(names[i].text, known)));
    }
    if (row.columns[*column])
      refuse(ErrorCode::column_exists, names[i].position, fmt::format("column {} is named twice", names[i].text));
    row.columns[*column] = insert_value(*statement.values[i], schema[*column], binder);
  }
  for (size_t i = 0; i < schema.size(); ++i) {
    if (target.source->table && schema[i].key && (!row.columns[i] || !row.columns[i]->valid(0)))
      refuse(ErrorCode::value_invalid, statement.target.position,
             fmt::format("a row of a table needs its primary key: {} must have a value", schema[i].name));
    if (!row.columns[i]) row.columns[i] = evaluate_constant(*make_null(schema[i].type), *std::make_unique<RowErrors>());
  }
  return row;
}

}  // namespace millrace
