// WITH (…) and SET: what they may say.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "planner/context.h"

namespace millrace {

// One WITH clause, read by name; what nobody knows is refused.
class SourceProperties {
 public:
  // Throws Error{property_unknown} or Error{property_invalid} with the place.
  explicit SourceProperties(const std::vector<syntax::Property>& properties);

  std::optional<std::string> text(std::string_view name) const;
  std::optional<int64_t> integer(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  // A length of time: a number of milliseconds, or a text like '30 SECONDS'.
  std::optional<int64_t> milliseconds(std::string_view name) const;
  // Of the property, or nowhere.
  syntax::Position position(std::string_view name) const;

 private:
  const syntax::Property* find(std::string_view name) const;

  const std::vector<syntax::Property>& properties_;
};

// Settings of a session that a query is planned with.
struct SessionProperty {
  std::string_view name;
  std::string_view help;
};
const std::vector<SessionProperty>& session_properties();
// Canonical name of a session property ('ksql.streams.auto.offset.reset' is 'auto.offset.reset'), or of one that is
// taken and has no effect here (see kafka_properties.h). Throws Error{property_unknown} where there is none.
std::string session_property_name(const std::string& name, const syntax::Position& position);
// The same; throws Error{property_invalid} where the value is not allowed.
std::string check_session_property(const std::string& name, const std::string& value, const syntax::Position& position);
// The same of all that came with a request, by their canonical names.
std::map<std::string, std::string> check_session_properties(const std::map<std::string, std::string>& properties);

}  // namespace millrace
