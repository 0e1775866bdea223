// A person's session: history, statements of several lines, pasted scripts, servers that go and come back.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <thread>

#include "tests/terminal/terminal_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class DialogueTest : public TerminalTest {
 protected:
  size_t rows(const std::string& stream) {
    // The end of the topic is the number of its rows.
    const auto answer = execute_well(server->url(), "DESCRIBE " + stream + " EXTENDED;");
    size_t count = 0;
    for (const auto& each : answer[0]["sourceDescription"]["offsets"]) count += each["end"].get<size_t>();
    return count;
  }
  static std::string insert(int id) {
    return "INSERT INTO s (id, reading)\n\tVALUES (" + std::to_string(id) + ", 0.5); -- row\n";
  }
};

TEST_F(DialogueTest, HistoryHoldsWholeStatementsOverSessions) {
  make_stream("s");
  {
    const auto shell = open_shell();
    shell->type("SHOW\r");
    shell->wait_for("-> ");
    shell->type("  STREAMS -- all\r");
    shell->wait_for("-> ");
    shell->type(";\r");
    shell->wait_for("(1 row)");
    shell->wait_for("millrace> ");
    // Not left in peace: the history is kept all the same.
  }
  const auto shell = open_shell();
  shell->type(up);
  shell->wait_for("SHOW   STREAMS  ;");
  shell->type(enter);
  shell->wait_for("(1 row)");
  shell->wait_for("millrace> ");
  EXPECT_THAT(say(*shell, "history"), HasSubstr("SHOW   STREAMS  ;\nhistory;\n"));
  shell->type(ctrl_d);
  EXPECT_EQ(shell->reap(), 0);
}

TEST_F(DialogueTest, TwoShellsShareAHistory) {
  const auto one = open_shell();
  const auto other = open_shell();
  say(*one, "SHOW TABLES;");
  say(*other, "SHOW TOPICS;");
  const auto later = open_shell();
  EXPECT_THAT(say(*later, "history"), AllOf(HasSubstr("SHOW TABLES;"), HasSubstr("SHOW TOPICS;")));
}

TEST_F(DialogueTest, CtrlCLeavesWhatIsTyped) {
  const auto shell = open_shell();
  shell->type("SELECT nonsense\r");
  shell->wait_for("-> ");
  shell->type(ctrl_c);
  shell->wait_for("millrace> ");
  EXPECT_THAT(say(*shell, "SHOW TABLES;"), HasSubstr("(0 rows)"));
  shell->type("quit\r");
  EXPECT_EQ(shell->reap(), 0);
}

TEST_F(DialogueTest, ShellCommandsNeedNoSemicolon) {
  const auto shell = open_shell();
  EXPECT_THAT(say(*shell, "help create type"), HasSubstr("gives a type a name"));
  EXPECT_THAT(say(*shell, "!ls"), HasSubstr("runs no commands of the system"));
  shell->type("exit\r");
  EXPECT_EQ(shell->reap(), 0);
}

TEST_F(DialogueTest, PastedScriptRunsEachStatementOnceInOrder) {
  make_stream("s");
  const auto shell = open_shell();
  std::string script;
  for (int i = 0; i < 500; ++i) script += insert(i);
  const auto begin = Clock::now();
  shell->type("\x1b[200~" + script + "DATE;\n\x1b[201~");
  std::string shown = shell->wait_for("VALUES (499, 0.5); -- row", 60s);
  shown += shell->wait_for("DATE;");
  shell->wait_for("millrace> ");
  EXPECT_LT(Clock::now() - begin, 60s);
  EXPECT_EQ(rows("s"), 500u);
  const auto ids = query(server->url(), "SELECT id FROM s EMIT CHANGES LIMIT 500;");
  for (int i = 0; i < 500; ++i) EXPECT_EQ(ids[static_cast<size_t>(i)][0], i);
  EXPECT_THAT(shown, HasSubstr("millrace> INSERT INTO s (id, reading)\n       ->  VALUES (7, 0.5); -- row\n"
                               "Row inserted\nmillrace> INSERT INTO s (id, reading)\n"));
}

// By a terminal that does not say that it is pasted.
TEST_F(DialogueTest, PastedScriptWithoutMarks) {
  make_stream("s");
  const auto shell = open_shell();
  std::string script;
  for (int i = 0; i < 250; ++i) script += "INSERT INTO s (id, reading)\r\tVALUES (" + std::to_string(i) + ", 0.5);\r";
  shell->type(script);
  const std::string shown = shell->wait_for("VALUES (249, 0.5);", 60s);
  shell->wait_for("Row inserted");
  shell->wait_for("millrace> ");
  EXPECT_EQ(rows("s"), 250u);
  EXPECT_THAT(shown, HasSubstr("millrace> INSERT INTO s (id, reading)\n       -> VALUES (7, 0.5);\n"
                               "Row inserted\nmillrace> INSERT INTO s (id, reading)\n"));
}

TEST_F(DialogueTest, CtrlCLeavesTheRestOfWhatWasPasted) {
  make_stream("s");
  const auto shell = open_shell();
  shell->type("\x1b[200~SELECT * FROM s EMIT CHANGES;\n" + insert(1) + "\x1b[201~");
  shell->wait_for("READING");
  shell->type(ctrl_c);
  shell->wait_for("millrace> ");
  EXPECT_THAT(say(*shell, "SHOW TABLES;"), Not(HasSubstr("Row inserted")));
  EXPECT_EQ(rows("s"), 0u);
}

TEST_F(DialogueTest, PastedPartOfALine) {
  const auto shell = open_shell();
  shell->type("SHOW \x1b[200~TAB\x1b[201~LES;\r");
  shell->wait_for("(0 rows)");
}

TEST_F(DialogueTest, CtrlCInTheMiddleOfMuchOutput) {
  make_stream("s");
  std::string rows = "{\"target\":\"S\",\"properties\":{}}\n";
  for (int i = 0; i < 20'000; ++i) rows += "{\"ID\":" + std::to_string(i) + ",\"READING\":0.5}\n";
  shell::HttpExchange exchange(server->url());
  exchange.send("POST", "/inserts-stream", "application/vnd.ksqlapi.delimited.v1", rows);
  exchange.read_all();
  const auto shell = open_shell();
  say(*shell, "SET 'auto.offset.reset' = 'earliest';");
  for (int round = 0; round < 5; ++round) {
    shell->type("SELECT * FROM s EMIT CHANGES;\r");
    shell->wait_for(" 500 | ");
    shell->type(ctrl_c);
    shell->wait_for("millrace> ");
    EXPECT_THAT(say(*shell, "SHOW TABLES;"), HasSubstr("(0 rows)"));
  }
}

TEST_F(DialogueTest, LettersOfEveryLanguage) {
  execute_well(server->url(),
               "CREATE STREAM words (word VARCHAR KEY) WITH (kafka_topic = 'words', partitions = 1, "
               "value_format = 'JSON');");
  const auto shell = open_shell();
  EXPECT_THAT(say(*shell, "INSERT INTO words VALUES ('Grüße, 日本');"), HasSubstr("Row inserted"));
  EXPECT_EQ(query(server->url(), "SELECT word FROM words EMIT CHANGES LIMIT 1;")[0][0], "Grüße, 日本");
}

TEST_F(DialogueTest, MistakeInALongLine) {
  const auto shell = open_shell({40, 80});
  const std::string shown = say(*shell, "SELECT '" + std::string(200, 'x') + "' || nothing || '" +
                                            std::string(200, 'y') + "' FROM nowhere EMIT CHANGES;");
  EXPECT_THAT(shown, HasSubstr("error: "));
  std::istringstream lines(shown.substr(shown.find("error: ")));
  std::string message, text, caret;
  std::getline(lines, message);
  std::getline(lines, text);
  std::getline(lines, caret);
  EXPECT_THAT(text, AllOf(::testing::StartsWith("  …"), HasSubstr("FROM nowhere EMIT")));
  // "…" has three bytes and one column.
  EXPECT_EQ(caret.find('^') + 2, text.find("nowhere"));
}

TEST_F(DialogueTest, TerminalIsAsItWasAfterwards) {
  ShellProcess shell({"'" + server->url().to_string() + "';", "stty", "-a"}, directory.path(), {40, 100}, {},
                     ShellProcess::By::command_line);
  shell.wait_for("millrace> ");
  EXPECT_THAT(say(shell, "SHOW TABLES;"), HasSubstr("(0 rows)"));
  shell.type("exit\r");
  EXPECT_EQ(shell.reap(), 0);
  EXPECT_THAT(shell.raw(), AllOf(HasSubstr("isig icanon iexten echo "), HasSubstr("\nopost ")));
}

TEST_F(DialogueTest, GoesOnAfterItWasStopped) {
  const auto shell = open_shell();
  shell->type("SHOW ");
  shell->wait_for("SHOW ");
  shell->stop_and_continue();
  shell->wait_for("SHOW ");
  shell->type("TAB\t");
  shell->wait_for("TABLES ");
  shell->type(";\r");
  shell->wait_for("(0 rows)");
}

TEST_F(DialogueTest, ServerThatComesBack) {
  make_stream("s");
  const auto shell = open_shell();
  say(*shell, "DEFINE kept = '7';");
  server->kill();
  server->reap();
  shell->type("INSERT INTO s (id, reading) VALUES (${kept}, 1.5);\r");
  shell->wait_for(
      "nothing listens there; is it running? `millrace serve` starts it; waiting for it, Ctrl-C gives up\n");
  server->spawn(server->url().port);
  ASSERT_TRUE(server->wait_ready(60s));
  shell->wait_for("the server is back\n");
  shell->wait_for("Row inserted");
  shell->wait_for("millrace> ");
  EXPECT_EQ(rows("s"), 1u);
}

// Says to each request that it is starting.
class StartingServer {
 public:
  explicit StartingServer(const std::string& port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(socket_, 16) != 0)
      throw std::runtime_error("cannot listen at port " + port);
    thread_ = std::thread([this] { serve(); });
  }
  ~StartingServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

 private:
  void serve() const {
    constexpr std::string_view answer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 20\r\nConnection: close\r\n\r\n{\"state\":\"starting\"}";
    for (int client; (client = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(client)) {
      char request[4096];
      // Nothing where the client went away without a word.
      if (::recv(client, request, sizeof request, 0) > 0) ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  int socket_;
  std::thread thread_;
};

TEST_F(DialogueTest, ServerThatReadsItsLogIsWaitedFor) {
  make_stream("s");
  const auto shell = open_shell();
  server->kill();
  server->reap();
  shell->type("INSERT INTO s (id, reading) VALUES (7, 1.5);\r");
  shell->wait_for("waiting for it, Ctrl-C gives up\n");
  {
    const StartingServer starting(server->url().port);
    EXPECT_EQ(shell->wait_silence(1s), "");
  }
  server->spawn(server->url().port);
  shell->wait_for("the server is back\n");
  shell->wait_for("Row inserted");
  shell->wait_for("millrace> ");
  ASSERT_TRUE(server->wait_ready(60s));
  EXPECT_EQ(rows("s"), 1u);
}

TEST_F(DialogueTest, ServerThatStaysAway) {
  const auto shell = open_shell();
  server->kill();
  server->reap();
  shell->type("SHOW TABLES;\r");
  shell->wait_for("Ctrl-C gives up");
  shell->type(ctrl_c);
  shell->wait_for("millrace> ");
  shell->type(ctrl_d);
  EXPECT_EQ(shell->reap(), 0);
}

TEST_F(DialogueTest, ServerThatHangs) {
  const auto shell = open_shell();
  server->freeze(true);
  shell->type("SHOW TABLES;\r");
  shell->wait_for("SHOW TABLES;");
  EXPECT_THAT(shell->wait_silence(500ms), Not(HasSubstr("millrace>")));
  shell->type(ctrl_c);
  shell->wait_for("not waited for; the server may still carry the statement out");
  shell->wait_for("millrace> ");
}

TEST_F(DialogueTest, StatementThatMayHaveBeenCarriedOutIsNotSentAgain) {
  make_stream("s");
  const auto shell = open_shell();
  server->freeze(true);
  shell->type("INSERT INTO s (id, reading) VALUES (7, 1.5);\r");
  shell->wait_for("(7, 1.5);");
  shell->wait_silence(300ms);
  server->kill();
  shell->wait_for("the statement may have been carried out and is not sent again");
  shell->wait_for("millrace> ");
}

TEST_F(DialogueTest, ScriptsEndWithoutAServer) {
  const std::string url = server->url().to_string();
  server->kill();
  server->reap();
  const ScriptRun run = run_program({url, "-e", "SHOW TABLES; SHOW STREAMS;"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output, "");
  EXPECT_EQ(run.errors, "cannot reach the server at " + url +
                            ": nothing listens there; is it running? `millrace serve` starts it\n");
}

}  // namespace
}  // namespace millrace::testing
