// Statements other than queries.
#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/source_text.h"
#include "grammar/tree.h"

namespace millrace::syntax::tree {

namespace {

using Parser = antlr::SqlParser;
using Body = decltype(Statement::body);

Name string_name(const antlr4::Token& token) { return {unquoted(token), position(token), true}; }

// Topics and subjects keep the case in which they are written.
Name topic_name(Parser::TopicNameContext& context) {
  const antlr4::Token& token = *context.start;
  if (token.getType() == Parser::STRING) return string_name(token);
  Name topic = name(context);
  return topic.quoted ? topic : Name{token.getText(), topic.position, false};
}

Property property(Parser::PropertyContext& context) {
  Name named = context.quoted != nullptr ? string_name(*context.quoted) : name(*context.name);
  return {std::move(named), literal(*context.literal())};
}

std::vector<Property> properties(Parser::PropertiesContext* context) {
  std::vector<Property> all;
  if (context == nullptr) return all;
  for (Parser::PropertyContext* one : context->all) all.push_back(property(*one));
  return all;
}

std::vector<Name> column_names(Parser::ColumnNamesContext* context) {
  std::vector<Name> names;
  if (context == nullptr) return names;
  for (Parser::IdentifierContext* identifier : context->names) names.push_back(name(*identifier));
  return names;
}

std::vector<ExpressionPtr> values(Parser::ValueListContext& context) {
  std::vector<ExpressionPtr> values;
  for (Parser::ExpressionContext* value : context.values) values.push_back(expression(*value));
  return values;
}

ColumnDefinition column(Parser::ColumnDefinitionContext& context) {
  ColumnDefinition column;
  column.name = name(*context.name);
  column.type = type(*context.type());
  if (context.key != nullptr) column.role = context.primary != nullptr ? ColumnRole::primary_key : ColumnRole::key;
  if (context.headers != nullptr) column.role = ColumnRole::headers;
  if (context.header != nullptr) {
    column.role = ColumnRole::header;
    column.header = unquoted(*context.header);
  }
  return column;
}

std::vector<ColumnDefinition> columns(Parser::ColumnDefinitionsContext* context) {
  std::vector<ColumnDefinition> columns;
  if (context == nullptr) return columns;
  for (Parser::ColumnDefinitionContext* one : context->columns) columns.push_back(column(*one));
  return columns;
}

bool is_table(const antlr4::Token& kind) { return kind.getType() == Parser::TABLE; }

Body create_source(Parser::CreateSourceContext& context) {
  if (context.query() == nullptr) {
    CreateSource create;
    create.table = is_table(*context.kind);
    create.or_replace = context.replace != nullptr;
    create.read_only = context.readOnly != nullptr;
    create.if_not_exists = context.condition != nullptr;
    create.name = name(*context.name);
    create.columns = columns(context.columnDefinitions());
    create.properties = properties(context.properties());
    return create;
  }
  if (context.readOnly != nullptr) {
    refuse_token(*context.readOnly, "a SOURCE stream or table reads a topic and cannot have AS SELECT");
  }
  if (context.columnDefinitions() != nullptr) {
    refuse_token(*context.columnDefinitions()->start,
                 "columns and AS SELECT exclude each other: the query names the columns");
  }
  CreateAsSelect create;
  create.table = is_table(*context.kind);
  create.or_replace = context.replace != nullptr;
  create.if_not_exists = context.condition != nullptr;
  create.name = name(*context.name);
  create.properties = properties(context.properties());
  create.query = query(*context.query());
  return create;
}

Body create(Parser::CreateContext& context) {
  if (context.createSource() != nullptr) return create_source(*context.createSource());
  Parser::CreateTypeContext& made = *context.createType();
  return CreateType{name(*made.name), type(*made.type()), made.condition != nullptr};
}

Body insert(Parser::InsertContext& context) {
  if (context.query() != nullptr) {
    return InsertSelect{name(*context.target), properties(context.properties()), query(*context.query())};
  }
  return InsertValues{name(*context.target), column_names(context.columnNames()), values(*context.valueList())};
}

Body drop(Parser::DropContext& context) {
  if (context.kind == nullptr) return DropType{name(*context.name), context.condition != nullptr};
  Drop drop;
  drop.table = is_table(*context.kind);
  drop.if_exists = context.condition != nullptr;
  drop.delete_topic = context.deleteTopic != nullptr;
  drop.cascade = context.cascade != nullptr;
  drop.name = name(*context.name);
  return drop;
}

Body alter(Parser::AlterContext& context) {
  if (context.property() != nullptr) return AlterSystem{property(*context.property())};
  Alter alter;
  alter.table = is_table(*context.kind);
  alter.name = name(*context.name);
  for (Parser::AddedColumnContext* added : context.columns) {
    ColumnDefinition column;
    column.name = name(*added->name);
    column.type = type(*added->type());
    alter.columns.push_back(std::move(column));
  }
  return alter;
}

Body control(Parser::ControlContext& context) {
  ControlQuery control;
  size_t action = context.action->getType();
  if (action == Parser::PAUSE) control.action = QueryAction::pause;
  if (action == Parser::RESUME) control.action = QueryAction::resume;
  if (context.id != nullptr) control.id = name(*context.id);
  return control;
}

Showable showable(size_t token) {
  switch (token) {
    case Parser::STREAMS:
      return Showable::streams;
    case Parser::TABLES:
      return Showable::tables;
    case Parser::TOPICS:
      return Showable::topics;
    case Parser::QUERIES:
      return Showable::queries;
    case Parser::TYPES:
      return Showable::types;
    case Parser::FUNCTIONS:
      return Showable::functions;
    case Parser::PROPERTIES:
      return Showable::properties;
    default:
      return Showable::variables;
  }
}

Body describe(Parser::DescribeContext& context) {
  if (context.function != nullptr) return DescribeFunction{name(*context.function)};
  bool extended = context.extended != nullptr;
  if (context.name != nullptr) return Describe{name(*context.name), extended};
  return DescribeAll{context.sources->getType() == Parser::TABLES, extended};
}

Body explain(Parser::ExplainContext& context) {
  Explain explain;
  explain.analyze = context.analyze != nullptr;
  if (context.id != nullptr) {
    explain.id = name(*context.id);
    return explain;
  }
  auto& explained = static_cast<Context&>(*context.children.back());
  explain.statement = std::make_unique<Statement>(statement(explained));
  return explain;
}

Body print(Parser::PrintTopicContext& context) {
  Print print;
  print.topic = topic_name(*context.topicName());
  print.from_beginning = context.fromBeginning != nullptr;
  if (context.every != nullptr) print.interval = integer(*context.every);
  if (context.limit != nullptr) print.limit = integer(*context.limit);
  return print;
}

Body assert_topic(Parser::AssertTopicContext& context, bool absent) {
  AssertTopic assertion;
  assertion.absent = absent;
  assertion.topic = topic_name(*context.topicName());
  assertion.properties = properties(context.properties());
  if (context.timeout != nullptr) assertion.timeout = interval(*context.timeout);
  return assertion;
}

Body assert_schema(Parser::AssertSchemaContext& context, bool absent) {
  AssertSchema assertion;
  assertion.absent = absent;
  if (context.subject != nullptr) assertion.subject = topic_name(*context.subject);
  if (context.id != nullptr) assertion.id = integer(*context.id);
  if (context.timeout != nullptr) assertion.timeout = interval(*context.timeout);
  return assertion;
}

// ASSERT VALUES has VALUES (…), ASSERT NULL VALUES has KEY (…).
Body assert_values(Parser::AssertionContext& context) {
  AssertValues assertion;
  assertion.tombstone = context.tombstone != nullptr;
  if (assertion.tombstone != (context.KEY() != nullptr)) {
    const antlr4::Token& token =
        assertion.tombstone ? *context.VALUES().back()->getSymbol() : *context.KEY()->getSymbol();
    refuse_token(token,
                 std::string("expected ") + (assertion.tombstone ? "KEY" : "VALUES") + ", found " + token.getText());
  }
  assertion.source = name(*context.source);
  assertion.columns = column_names(context.columnNames());
  assertion.values = values(*context.valueList());
  return assertion;
}

Body assertion(Parser::AssertionContext& context) {
  bool absent = context.absent != nullptr;
  if (context.assertTopic() != nullptr) return assert_topic(*context.assertTopic(), absent);
  if (context.assertSchema() != nullptr) return assert_schema(*context.assertSchema(), absent);
  if (context.valueList() != nullptr) return assert_values(context);
  AssertSource assertion;
  assertion.expected.table = is_table(*context.kind);
  assertion.expected.name = name(*context.source);
  assertion.expected.columns = columns(context.columnDefinitions());
  assertion.expected.properties = properties(context.properties());
  return assertion;
}

Body unset(Parser::UnsetPropertyContext& context) {
  return UnsetProperty{context.quoted != nullptr ? string_name(*context.quoted) : name(*context.name)};
}

template <typename T>
T& as(Context& context) {
  return static_cast<T&>(context);
}

Body body(Context& context) {
  switch (context.getRuleIndex()) {
    case Parser::RuleQuery:
      return Select{query(context)};
    case Parser::RuleCreate:
      return create(as<Parser::CreateContext>(context));
    case Parser::RuleInsert:
      return insert(as<Parser::InsertContext>(context));
    case Parser::RuleDrop:
      return drop(as<Parser::DropContext>(context));
    case Parser::RuleAlter:
      return alter(as<Parser::AlterContext>(context));
    case Parser::RuleControl:
      return control(as<Parser::ControlContext>(context));
    case Parser::RuleShow: {
      auto& show = as<Parser::ShowContext>(context);
      return Show{showable(show.what->getType()), show.all != nullptr, show.extended != nullptr};
    }
    case Parser::RuleDescribe:
      return describe(as<Parser::DescribeContext>(context));
    case Parser::RuleExplain:
      return explain(as<Parser::ExplainContext>(context));
    case Parser::RuleSetProperty:
      return SetProperty{property(*as<Parser::SetPropertyContext>(context).property())};
    case Parser::RuleUnsetProperty:
      return unset(as<Parser::UnsetPropertyContext>(context));
    case Parser::RuleDefine: {
      auto& define = as<Parser::DefineContext>(context);
      return Define{name(*define.name), unquoted(*define.to)};
    }
    case Parser::RuleUndefine:
      return Undefine{name(*as<Parser::UndefineContext>(context).name)};
    case Parser::RulePrintTopic:
      return print(as<Parser::PrintTopicContext>(context));
    case Parser::RuleRunScript:
      return RunScript{unquoted(*as<Parser::RunScriptContext>(context).path)};
    default:
      return assertion(as<Parser::AssertionContext>(context));
  }
}

}  // namespace

// A StatementContext, or what one consists of.
Statement statement(Context& context) {
  if (context.getRuleIndex() == Parser::RuleStatement)
    return statement(static_cast<Context&>(*context.children.front()));
  Statement made;
  made.body = body(context);
  made.position = position(context);
  antlr4::misc::Interval range(context.start->getStartIndex(), context.stop->getStopIndex());
  made.text = context.start->getInputStream()->getText(range);
  return made;
}

}  // namespace millrace::syntax::tree
