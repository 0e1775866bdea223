// What the shell does itself, and scripts: over the command line and standard input, as another program would.
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tests/terminal/terminal_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CommandTest : public TerminalTest {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(directory.path() + "/" + name) << text;
    return directory.path() + "/" + name;
  }
};

TEST_F(CommandTest, VersionDateAndClear) {
  EXPECT_THAT(run_script("VERSION;").output, ContainsRegex("shell [0-9.]+, server [0-9.]+ at http://127.0.0.1:[0-9]+"));
  EXPECT_THAT(run_script("date;").output, ContainsRegex("^20[0-9-]+ [0-9:]+ [+-][0-9]+\n$"));
  EXPECT_THAT(run_script("CLEAR;").output, IsEmpty());
}

TEST_F(CommandTest, NoCommandsOfTheSystem) {
  const ScriptRun run = run_script("!ls;");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.errors, "stdin:1: error: the shell runs no commands of the system\n");
}

TEST_F(CommandTest, ExitEndsAScript) {
  const ScriptRun run = run_script("DATE; EXIT; NONSENSE;");
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.errors, IsEmpty());
}

TEST_F(CommandTest, OutputChangesTheFormat) {
  make_stream("s");
  EXPECT_THAT(run_script("OUTPUT csv; SHOW STREAMS;").output, HasSubstr("\nS,s,KAFKA,JSON,false\n"));
  EXPECT_THAT(run_script("OUTPUT json; SHOW STREAMS;").output, HasSubstr("{\"@type\":\"streams\""));
  const ScriptRun wrong = run_script("OUTPUT xml;");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_EQ(wrong.errors, "error: OUTPUT takes one of TABLE, JSON, CSV\n");
}

TEST_F(CommandTest, ScriptsInScripts) {
  make_stream("s");
  const std::string inner = write("inner.sql", "-- rows\nINSERT INTO s VALUES (1, 2.5);\nFAULT;\nSHOW STREAMS;\n");
  const std::string outer = write("outer.sql", "RUN SCRIPT '" + inner + "';\nSHOW TABLES;\n");
  const ScriptRun stopped = run_shell({"-f", outer});
  EXPECT_EQ(stopped.status, 1);
  EXPECT_THAT(stopped.errors, HasSubstr(inner + ":3: error: "));
  EXPECT_THAT(stopped.output, AllOf(HasSubstr("Row inserted"), Not(HasSubstr("Name"))));
  const ScriptRun going = run_shell({"-f", outer, "--keep-going"});
  EXPECT_EQ(going.status, 1);
  EXPECT_THAT(going.output, AllOf(HasSubstr(" S    | s "), HasSubstr("(0 rows)")));
}

TEST_F(CommandTest, FormsOfRunScript) {
  write("it's.sql", "SHOW TABLES;");
  const std::string path = directory.path() + "/it";
  EXPECT_THAT(run_script("run script '" + path + "''s.sql';").output, HasSubstr("(0 rows)"));
  EXPECT_THAT(run_shell({"-e", "SCRIPT " + write("demo.sql", "SHOW TABLES;")}).output, HasSubstr("(0 rows)"));
  EXPECT_EQ(run_script("RUN 'x';").errors, "stdin:1: error: expected SCRIPT and a file in quotes after RUN\n");
  EXPECT_EQ(run_script("SCRIPT;").errors, "stdin:1: error: expected a file after SCRIPT\n");
  const auto shell = open_shell();
  EXPECT_THAT(say(*shell, "script demo.sql"), HasSubstr("(0 rows)"));
  EXPECT_THAT(say(*shell, "RUN SCRIPT 'demo.sql'"), HasSubstr("(0 rows)"));
}

TEST_F(CommandTest, TerminalThatKnowsNoCodes) {
  ShellProcess shell({server->url().to_string()}, directory.path(), {40, 100}, {"TERM=dumb"});
  shell.wait_for("millrace> ");
  EXPECT_THAT(say(shell, "SHOW TABLES;"), HasSubstr("(0 rows)"));
  EXPECT_THAT(shell.raw(), Not(HasSubstr("\x1b")));
}

TEST_F(CommandTest, ScriptsThatCannotBeRun) {
  const std::string self = write("self.sql", "");
  write("self.sql", "RUN SCRIPT '" + self + "';");
  EXPECT_EQ(run_shell({"-f", self}).errors, self + " is not run: scripts run scripts 16 deep\n");
  EXPECT_EQ(run_shell({"-f", "/nowhere.sql"}).errors, "cannot read /nowhere.sql: No such file or directory\n");
  EXPECT_EQ(run_shell({"-f", directory.path()}).errors, "cannot read " + directory.path() + ": Is a directory\n");
  EXPECT_EQ(run_shell({"-f", write("empty.sql", "")}).status, 0);
}

TEST_F(CommandTest, StatementsOfAPipeAreRunAsTheyCome) {
  const std::string out = directory.path() + "/out";
  const std::string url = server->url().to_string();
  const std::string command = "(echo 'SHOW TABLES;'; for i in $(seq 100); do grep -q '(0 rows)' '" + out +
                              "' && exit; sleep 0.1; done; echo NONSENSE) | '" MILLRACE_PROGRAM "' shell " + url +
                              " >'" + out + "' 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(CommandTest, TextsOfOtherEditors) {
  EXPECT_EQ(run_script("\xef\xbb\xbfSHOW TABLES;\r\n;;\r\nDATE;\r\n").status, 0);
}

TEST_F(CommandTest, ResultsThatCannotBeWritten) {
  const std::string command = "'" MILLRACE_PROGRAM "' shell " + server->url().to_string() +
                              " -e 'SHOW FUNCTIONS;' >/dev/full 2>'" + directory.path() + "/said'";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  std::ifstream said(directory.path() + "/said");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(said), {}),
            "the results cannot be written to standard output\n");
}

TEST_F(CommandTest, CtrlCEndsAScriptBetweenStatements) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "DATE;\n";
  const std::string script = write("long.sql", text);
  ShellProcess shell({server->url().to_string(), "-f", script}, directory.path());
  shell.wait_for("20");
  shell.type(ctrl_c);
  EXPECT_EQ(shell.reap(), 130);
}

TEST_F(CommandTest, CtrlCEndsTheWaitForStatements) {
  ASSERT_EQ(mkfifo((directory.path() + "/pipe").c_str(), 0600), 0);
  ShellProcess shell({server->url().to_string(), "<", directory.path() + "/pipe"}, directory.path(), {40, 100}, {},
                     ShellProcess::By::command_line);
  std::ofstream pipe(directory.path() + "/pipe");
  pipe << "DATE;\n" << std::flush;
  shell.wait_for("20");
  shell.type(ctrl_c);
  EXPECT_EQ(shell.reap(), 130);
}

TEST_F(CommandTest, StatementWithoutEnd) {
  const std::string file = write("endless.sql", "SHOW TABLES;\nSELECT '" + std::string(65 << 20, 'x') + "\n;");
  EXPECT_EQ(run_shell({"-f", file}).errors,
            file + ": error: a statement has more than 64 MiB; is a quote or a semicolon missing?\n");
}

TEST_F(CommandTest, LargeScriptsAreQuick) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "DATE -- a comment that makes the line longer\n;\n";
  const ScriptRun run = run_script(text);
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 100'000);
}

}  // namespace
}  // namespace millrace::testing
