// The configuration: every option is declared once, in option_specs(), with its default, limits and help.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct OptionSpec {
  enum class Type { text, integer, boolean, choice };

  std::string_view name;  // dotted: "log.sync.interval.ms"
  Type type = Type::text;
  std::string_view standard;  // the default, as text
  int64_t min = 0;            // of an integer
  int64_t max = 0;
  std::vector<std::string_view> choices = {};
  bool may_be_empty = false;  // of a text
  std::string_view help;      // one line or several, without a full stop
};

std::span<const OptionSpec> option_specs();

// Values of all options. The sources are read in this order, later ones win: defaults, file, environment, command line.
// Every setter throws Error{property_unknown} or Error{property_invalid}: the message names the key, the file and line
// or the variable, and what was expected.
class Options {
 public:
  Options();

  // YAML; keys may be nested or dotted. Throws Error{property_invalid} also where the file cannot be read.
  void load_file(const std::string& path);
  void load_yaml(const std::string& text, const std::string& file_name);
  // Names under "kafka." are taken without looking.
  // MILLRACE_LOG_LEVEL=… and so on, given as "NAME=value". Returns a warning for every MILLRACE_… that is no option,
  // since platforms set such variables of their own accord.
  std::vector<std::string> load_environment(std::span<const std::string> variables);
  // `origin` names where the value came from: "--listen".
  void set(std::string_view name, std::string_view value, std::string_view origin);

  // The name must be declared with that type: aborts.
  const std::string& text(std::string_view name) const;  // of text and choice
  int64_t integer(std::string_view name) const;
  size_t size(std::string_view name) const { return static_cast<size_t>(integer(name)); }
  bool boolean(std::string_view name) const;
  // What was set under "kafka.", which goes to librdkafka as it is; the names without that.
  std::map<std::string, std::string> kafka_settings() const;

  // The effective configuration, each option with its value in effect, but for secrets of Kafka's.
  std::string to_yaml() const;

 private:
  const std::string& value(std::string_view name, bool matches) const;

  std::map<std::string, std::string, std::less<>> values_;
};

// The declared name nearest to `name`, or empty where none is near.
std::string_view nearest_option(std::string_view name);

}  // namespace millrace
