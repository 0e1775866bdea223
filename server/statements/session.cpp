// SET, UNSET, DEFINE and UNDEFINE: what the session keeps. ALTER SYSTEM: what the server keeps for all sessions.
#include <fmt/format.h>

#include <algorithm>

#include "planner/properties.h"
#include "runtime/nearest_name.h"
#include "runtime/number_text.h"
#include "server/statement_runner.h"

namespace millrace {

namespace {

std::string literal_text(const syntax::Property& property) { return property.value ? property.value->text : ""; }

// ALTER SYSTEM alone: what concerns no session.
constexpr std::string_view audit_enabled = "audit.enabled";
constexpr std::string_view audit_retention = "audit.retention.ms";
constexpr int64_t retention_min_ms = 60'000;

bool has_effect(const std::string& name) {
  const auto& known = session_properties();
  if (name.starts_with("ksql.functions.")) return true;  // limits of aggregates
  return std::any_of(known.begin(), known.end(), [&](const SessionProperty& one) { return one.name == name; });
}

}  // namespace

StatementRunner::Body StatementRunner::apply(const syntax::SetProperty& s) {
  const std::string value = literal_text(s.property);
  const std::string name = check_session_property(s.property.name.text, value, s.property.name.position);
  session_->properties[name] = value;
  const std::string done = has_effect(name) ? fmt::format("{} is {}", name, value) : name + " has no effect here";
  return CommandDone{"property/" + name + "/set", done, "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::AlterSystem& s) {
  const std::string value = literal_text(s.property);
  if (s.property.name.text == audit_enabled) return alter_audit(s.property, value == "true", value == "false");
  if (s.property.name.text == audit_retention) return alter_audit_retention(s.property, value);
  const std::string name = check_session_property(s.property.name.text, value, s.property.name.position);
  const int64_t sequence = record();
  engine_.system_properties_[name] = value;
  return CommandDone{"property/" + name + "/alter",
                     fmt::format("{} is {} where a session says nothing", name, value),
                     "",
                     sequence,
                     {}};
}

StatementRunner::Body StatementRunner::alter_audit(const syntax::Property& property, bool on, bool off) {
  if (on == off) refuse(ErrorCode::property_invalid, property.name.position, "audit.enabled is 'true' or 'false'");
  const int64_t sequence = record();
  engine_.observation_.audit().switch_on(on);
  return CommandDone{
      "property/audit.enabled/alter", on ? "requests are audited" : "requests are not audited", "", sequence, {}};
}

StatementRunner::Body StatementRunner::alter_audit_retention(const syntax::Property& property,
                                                             const std::string& value) {
  int64_t milliseconds = 0;
  if (parse_integer(value, milliseconds) != NumberText::ok || milliseconds < retention_min_ms)
    refuse(ErrorCode::property_invalid, property.name.position,
           fmt::format("audit.retention.ms is a number of milliseconds from {} on, here it is '{}'", retention_min_ms,
                       value));
  const SourceDefinition* audit = engine_.catalog_.find("SYS_AUDIT");
  if (audit == nullptr) refuse(ErrorCode::operation_forbidden, property.name.position, "there is no SYS_AUDIT here");
  const int64_t sequence = record();
  Retention retention = engine_.topic_now(*audit->source).retention;
  retention.milliseconds = milliseconds;
  if (replayed_ == nullptr) engine_.log_->retain(audit->source->topic.id, retention);
  return CommandDone{
      "property/audit.retention.ms/alter", fmt::format("SYS_AUDIT keeps {} ms", milliseconds), "", sequence, {}};
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
