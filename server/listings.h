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

  SourceListing sources(bool tables) const;
  TopicListing topics(bool all) const;  // without the server's own, unless `all`
  QueryListing queries() const;
  TypeListing types() const;
  FunctionListing functions() const;
  PropertyListing properties(const std::map<std::string, std::string>& effective,
                             const std::map<std::string, std::string>& session) const;
  SourceDescription describe(const syntax::Name& name, bool extended) const;
  FunctionDescription describe_function(const syntax::Name& name) const;
};

}  // namespace millrace
