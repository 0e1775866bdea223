// SHOW, DESCRIBE and EXPLAIN.
#include <fmt/format.h>

#include "server/statement_runner.h"

namespace millrace {

Listings StatementRunner::listings() const {
  return {engine_.catalog_, *engine_.log_, engine_.functions_, engine_.aggregates_, engine_.queries_};
}

StatementRunner::Body StatementRunner::apply(const syntax::Show& s) {
  const Listings listings = this->listings();
  switch (s.what) {
    case syntax::Showable::streams:
    case syntax::Showable::tables: {
      const bool tables = s.what == syntax::Showable::tables;
      if (s.extended) return listings.descriptions(tables, s.all, true);
      return listings.sources(tables, s.all);
    }
    case syntax::Showable::topics:
      return listings.topics(s.all, s.extended);
    case syntax::Showable::queries:
      if (s.extended) return listings.query_descriptions();
      return listings.queries();
    case syntax::Showable::types:
      return listings.types();
    case syntax::Showable::functions:
      return listings.functions();
    case syntax::Showable::properties:
      return listings.properties(properties_, session_->properties, engine_.fixed_properties());
    case syntax::Showable::variables: {
      VariableListing out;
      for (const auto& [name, value] : session_->variables) out.rows.emplace_back(name, value);
      return out;
    }
  }
  refuse_unsupported(position(), "this SHOW");
}

StatementRunner::Body StatementRunner::apply(const syntax::Describe& s) {
  return listings().describe(s.name, s.extended);
}

StatementRunner::Body StatementRunner::apply(const syntax::DescribeAll& s) {
  return listings().descriptions(s.tables, false, s.extended);
}

StatementRunner::Body StatementRunner::apply(const syntax::DescribeFunction& s) {
  return listings().describe_function(s.name);
}

StatementRunner::Body StatementRunner::apply(const syntax::Explain& s) {
  if (s.analyze) refuse_unsupported(position(), "EXPLAIN ANALYZE");
  if (s.id) return listings().describe_query(*s.id);
  QueryDescription out;
  if (const auto* select = std::get_if<syntax::Select>(&s.statement->body)) {
    out = explain_select(select->query);
  } else if (const auto* create = std::get_if<syntax::CreateAsSelect>(&s.statement->body)) {
    out = describe_plan(plan_create_as_select(*create, context()).plan);
    out.query.sinks = {create->name.text};
  } else if (const auto* insert = std::get_if<syntax::InsertSelect>(&s.statement->body)) {
    out = describe_plan(plan_insert_select(*insert, context()).plan);
    out.query.sinks = {insert->target.text};
  } else {
    refuse(ErrorCode::query_invalid, s.statement->position,
           "EXPLAIN takes the id of a query, a SELECT, or a statement that holds one");
  }
  out.exists = false;
  out.query.sql = s.statement->text;
  return out;
}

// Without EMIT: a table is looked up where a query keeps it, a stream is read to its end.
QueryDescription StatementRunner::explain_select(const syntax::Query& query) const {
  if (query.emit != syntax::Emit::unsaid) {
    QueryDescription out = describe_plan(plan_query(query, QueryUse::transient, context()));
    out.kind = "PUSH";
    return out;
  }
  const PullPlan plan = plan_pull(query, context());
  const Source& source = *plan.source->source;
  QueryDescription out;
  if (source.table) {
    out.schema = plan.schema;
    out.sources = {source.name};
    out.window = plan.source->window_type;
    out.plan = fmt::format("LOOK-UP in {} {}{}\n", source.name, plan.keys.empty() ? "of all rows" : "by key",
                           engine_.queries_.contains(plan.source->maker) ? ", kept by " + plan.source->maker : "");
  } else {
    out = describe_plan(plan_query(query, QueryUse::transient, context()));
  }
  out.kind = "PULL";
  return out;
}

}  // namespace millrace
