// Tab, on a terminal.
#include "tests/terminal/terminal_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST_F(TerminalTest, TabCompletesWords) {
  const auto shell = open_shell();
  shell->type("dr\t");
  shell->wait_for("DROP ");
  shell->type("st\t");
  shell->wait_for("STREAM ");
}

TEST_F(TerminalTest, TabCompletesWhatAnotherClientMade) {
  const auto shell = open_shell();
  shell->type("SELECT * FROM se\t");
  EXPECT_THAT(shell->wait_silence(1200ms), Not(HasSubstr("SENSORS")));
  make_stream("sensors");
  shell->type("\t");
  shell->wait_for("SENSORS ");
  shell->type("WHERE rea\t");
  shell->wait_for("READING ");
}

TEST_F(TerminalTest, TabListsWhereThereIsAChoice) {
  make_stream("sensors");
  make_stream("sessions_of_people");
  const auto shell = open_shell();
  shell->type("DESCRIBE se\t");
  shell->wait_for("DESCRIBE se");
  EXPECT_THAT(shell->wait_for("DESCRIBE se"), HasSubstr("SENSORS             SESSIONS_OF_PEOPLE\n"));
  shell->type("n\t");
  shell->wait_for("NSORS ");
}

TEST_F(TerminalTest, TabInALaterLineOfAStatement) {
  make_stream("sensors");
  const auto shell = open_shell();
  shell->type("CREATE STREAM copy AS\r");
  shell->wait_for("-> ");
  shell->type("SELECT id FROM sen\t");
  shell->wait_for("SENSORS ");
}

TEST_F(TerminalTest, TabWaitsForNoServer) {
  const auto shell = open_shell();
  server->freeze(true);
  const auto begin = Clock::now();
  shell->type("SELECT * FROM se\t");
  shell->wait_silence(50ms);
  shell->type("x");
  shell->wait_for("x", 3s);
  EXPECT_LT(Clock::now() - begin, 2500ms);
  shell->type(ctrl_c);
  shell->wait_for("millrace> ");
  shell->type("dr\t");
  shell->wait_for("DROP ", 3s);
  server->freeze(false);
  server->kill();
  shell->type(ctrl_c);
  shell->wait_for("millrace> ");
  shell->type("SELECT * FROM se\t");
  shell->wait_silence(50ms);
  shell->type("x");
  shell->wait_for("x", 3s);
}

}  // namespace
}  // namespace millrace::testing
