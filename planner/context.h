// What planning may ask of the world.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "grammar/statement.h"
#include "planner/catalog.h"
#include "runtime/aggregate_registry.h"
#include "runtime/error.h"
#include "runtime/function_registry.h"
#include "runtime/log.h"

namespace millrace {

struct PlanContext {
  const Catalog& catalog;
  const FunctionRegistry& functions;
  const AggregateRegistry& aggregates;
  const FormatDirectory& formats;
  std::function<std::optional<TopicDescription>(std::string_view name)> topics;
  std::map<std::string, std::string> properties;  // the session's, defaults filled in; see properties.h
  // A statement of the past is planned again: the log may have moved on since, and what it has now is no mistake.
  bool replaying = false;
};

inline TextPosition at(const syntax::Position& position) { return {position.line, position.column}; }

[[noreturn]] inline void refuse(ErrorCode code, const syntax::Position& position, std::string message) {
  throw Error(code, std::move(message), at(position));
}

// What the grammar knows and the planner does not do yet.
[[noreturn]] inline void refuse_unsupported(const syntax::Position& position, const std::string& what) {
  refuse(ErrorCode::unsupported, position, what + " is not supported yet");
}

}  // namespace millrace
