#include "server/options.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <optional>
#include <sstream>

#include "runtime/error.h"

namespace millrace {
namespace {

using Type = OptionSpec::Type;

// Options of librdkafka's, which knows them and their values itself.
constexpr std::string_view kafka_prefix = "kafka.";
constexpr std::string_view kafka_variable_prefix = "MILLRACE_KAFKA_";

bool is_kafka(std::string_view name) { return name.size() > kafka_prefix.size() && name.starts_with(kafka_prefix); }

bool is_secret(std::string_view name) {
  return name.ends_with("password") || name.ends_with("secret") || name.ends_with("key.pem");
}

const OptionSpec* find_spec(std::string_view name) {
  const auto specs = option_specs();
  const auto found =
      std::find_if(specs.begin(), specs.end(), [&](const OptionSpec& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string variable_of(std::string_view name) {
  std::string variable = "MILLRACE_";
  for (const char c : name) variable += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

std::string did_you_mean(std::string_view nearest) {
  return nearest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", nearest);
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What the option takes, in words; nothing where the value is one of it.
std::optional<std::string> refusal(const OptionSpec& spec, std::string_view value) {
  switch (spec.type) {
    case Type::text:
      if (!value.empty() || spec.may_be_empty) return std::nullopt;
      return "a text that is not empty";
    case Type::integer: {
      const auto number = parse_integer(value);
      if (number && *number >= spec.min && *number <= spec.max) return std::nullopt;
      if (spec.max == std::numeric_limits<int64_t>::max()) return fmt::format("an integer from {} on", spec.min);
      return fmt::format("an integer from {} to {}", spec.min, spec.max);
    }
    case Type::boolean:
      if (value == "true" || value == "false") return std::nullopt;
      return "true or false";
    case Type::choice:
      if (std::find(spec.choices.begin(), spec.choices.end(), value) != spec.choices.end()) return std::nullopt;
      return fmt::format("one of {}", fmt::join(spec.choices, ", "));
  }
  return std::nullopt;
}

// Walks nested maps; `path` is the dotted name so far.
void load_node(Options& options, const YAML::Node& node, const std::string& path, const std::string& file_name) {
  const auto origin = [&](const YAML::Mark& mark) { return fmt::format("{}:{}", file_name, mark.line + 1); };
  if (node.IsMap()) {
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      const std::string name = path.empty() ? key : fmt::format("{}.{}", path, key);
      if (!entry.second.IsMap() && !is_kafka(name) && find_spec(name) == nullptr) {
        throw Error(ErrorCode::property_unknown, fmt::format("{}: unknown option \"{}\"{}", origin(entry.first.Mark()),
                                                             name, did_you_mean(nearest_option(name))));
      }
      load_node(options, entry.second, name, file_name);
    }
  } else if (node.IsScalar() && !path.empty()) {
    options.set(path, node.Scalar(), origin(node.Mark()));
  } else if (node.IsNull() && path.empty()) {
    return;  // an empty file
  } else {
    throw Error(ErrorCode::property_invalid,
                fmt::format("{}: expected {}", origin(node.Mark()),
                            path.empty() ? "options as NAME: VALUE" : "a single value for \"" + path + "\""));
  }
}

}  // namespace

std::string_view nearest_option(std::string_view name) {
  std::string_view nearest;
  size_t least = std::max<size_t>(3, name.size() / 3) + 1;
  for (const OptionSpec& spec : option_specs()) {
    const size_t distance = edit_distance(name, spec.name);
    if (distance >= least) continue;
    least = distance;
    nearest = spec.name;
  }
  return nearest;
}

Options::Options() {
  for (const OptionSpec& spec : option_specs()) values_.emplace(spec.name, spec.standard);
}

void Options::load_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    throw Error(ErrorCode::property_invalid, fmt::format("cannot read the configuration {}", path));
  }
  load_yaml(text.str(), path);
}

void Options::load_yaml(const std::string& text, const std::string& file_name) {
  try {
    load_node(*this, YAML::Load(text), "", file_name);
  } catch (const YAML::Exception& error) {
    throw Error(ErrorCode::property_invalid, fmt::format("{}:{}: {}", file_name, error.mark.line + 1, error.msg));
  }
}

std::vector<std::string> Options::load_environment(std::span<const std::string> variables) {
  std::vector<std::string> warnings;
  for (const std::string& variable : variables) {
    const size_t equals = variable.find('=');
    const std::string name = variable.substr(0, equals);
    if (!name.starts_with("MILLRACE_") || equals == std::string::npos) continue;
    if (name == "MILLRACE_URL") continue;  // is for clients
    const auto specs = option_specs();
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [&](const OptionSpec& each) { return variable_of(each.name) == name; });
    if (spec != specs.end()) {
      set(spec->name, variable.substr(equals + 1), name);
      continue;
    }
    std::string dotted = name.substr(std::string_view("MILLRACE_").size());
    for (char& c : dotted) c = c == '_' ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (name.starts_with(kafka_variable_prefix)) {
      set(dotted, variable.substr(equals + 1), name);
      continue;
    }
    const std::string_view nearest = nearest_option(dotted);
    warnings.push_back(fmt::format("the environment variable {} is no option{}", name,
                                   did_you_mean(nearest.empty() ? "" : variable_of(nearest))));
  }
  return warnings;
}

void Options::set(std::string_view name, std::string_view value, std::string_view origin) {
  if (is_kafka(name)) {
    values_.insert_or_assign(std::string(name), std::string(value));
    return;
  }
  const OptionSpec* spec = find_spec(name);
  if (spec == nullptr) {
    throw Error(ErrorCode::property_unknown,
                fmt::format("{}: unknown option \"{}\"{}", origin, name, did_you_mean(nearest_option(name))));
  }
  if (const auto expected = refusal(*spec, value)) {
    throw Error(ErrorCode::property_invalid,
                fmt::format("{}: \"{}\" takes {}, not \"{}\"", origin, name, *expected, value));
  }
  values_.insert_or_assign(std::string(name), std::string(value));
}

const std::string& Options::value(std::string_view name, bool matches) const {
  const auto found = values_.find(name);
  if (found == values_.end() || !matches) {
    std::fprintf(stderr, "the option \"%.*s\" is not declared so\n", static_cast<int>(name.size()), name.data());
    std::abort();
  }
  return found->second;
}

const std::string& Options::text(std::string_view name) const {
  const OptionSpec* spec = find_spec(name);
  return value(name, spec != nullptr && (spec->type == Type::text || spec->type == Type::choice));
}

int64_t Options::integer(std::string_view name) const {
  const OptionSpec* spec = find_spec(name);
  return *parse_integer(value(name, spec != nullptr && spec->type == Type::integer));
}

bool Options::boolean(std::string_view name) const {
  const OptionSpec* spec = find_spec(name);
  return value(name, spec != nullptr && spec->type == Type::boolean) == "true";
}

std::map<std::string, std::string> Options::kafka_settings() const {
  std::map<std::string, std::string> settings;
  for (const auto& [name, value] : values_)
    if (is_kafka(name)) settings.emplace(name.substr(kafka_prefix.size()), value);
  return settings;
}

std::string Options::to_yaml() const {
  YAML::Emitter out;
  out << YAML::BeginMap;
  for (const OptionSpec& spec : option_specs()) {
    out << YAML::Key << std::string(spec.name) << YAML::Value << values_.find(spec.name)->second;
  }
  for (const auto& [name, value] : kafka_settings())
    out << YAML::Key << std::string(kafka_prefix) + name << YAML::Value << (is_secret(name) ? "(set)" : value);
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace millrace
