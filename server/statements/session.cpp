// SET, UNSET, DEFINE and UNDEFINE: what the session keeps. ALTER SYSTEM: what the server keeps for all sessions.
#include <fmt/format.h>

#include "planner/properties.h"
#include "server/statement_runner.h"

namespace millrace {

namespace {

std::string literal_text(const syntax::Property& property) { return property.value ? property.value->text : ""; }

}  // namespace

StatementRunner::Body StatementRunner::apply(const syntax::SetProperty& s) {
  const std::string value = literal_text(s.property);
  const std::string name = check_session_property(s.property.name.text, value, s.property.name.position);
  session_->properties[name] = value;
  return CommandDone{"property/" + name + "/set", fmt::format("{} is {}", name, value), "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::AlterSystem& s) {
  const std::string value = literal_text(s.property);
  const std::string name = check_session_property(s.property.name.text, value, s.property.name.position);
  const int64_t sequence = record();
  engine_.system_properties_[name] = value;
  return CommandDone{"property/" + name + "/alter",
                     fmt::format("{} is {} where a session says nothing", name, value),
                     "",
                     sequence,
                     {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::UnsetProperty& s) {
  const std::string name = session_property_name(s.name.text, s.name.position);
  session_->properties.erase(name);
  return CommandDone{"property/" + name + "/unset", name + " is as the server has it", "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Define& s) {
  session_->variables[s.name.text] = s.value;
  return CommandDone{"variable/" + s.name.text + "/define", s.name.text + " is defined", "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Undefine& s) {
  if (session_->variables.erase(s.name.text) == 0) {
    std::vector<std::string> known;
    for (const auto& [name, value] : session_->variables) known.push_back(name);
    refuse(ErrorCode::undefined_variable, s.name.position,
           fmt::format("there is no variable {}{}", s.name.text, did_you_mean(s.name.text, known)));
  }
  return CommandDone{"variable/" + s.name.text + "/undefine", s.name.text + " is undefined", "", -1, {}};
}

}  // namespace millrace
