// SHOW, DESCRIBE and EXPLAIN.
#include <fmt/format.h>

#include "server/statement_runner.h"

namespace millrace {

namespace {

std::vector<std::string> source_names(const QueryPlan& plan) {
  std::vector<std::string> names;
  for (const auto& source : plan.sources) names.push_back(source->name);
  return names;
}

}  // namespace

Listings StatementRunner::listings() const {
  return {engine_.catalog_, *engine_.log_, engine_.functions_, engine_.aggregates_, engine_.queries_};
}

StatementRunner::Body StatementRunner::apply(const syntax::Show& s) {
  const Listings listings = this->listings();
  switch (s.what) {
    case syntax::Showable::streams:
      return listings.sources(false);
    case syntax::Showable::tables:
      return listings.sources(true);
    case syntax::Showable::topics:
      return listings.topics(s.all);
    case syntax::Showable::queries:
      return listings.queries();
    case syntax::Showable::types:
      return listings.types();
    case syntax::Showable::functions:
      return listings.functions();
    case syntax::Showable::properties:
      return listings.properties(properties_, session_->properties);
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

StatementRunner::Body StatementRunner::apply(const syntax::DescribeFunction& s) {
  return listings().describe_function(s.name);
}

StatementRunner::Body StatementRunner::apply(const syntax::Explain& s) {
  if (s.analyze) refuse_unsupported(position(), "EXPLAIN ANALYZE");
  QueryDescription out;
  if (s.id) {
    const auto found = engine_.queries_.find(s.id->text);
    if (found == engine_.queries_.end())
      refuse(ErrorCode::query_unknown, s.id->position, fmt::format("Query with id:{} does not exist", s.id->text));
    const QueryDefinition& definition = found->second->definition();
    out.query = found->second->describe();
    out.schema = definition.plan.schema;
    out.sources = source_names(definition.plan);
    out.plan = print_plan(definition.plan);
    return out;
  }
  QueryPlan plan;
  if (const auto* select = std::get_if<syntax::Select>(&s.statement->body)) {
    plan = plan_query(select->query, QueryUse::transient, context());
  } else if (const auto* create = std::get_if<syntax::CreateAsSelect>(&s.statement->body)) {
    plan = plan_create_as_select(*create, context()).plan;
  } else if (const auto* insert = std::get_if<syntax::InsertSelect>(&s.statement->body)) {
    plan = plan_insert_select(*insert, context()).plan;
  } else {
    refuse(ErrorCode::query_invalid, s.statement->position,
           "EXPLAIN takes the id of a query, a SELECT, or a statement that holds one");
  }
  out.query.sql = s.statement->text;
  out.schema = plan.schema;
  out.sources = source_names(plan);
  out.plan = print_plan(plan);
  return out;
}

}  // namespace millrace
