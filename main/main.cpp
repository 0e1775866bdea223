// The command line of millrace. Everything that CLI11 costs to compile, it costs here.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "main/run.h"
#include "main/serve.h"
#include "server/version.h"
#include "shell/health.h"
#include "shell/help.h"
#include "shell/replay.h"
#include "shell/shell.h"

namespace millrace {
namespace {

constexpr const char* standard_url = "http://127.0.0.1:8088";

const std::map<std::string, shell::OutputFormat> output_formats = {
    {"table", shell::OutputFormat::table}, {"json", shell::OutputFormat::json}, {"csv", shell::OutputFormat::csv}};

// The help of an option says what it takes; CLI11 would list the numbers of the enumeration, too.
CLI::Validator output_format() { return CLI::CheckedTransformer(output_formats).description(""); }

// "NAME=VALUE", for the words of an option that takes it.
std::pair<std::string, std::string> split_pair(const std::string& word, const char* expected) {
  const size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) throw CLI::ValidationError(word, std::string("expected ") + expected);
  return {word.substr(0, equals), word.substr(equals + 1)};
}

shell::ServerUrl server_url(const std::string& text) {
  const auto url = shell::parse_url(text);
  if (!url) throw CLI::ValidationError(text, "expected a URL such as " + std::string(standard_url));
  return *url;
}

// Every command adds itself to the program, and says what it does when it was chosen.
using Command = std::function<int()>;

Command add_serve(CLI::App& program) {
  auto* command = program.add_subcommand("serve", "Run the server");
  struct Words {
    std::optional<std::string> config, data_dir, kafka, listen, log_level;
    std::vector<std::string> set;
    bool print_config = false;
  };
  const auto words = std::make_shared<Words>();
  command->add_option("--config", words->config, "Configuration file (YAML)")->type_name("FILE");
  command->add_option("--data-dir", words->data_dir, "data.dir: where everything is kept")->type_name("DIR");
  command
      ->add_option("--kafka", words->kafka, "kafka.bootstrap.servers: everything is kept on this Kafka cluster instead")
      ->type_name("HOST:PORT,…");
  command->add_option("--listen", words->listen, "listen: address of the HTTP surface")->type_name("HOST:PORT");
  command->add_option("--log-level", words->log_level, "log.level: trace, debug, info, warning, error or off")
      ->type_name("LEVEL");
  command->add_option("--set", words->set, "Any option of the configuration; may be given again")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--print-config", words->print_config, "Print the configuration in effect, and end");
  return [words] {
    ServeArguments arguments{words->config, {}, words->print_config};
    for (const std::string& word : words->set) {
      auto [name, value] = split_pair(word, "NAME=VALUE");
      arguments.settings.push_back({name, value, "--set"});
    }
    if (words->data_dir) arguments.settings.push_back({"data.dir", *words->data_dir, "--data-dir"});
    if (words->kafka) arguments.settings.push_back({"kafka.bootstrap.servers", *words->kafka, "--kafka"});
    if (words->listen) arguments.settings.push_back({"listen", *words->listen, "--listen"});
    if (words->log_level) arguments.settings.push_back({"log.level", *words->log_level, "--log-level"});
    return serve(arguments);
  };
}

Command add_shell(CLI::App& program) {
  auto* command = program.add_subcommand("shell", "Talk SQL with a server");
  const auto options = std::make_shared<shell::ShellOptions>();
  const auto url = std::make_shared<std::string>(standard_url);
  command->add_option("URL", *url, "The server")->capture_default_str()->envname("MILLRACE_URL");
  command->add_option("-e,--execute", options->statements, "Run these statements; may be given again")
      ->type_name("SQL")
      ->allow_extra_args(false);
  command->add_option("-f,--file", options->files, "Run the statements of a file; may be given again")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--watch", options->watched,
          "Show a SELECT ... EMIT CHANGES: a table changes in place, rows of a stream flow; may be given again")
      ->type_name("SQL")
      ->allow_extra_args(false);
  command->add_option("--output", options->output, "table, json or csv")
      ->transform(output_format())
      ->type_name("FORMAT");
  command->add_flag("--keep-going", options->keep_going, "Go on after a statement that failed");
  return [options, url] {
    options->url = server_url(*url);
    options->version = version();
    return shell::run_shell(*options);
  };
}

Command add_run(CLI::App& program) {
  auto* command = program.add_subcommand("run", "Run scripts in this process, over files");
  const auto arguments = std::make_shared<RunArguments>();
  const auto feeds = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", arguments->scripts, "Scripts of statements")->required();
  command->add_option("--feed", *feeds, "Rows for a topic: CSV with a header line, or JSON lines; - is standard input")
      ->type_name("TOPIC=FILE")
      ->allow_extra_args(false);
  command->add_option("--data-dir", arguments->data_dir, "Keep everything here instead of in memory")->type_name("DIR");
  command->add_option("--output", arguments->output, "table, json or csv")
      ->transform(output_format())
      ->type_name("FORMAT");
  return [arguments, feeds] {
    for (const std::string& word : *feeds) {
      auto [topic, file] = split_pair(word, "TOPIC=FILE");
      arguments->feeds.push_back({topic, file});
    }
    return run_scripts(*arguments);
  };
}

Command add_replay(CLI::App& program) {
  auto* command = program.add_subcommand("replay", "Send the rows of a file into a stream");
  const auto options = std::make_shared<shell::ReplayOptions>();
  const auto url = std::make_shared<std::string>(standard_url);
  command->add_option("FILE", options->file, "CSV with a header line, or JSON lines; also .gz")->required();
  command->add_option("--stream", options->stream, "The stream")->required();
  auto* time = command->add_option("--time", options->time_column, "The column that --speed goes by");
  auto* speed = command->add_option("--speed", options->speed, "As fast as in reality, times N")
                    ->type_name("N")
                    ->check(CLI::PositiveNumber)
                    ->needs(time);
  command->add_option("--rate", options->rate, "Rows a second")->check(CLI::PositiveNumber)->excludes(speed);
  command->add_option("--server", *url, "The server")->capture_default_str()->envname("MILLRACE_URL");
  return [options, url] {
    options->url = server_url(*url);
    return shell::run_replay(*options);
  };
}

Command add_health(CLI::App& program) {
  auto* command = program.add_subcommand("health", "Ask a server whether it is well: the exit status says so");
  const auto url = std::make_shared<std::string>(standard_url);
  command->add_option("URL", *url, "The server")->capture_default_str()->envname("MILLRACE_URL");
  return [url] { return shell::run_health(server_url(*url)); };
}

// What was meant by the first word that is no command or option; empty: nothing that is like it.
std::string suggestion(const CLI::App& program) {
  const auto chosen = program.get_subcommands();
  const CLI::App& command = chosen.empty() ? program : *chosen.front();
  std::vector<std::string> names;
  for (const CLI::App* each : command.get_subcommands({})) names.push_back(each->get_name());
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const std::string& word : command.remaining()) {
    if (!chosen.empty() && !word.starts_with("-")) continue;  // the value of one that is not known
    const std::string written = word.substr(0, word.find('='));
    const auto longer =
        std::find_if(names.begin(), names.end(), [&](const std::string& name) { return name.starts_with(written); });
    const std::string nearest = longer != names.end() ? *longer : shell::nearest_name(written, names);
    if (!nearest.empty()) return fmt::format("{}: did you mean {}?\n", word, nearest);
  }
  return "";
}

int run_program(int count, char** words) {
  CLI::App program{"Streaming SQL in one binary"};
  program.name("millrace");
  program.set_version_flag("--version", "millrace " + std::string(version()));
  program.require_subcommand(1);
  const std::vector<std::pair<std::string, Command>> commands = {{"serve", add_serve(program)},
                                                                 {"shell", add_shell(program)},
                                                                 {"run", add_run(program)},
                                                                 {"replay", add_replay(program)},
                                                                 {"health", add_health(program)}};
  try {
    program.parse(count, words);
    for (const auto& [name, command] : commands) {
      if (program.got_subcommand(name)) return command();
    }
  } catch (const CLI::ParseError& error) {
    const bool helped = program.exit(error) == 0;  // --help and --version
    if (!helped) fmt::print(stderr, "{}", suggestion(program));
    return helped ? 0 : 2;
  }
  return 2;
}

}  // namespace
}  // namespace millrace

int main(int count, char** words) { return millrace::run_program(count, words); }
