// HELP and its examples, against a server.
#include "shell/help.h"

#include <cstdio>
#include <sstream>

#include "tests/terminal/terminal_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class HelpTest : public TerminalTest {};

TEST_F(HelpTest, EveryExampleRuns) {
  for (const shell::HelpTopic& topic : shell::all_help_topics()) {
    EXPECT_STRNE(topic.grammar, "") << topic.name;
    if (topic.example[0] == '\0') continue;
    const ScriptRun run = run_script(topic.example);
    EXPECT_EQ(run.status, 0) << "HELP " << topic.name << "\n" << run.errors;
    EXPECT_EQ(run.errors, "") << "HELP " << topic.name;
    drop_everything();
  }
}

TEST_F(HelpTest, Topics) {
  EXPECT_THAT(run_script("HELP;").output, AllOf(HasSubstr("CREATE STREAM "), HasSubstr("WINDOW "), HasSubstr("EXIT ")));
  EXPECT_THAT(run_script("help create stream;").output,
              AllOf(HasSubstr("STREAM [IF NOT EXISTS] name (column type [KEY]"), HasSubstr("Example:"),
                    Not(HasSubstr("CREATE TYPE"))));
  EXPECT_THAT(run_script("HELP create").output, AllOf(HasSubstr("CREATE STREAM"), HasSubstr("CREATE TYPE")));
  EXPECT_THAT(run_script("HELP abs;").output, HasSubstr("The value without its sign."));
}

TEST_F(HelpTest, UnknownTopics) {
  const ScriptRun run = run_script("HELP widow;");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.errors, "there is no help on widow; did you mean HELP WINDOW?\n");
  EXPECT_EQ(run_script("HELP substrin;").errors, "there is no help on substrin; did you mean HELP SUBSTRING?\n");
  EXPECT_EQ(run_script("HELP zzzzzzzzzzz;").errors, "there is no help on zzzzzzzzzzz; HELP lists what there is\n");
  EXPECT_EQ(run_script("HELP " + std::string(100'000, 'x') + ";").status, 1);
}

}  // namespace
}  // namespace millrace::testing
