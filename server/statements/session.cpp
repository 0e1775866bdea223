// SET, UNSET, DEFINE and UNDEFINE: what the session keeps.
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

StatementRunner::Body StatementRunner::apply(const syntax::UnsetProperty& s) {
  session_->properties.erase(s.name.text);
  return CommandDone{"property/" + s.name.text + "/unset", s.name.text + " is as the server has it", "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Define& s) {
  session_->variables[s.name.text] = s.value;
  return CommandDone{"variable/" + s.name.text + "/define", s.name.text + " is defined", "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Undefine& s) {
  session_->variables.erase(s.name.text);
  return CommandDone{"variable/" + s.name.text + "/undefine", s.name.text + " is undefined", "", -1, {}};
}

}  // namespace millrace
