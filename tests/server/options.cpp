#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "runtime/error.h"

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string refusal(const std::function<void(Options&)>& change) {
  Options options;
  try {
    change(options);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}
std::string refusal_of_yaml(const std::string& text) {
  return refusal([&](Options& options) { options.load_yaml(text, "m.yaml"); });
}

TEST(OptionsTest, DefaultsAreWithinTheirLimits) {
  std::set<std::string_view> names;
  for (const OptionSpec& spec : option_specs()) {
    Options options;
    EXPECT_NO_THROW(options.set(spec.name, spec.standard, "default")) << spec.name;
    EXPECT_FALSE(spec.help.empty()) << spec.name;
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name << " is declared twice";
  }
}

TEST(OptionsTest, NestedAndDottedKeys) {
  Options options;
  options.load_yaml("log.level: debug\nhttp:\n  body.bytes.max: 5000\n  idle:\n    timeout.ms: 7\n", "m.yaml");
  EXPECT_EQ(options.text("log.level"), "debug");
  EXPECT_EQ(options.integer("http.body.bytes.max"), 5000);
  EXPECT_EQ(options.integer("http.idle.timeout.ms"), 7);
  EXPECT_EQ(options.text("listen"), "127.0.0.1:8088");
}

TEST(OptionsTest, EmptyFileChangesNothing) {
  Options options;
  options.load_yaml("# nothing\n", "m.yaml");
  EXPECT_EQ(options.to_yaml(), Options().to_yaml());
}

TEST(OptionsTest, UnknownKeyNamesLineAndNearest) {
  EXPECT_EQ(refusal_of_yaml("listen: 127.0.0.1:1\nhttp:\n  body.byte.max: 1\n"),
            "m.yaml:3: unknown option \"http.body.byte.max\"; did you mean \"http.body.bytes.max\"?");
  EXPECT_EQ(refusal_of_yaml("\nlog.levle: info\n"),
            "m.yaml:2: unknown option \"log.levle\"; did you mean \"log.level\"?");
  EXPECT_EQ(refusal_of_yaml("qwertyuiop: 1\n"), "m.yaml:1: unknown option \"qwertyuiop\"");
}

TEST(OptionsTest, WrongValuesSayWhatWasExpected) {
  EXPECT_EQ(refusal_of_yaml("http.connections.max: many\n"),
            "m.yaml:1: \"http.connections.max\" takes an integer from 1 to 1048576, not \"many\"");
  EXPECT_EQ(refusal_of_yaml("http.connections.max: 0\n"),
            "m.yaml:1: \"http.connections.max\" takes an integer from 1 to 1048576, not \"0\"");
  EXPECT_EQ(refusal_of_yaml("http.connections.max: 99999999999999999999\n"),
            "m.yaml:1: \"http.connections.max\" takes an integer from 1 to 1048576, not \"99999999999999999999\"");
  EXPECT_EQ(refusal_of_yaml("log.sync: always\n"),
            "m.yaml:1: \"log.sync\" takes one of commit, interval, never, not \"always\"");
  EXPECT_EQ(refusal_of_yaml("listen: [a, b]\n"), "m.yaml:1: expected a single value for \"listen\"");
  EXPECT_EQ(refusal_of_yaml("- a\n"), "m.yaml:1: expected options as NAME: VALUE");
  EXPECT_THAT(refusal_of_yaml("listen: {\n"), HasSubstr("m.yaml:2: "));
  EXPECT_THAT(refusal([](Options& options) { options.load_file("/nowhere/m.yaml"); }), HasSubstr("/nowhere/m.yaml"));
}

TEST(OptionsTest, LaterSourcesWin) {
  Options options;
  options.load_yaml("log.level: debug\nlisten: a:1\ndata.dir: x\n", "m.yaml");
  const std::vector<std::string> variables = {"MILLRACE_LOG_LEVEL=error", "MILLRACE_LISTEN=b:2", "HOME=/root"};
  EXPECT_THAT(options.load_environment(variables), IsEmpty());
  options.set("listen", "c:3", "--listen");
  EXPECT_EQ(options.text("data.dir"), "x");
  EXPECT_EQ(options.text("log.level"), "error");
  EXPECT_EQ(options.text("listen"), "c:3");
}

TEST(OptionsTest, Environment) {
  Options options;
  const std::vector<std::string> unknown = {"MILLRACE_LOG_LEVLE=info", "MILLRACE_SERVICE_HOST=10.0.0.1"};
  EXPECT_THAT(
      options.load_environment(unknown),
      ElementsAre("the environment variable MILLRACE_LOG_LEVLE is no option; did you mean \"MILLRACE_LOG_LEVEL\"?",
                  HasSubstr("MILLRACE_SERVICE_HOST is no option")));
  const std::vector<std::string> wrong = {"MILLRACE_ENGINE_THREADS=two"};
  EXPECT_EQ(refusal([&](Options& each) { each.load_environment(wrong); }),
            "MILLRACE_ENGINE_THREADS: \"engine.threads\" takes an integer from 1 to 1024, not \"two\"");
}

TEST(OptionsTest, PrintsWhatItCanReadAgain) {
  Options options;
  options.set("listen", "[::1]:0", "test");
  options.set("data.dir", "a # b: 'c'", "test");
  Options again;
  again.load_yaml(options.to_yaml(), "printed");
  EXPECT_EQ(again.text("listen"), "[::1]:0");
  EXPECT_EQ(again.text("data.dir"), "a # b: 'c'");
  EXPECT_EQ(again.to_yaml(), options.to_yaml());
}

// What is under kafka is librdkafka's to judge.
TEST(OptionsTest, KafkaSettingsAreTakenAsTheyAre) {
  Options options;
  options.load_yaml("kafka:\n  bootstrap.servers: a:1,b:2\n  sasl:\n    password: secret\n", "file");
  options.set("kafka.client.id", "me", "--set");
  const std::vector<std::string> variables = {"MILLRACE_KAFKA_SASL_USERNAME=user"};
  EXPECT_TRUE(options.load_environment(variables).empty());
  const std::map<std::string, std::string> expected = {
      {"bootstrap.servers", "a:1,b:2"}, {"client.id", "me"}, {"sasl.password", "secret"}, {"sasl.username", "user"}};
  EXPECT_EQ(options.kafka_settings(), expected);
  EXPECT_THAT(options.to_yaml(), HasSubstr("kafka.sasl.username: user"));
  EXPECT_THAT(options.to_yaml(), testing::Not(HasSubstr("secret")));
}

// The documented configuration is the table: the same options in the same order, each under its help and with its
// default.
TEST(OptionsTest, ConfigurationFileDocumentsTheTable) {
  std::string expected;
  for (const OptionSpec& spec : option_specs()) {
    std::string help = "# ";
    for (const char c : spec.help) help.append(c == '\n' ? "\n# " : std::string(1, c));
    for (size_t i = 0; i < spec.choices.size(); ++i) help.append(i == 0 ? ": " : ", ").append(spec.choices[i]);
    expected.append(help).append("\n").append(spec.name).append(": ");
    expected.append(spec.standard.empty() ? "\"\"" : spec.standard).append("\n");
  }
  std::ifstream file(MILLRACE_CONFIGURATION);
  ASSERT_TRUE(file) << MILLRACE_CONFIGURATION;
  std::string documented;
  bool preamble = true;  // up to the first empty line
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) preamble = false;
    if (!preamble && !line.empty()) documented.append(line).append("\n");
  }
  EXPECT_EQ(documented, expected);
  Options options;
  options.load_file(MILLRACE_CONFIGURATION);
  EXPECT_EQ(options.to_yaml(), Options().to_yaml());
}

}  // namespace
}  // namespace millrace
