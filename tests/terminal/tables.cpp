// Results on a terminal: tables that fit, tables that move, rows that flow, colours and how far it is.
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/terminal/terminal_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class TableTest : public TerminalTest {
 protected:
  void make_wide() {
    execute_well(server->url(),
                 "CREATE STREAM wide (id INT KEY, first_column VARCHAR, second_column VARCHAR, third_column VARCHAR) "
                 "WITH (kafka_topic = 'wide', partitions = 1, value_format = 'JSON');");
    insert_wide(1);
  }
  void insert_wide(int id) {
    execute_well(server->url(), "INSERT INTO wide VALUES (" + std::to_string(id) +
                                    ", 'the first of three columns', '日本語の二番目の列', 'the last column');");
  }
  void count(const std::string& item, int times) {
    for (int i = 0; i < times; ++i) execute_well(server->url(), "INSERT INTO orders VALUES ('" + item + "');");
  }
  void make_counts() {
    execute_well(server->url(),
                 "CREATE STREAM orders (item VARCHAR KEY) WITH (kafka_topic = 'orders', partitions = 1, "
                 "value_format = 'JSON');");
    execute_well(server->url(), "CREATE TABLE counts AS SELECT item, COUNT(*) AS n FROM orders GROUP BY item;",
                 from_earliest);
  }
};

constexpr const char* select_wide = "SELECT * FROM wide EMIT CHANGES LIMIT 1;";

TEST_F(TableTest, WideTablesFitTheTerminalAlsoAfterItWasResized) {
  make_wide();
  const auto shell = open_shell({40, 100});
  say(*shell, "SET 'auto.offset.reset' = 'earliest';");
  EXPECT_THAT(say(*shell, select_wide),
              HasSubstr(" ID | FIRST_COLUMN               | SECOND_COLUMN      | THIRD_COLUMN\n"));
  shell->resize({40, 50});
  EXPECT_THAT(say(*shell, select_wide), HasSubstr(" ID            : 1\n FIRST_COLUMN  : the first of three columns\n"));
  shell->resize({40, 68});
  EXPECT_THAT(say(*shell, select_wide),
              HasSubstr(" ID | FIRST_COLUMN           | SECOND_COLUMN      | THIRD_COLUMN\n"));
}

TEST_F(TableTest, NothingIsFoldedInAPipe) {
  make_wide();
  const ScriptRun run = run_script("SET 'auto.offset.reset' = 'earliest'; " + std::string(select_wide));
  EXPECT_THAT(run.output, HasSubstr(" 1 | the first of three columns | 日本語の二番目の列 | the last column\n"));
  EXPECT_THAT(run.output + run.errors, Not(HasSubstr("\x1b")));
}

TEST_F(TableTest, TableMovesInPlace) {
  make_counts();
  count("lamp", 1);
  const auto shell = open_shell();
  shell->type("SELECT * FROM counts EMIT CHANGES;\r");
  shell->wait_for(" lamp | 1\n");
  count("chair", 1);
  count("lamp", 1);
  shell->wait_for(" chair | 1\n lamp  | 2\n");
  shell->type(ctrl_c);
  shell->wait_for("millrace> ");
  EXPECT_THAT(say(*shell, "SHOW VARIABLES;"), HasSubstr("(0 rows)"));
}

TEST_F(TableTest, TableOnATerminalThatIsResized) {
  make_counts();
  count("a rather long name of an item in a shop for furniture", 1);
  const auto shell = open_shell({20, 100});
  shell->type("SELECT * FROM counts EMIT CHANGES;\r");
  shell->wait_for("in a shop for furniture | 1\n");
  shell->resize({20, 30});
  shell->wait_for(" a rather long name of a… | 1\n");
  shell->type(ctrl_c);
  shell->wait_for("millrace> ");
}

TEST_F(TableTest, StreamFlows) {
  make_stream("s");
  const auto shell = open_shell();
  shell->type("SELECT * FROM s EMIT CHANGES;\r");
  shell->wait_for(" ID | READING\n");
  execute_well(server->url(), "INSERT INTO s VALUES (1, 0.5);");
  shell->wait_for("  1 |     0.5\n");
  execute_well(server->url(), "INSERT INTO s VALUES (1, 1.5);");
  EXPECT_THAT(shell->wait_for("  1 |     1.5\n"), Not(HasSubstr("ID")));
  shell->type(ctrl_c);
  shell->wait_for("(2 rows)");
}

TEST_F(TableTest, TableInAPipeFlows) {
  make_counts();
  count("lamp", 1);
  const ScriptRun run = run_script("SET 'auto.offset.reset' = 'earliest'; SELECT * FROM counts EMIT CHANGES LIMIT 1;");
  EXPECT_THAT(run.output, HasSubstr(" ITEM | N\n------+---\n lamp | 1\n(1 row)\n"));
}

TEST_F(TableTest, ColoursOnlyWhereTheyAreWanted) {
  const auto shown_with = [&](const std::vector<std::string>& variables) {
    ShellProcess shell({server->url().to_string(), "-e", "SHOW TABLES; NONSENSE;"}, directory.path(), {40, 100},
                       variables);
    EXPECT_EQ(shell.reap(), 1);
    return shell.raw();
  };
  EXPECT_THAT(shown_with({}), AllOf(HasSubstr("\x1b[1mName\x1b[0m"), HasSubstr("\x1b[1;31merror:\x1b[0m")));
  EXPECT_THAT(shown_with({"NO_COLOR=1"}), AllOf(HasSubstr("Name"), Not(HasSubstr("\x1b[1"))));
  EXPECT_THAT(run_script("SHOW TABLES; NONSENSE;").errors, AllOf(HasSubstr("error:"), Not(HasSubstr("\x1b"))));
}

// Standard output is a file, and the terminal shows how far it is, on a line that goes again.
TEST_F(TableTest, ProgressIsOnTheTerminalOnly) {
  make_stream("s");
  const std::string file = directory.path() + "/rows.csv";
  ShellProcess shell({"'" + server->url().to_string() + "'", "--output", "csv", "-e",
                      "'SELECT id FROM s EMIT CHANGES LIMIT 2;'", ">", file},
                     directory.path(), {40, 100}, {"NO_COLOR=1"}, ShellProcess::By::command_line);
  std::this_thread::sleep_for(500ms);
  execute_well(server->url(), "INSERT INTO s VALUES (1, 0.5);");
  shell.wait_for("1 rows, ");
  execute_well(server->url(), "INSERT INTO s VALUES (2, 0.5);");
  EXPECT_EQ(shell.reap(), 0);
  EXPECT_THAT(shell.raw(), ::testing::EndsWith("\r\x1b[K"));
  std::ifstream rows(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(rows), {}), "ID\n1\n2\n");
}

TEST_F(TableTest, MachineOutputOfEveryAnswer) {
  make_counts();
  count("lamp", 1);
  const std::string statements =
      "SHOW STREAMS; SHOW TABLES; SHOW QUERIES; SHOW TOPICS; SHOW TYPES; SHOW FUNCTIONS; SHOW PROPERTIES; "
      "SHOW VARIABLES; DESCRIBE counts; DESCRIBE counts EXTENDED; DESCRIBE FUNCTION ABS; EXPLAIN CTAS_COUNTS_1; "
      "SELECT * FROM counts; DEFINE a = 'b'; DATE; VERSION;";
  const ScriptRun run = run_shell({"--output", "json"}, statements);
  EXPECT_EQ(run.status, 0) << run.errors;
  std::istringstream lines(run.output);
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_TRUE(nlohmann::json::parse(line, nullptr, false).is_object()) << line;
  }
  EXPECT_GE(count, 15u);
  const ScriptRun wrong = run_shell({"--output", "json", "--keep-going"}, "NONSENSE; SHOW TABLES;");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_TRUE(nlohmann::json::parse(wrong.output, nullptr, false).is_object()) << wrong.output;
  EXPECT_THAT(wrong.errors, HasSubstr("error:"));
  EXPECT_THAT(run_shell({"--output", "csv"}, "SHOW TABLES;").output,
              "Name,Topic,Key format,Value format,Windowed\nCOUNTS,COUNTS,KAFKA,JSON,false\n");
}

}  // namespace
}  // namespace millrace::testing
