// CREATE TYPE and DROP TYPE.
#include <fmt/format.h>

#include "planner/type_binder.h"
#include "runtime/nearest_name.h"
#include "server/statement_runner.h"

namespace millrace {

StatementRunner::Body StatementRunner::apply(const syntax::CreateType& s) {
  if (engine_.catalog_.types().contains(s.name.text)) {
    if (s.if_not_exists)
      return CommandDone{
          fmt::format("type/`{}`/create", s.name.text), s.name.text + " is registered already", "", -1, {}};
    refuse(ErrorCode::source_exists, s.name.position,
           fmt::format("Cannot register custom type '{}' since it is already registered", s.name.text));
  }
  Type type = bind_type(s.type, engine_.catalog_);
  const int64_t sequence = record();
  const std::string message =
      fmt::format("Registered custom type with name '{}' and SQL type {}", s.name.text, type.to_string());
  engine_.catalog_.add_type(s.name.text, std::move(type));
  return CommandDone{fmt::format("type/`{}`/create", s.name.text), message, "", sequence, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::DropType& s) {
  const std::string command = fmt::format("type/`{}`/drop", s.name.text);
  if (!engine_.catalog_.types().contains(s.name.text)) {
    if (s.if_exists) return CommandDone{command, fmt::format("Type '{}' does not exist", s.name.text), "", -1, {}};
    std::vector<std::string> known;
    for (const auto& [name, type] : engine_.catalog_.types()) known.push_back(name);
    refuse(ErrorCode::type_unknown, s.name.position,
           fmt::format("Type {} does not exist.{}", s.name.text, did_you_mean(s.name.text, known)));
  }
  const int64_t sequence = record();
  engine_.catalog_.remove_type(s.name.text);
  return CommandDone{command, fmt::format("Dropped type '{}'", s.name.text), "", sequence, {}};
}

}  // namespace millrace
