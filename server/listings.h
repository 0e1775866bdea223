// SHOW and DESCRIBE: what there is, as results.
#pragma once

#include <map>
#include <memory>

#include "planner/context.h"
#include "server/running_query.h"

namespace millrace {

struct Listings {
  const Catalog& catalog;
  const Log& log;
  const FunctionRegistry& function_registry;
  const AggregateRegistry& aggregate_registry;
  const std::map<std::string, std::shared_ptr<RunningQuery>>& running;

  // Without the server's own, unless `all`.
  SourceListing sources(bool tables, bool all) const;
  SourceDescriptions descriptions(bool tables, bool all, bool extended) const;
  TopicListing topics(bool all, bool extended) const;
  QueryListing queries() const;
  QueryDescriptions query_descriptions() const;
  TypeListing types() const;
  FunctionListing functions() const;
  // `fixed`: of the server, for reading only.
  PropertyListing properties(const std::map<std::string, std::string>& effective,
                             const std::map<std::string, std::string>& session,
                             const std::map<std::string, std::string>& fixed) const;
  SourceDescription describe(const syntax::Name& name, bool extended) const;
  QueryDescription describe_query(const syntax::Name& id) const;
  FunctionDescription describe_function(const syntax::Name& name) const;

 private:
  SourceDescription describe(const SourceDefinition& definition, bool extended) const;
  QueryDescription describe(const RunningQuery& query) const;
};

// What a plan alone tells of a query.
QueryDescription describe_plan(const QueryPlan& plan, const std::vector<std::string>& notes = {});

}  // namespace millrace
