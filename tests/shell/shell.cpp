// The shell and replay against a server whose engine is a fake: what is sent, and what is shown.
#include "shell/shell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "server/http/front.h"
#include "server/live/live_hub.h"
#include "server/route_registry.h"
#include "shell/replay.h"
#include "shell/session.h"
#include "tests/server/fake_engine.h"

namespace millrace::shell {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;
class ShellTest : public testing::Test {
 protected:
  void SetUp() override {
    HttpSettings settings;
    settings.listen = "127.0.0.1:0";
    RouteRegistry registry(engine, live, {"1.2.3", "service_"}, 1 << 20);
    register_all_routes(registry);
    front = std::make_unique<HttpFront>(settings, registry.take());
    front->start();
    url.port = std::to_string(front->port());
    char name[] = "/tmp/millrace-shell-XXXXXX";
    folder = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
  Outcome run(const std::string& statement, OutputFormat format = OutputFormat::table) {
    out.str("");
    errors.str("");
    if (!session) session = std::make_unique<ShellSession>(url, format, out, errors);
    return session->run({statement, 1}, "");
  }

  FakeEngine engine;
  LiveHub live{engine, {}, 2};
  std::unique_ptr<HttpFront> front;
  ServerUrl url;
  std::filesystem::path folder;
  std::ostringstream out, errors;
  std::unique_ptr<ShellSession> session;
};

TEST_F(ShellTest, StatementsAreShown) {
  EXPECT_EQ(run("CREATE STREAM S;"), Outcome::done);
  EXPECT_EQ(out.str(), "Stream created (query CSAS_S_1)\n");
  EXPECT_EQ(run("SHOW STREAMS;"), Outcome::done);
  EXPECT_THAT(out.str(), HasSubstr(" S    | s     | KAFKA"));
  EXPECT_EQ(session->server_version(), "1.2.3");
}

TEST_F(ShellTest, RowsOfAQuery) {
  EXPECT_EQ(run("SELECT * FROM PULL;"), Outcome::done);
  EXPECT_EQ(out.str(),
            " K | V\n"
            "---+--------\n"
            " 1 | one\n"
            " 2 | a, \"b\"\n"
            " 3 | null\n"
            "(3 rows)\n");
}

TEST_F(ShellTest, ErrorsShowThePlace) {
  EXPECT_EQ(run("SELECT BAD FROM S;"), Outcome::failed);
  EXPECT_EQ(errors.str(),
            "error: expected a column name, not BAD\n"
            "  SELECT BAD FROM S;\n"
            "         ^\n");
  EXPECT_EQ(run("CREATE STREAM X AS\n\té FAIL;"), Outcome::failed);
  EXPECT_EQ(errors.str(),
            "error: There is no column X\n"
            "  \té FAIL;\n"
            "  \t ^\n");
  ShellSession named(url, OutputFormat::table, out, errors);
  errors.str("");
  EXPECT_EQ(named.run({"CREATE\nFAIL;", 7}, "a.sql"), Outcome::failed);
  EXPECT_THAT(errors.str(), StartsWith("a.sql:8: error: There is no column X\n"));
}

TEST_F(ShellTest, SettingsGoAlong) {
  EXPECT_EQ(run("SET 'auto.offset.reset' = 'earliest';"), Outcome::done);
  EXPECT_EQ(run("DEFINE place = 'it''s here';"), Outcome::done);
  EXPECT_EQ(run("SELECT * FROM PULL;"), Outcome::done);
  EXPECT_EQ(engine.last_session().properties["auto.offset.reset"], "earliest");
  EXPECT_EQ(engine.last_session().variables["PLACE"], "it's here");
  EXPECT_EQ(run("UNDEFINE Place;"), Outcome::done);
  EXPECT_EQ(run("SHOW STREAMS;"), Outcome::done);
  EXPECT_TRUE(engine.last_session().variables.empty());
  EXPECT_EQ(run("UNSET 'auto.offset.reset';"), Outcome::done);
  EXPECT_EQ(run("SHOW STREAMS;"), Outcome::done);
  EXPECT_TRUE(engine.last_session().properties.empty());
}

TEST_F(ShellTest, RowsAreShownAsTheyCome) {
  std::thread feeder([&] {
    const auto feed = engine.feed();
    feed->emit({{1, "first"}});
    std::this_thread::sleep_for(100ms);
    feed->emit({{2, "second"}});
    feed->end("Limit Reached");
  });
  EXPECT_EQ(run("SELECT * FROM S EMIT CHANGES LIMIT 2;", OutputFormat::csv), Outcome::done);
  feeder.join();
  EXPECT_EQ(out.str(), "K,V\n1,first\n2,second\n");
}

TEST_F(ShellTest, InterruptEndsTheQueryAndNotTheShell) {
  std::thread interrupter([&] {
    const auto feed = engine.feed();
    feed->emit({{1, "first"}});
    std::this_thread::sleep_for(100ms);
    raise(SIGINT);
    EXPECT_TRUE(feed->wait_dropped(3s));
  });
  EXPECT_EQ(run("SELECT * FROM S EMIT CHANGES;"), Outcome::interrupted);
  interrupter.join();
  EXPECT_THAT(out.str(), EndsWith("(1 row)\n"));
  EXPECT_EQ(run("SHOW STREAMS;"), Outcome::done);
}

TEST_F(ShellTest, QueryThatFailsMidway) {
  std::thread feeder([&] {
    engine.feed()->emit({{1, "first"}});
    engine.feed()->end("", Error(ErrorCode::position_lost, "the log was cut"));
  });
  EXPECT_EQ(run("SELECT * FROM S EMIT CHANGES;"), Outcome::failed);
  feeder.join();
  EXPECT_THAT(out.str(), HasSubstr("first"));
  EXPECT_EQ(errors.str(), "error: the log was cut\n");
}

TEST_F(ShellTest, WatchShowsTheTable) {
  std::thread feeder([&] {
    const auto feed = engine.feed();
    feed->emit({{2, "b"}, {1, "a"}, {2, "c"}});
    feed->end("Query terminated");
  });
  ShellSession watching(url, OutputFormat::table, out, errors);
  EXPECT_EQ(watching.watch({"SELECT * FROM T EMIT CHANGES;"}), Outcome::done);
  feeder.join();
  EXPECT_THAT(out.str(), EndsWith(" K | V\n---+---\n 1 | a\n 2 | c\n"));
  EXPECT_EQ(watching.watch({"SELECT BAD"}), Outcome::failed);
  EXPECT_THAT(errors.str(), HasSubstr("not BAD"));
}

// Rows of one key are rows of their own.
TEST_F(ShellTest, WatchLetsTheRowsOfAStreamFlow) {
  std::thread feeder([&] {
    const auto feed = engine.feed();
    feed->emit({{2, "b"}, {1, "a"}, {2, "c"}});
    feed->end("Query terminated");
  });
  ShellSession watching(url, OutputFormat::table, out, errors);
  EXPECT_EQ(watching.watch({"SELECT * FROM S EMIT CHANGES;"}), Outcome::done);
  feeder.join();
  EXPECT_EQ(out.str(), " K | V\n---+---\n 2 | b\n 1 | a\n 2 | c\n(3 rows)\n");
}

TEST_F(ShellTest, WatchShowsTheLatestRowsOfAStreamBesideOthers) {
  std::thread feeder([&] {
    for (const auto& feed : engine.feeds(2)) {
      feed->emit({{2, "b"}, {1, "a"}, {2, "c"}});
      feed->end("Query terminated");
    }
  });
  ShellSession watching(url, OutputFormat::table, out, errors);
  EXPECT_EQ(watching.watch({"SELECT * FROM S EMIT CHANGES;", "SELECT * FROM T EMIT CHANGES;"}), Outcome::done);
  feeder.join();
  EXPECT_THAT(out.str(), HasSubstr(" 2 | b\n 1 | a\n 2 | c\n"));
  EXPECT_THAT(out.str(), EndsWith(" 1 | a\n 2 | c\n"));
}

TEST_F(ShellTest, ServerThatIsDown) {
  front->stop(1s);
  EXPECT_EQ(run("SHOW STREAMS;"), Outcome::failed);
  EXPECT_EQ(errors.str(), "cannot reach the server at " + url.to_string() +
                              ": nothing listens there; is it running? `millrace serve` starts it\n");
}

TEST_F(ShellTest, ScriptsStopAtTheFirstFailure) {
  const auto script = write("a.sql", "CREATE STREAM A; -- one\nFAIL;\nCREATE STREAM B;");
  EXPECT_EQ(run_shell({url, {script}, {"SHOW STREAMS"}, {}, OutputFormat::json, false}), 1);
  EXPECT_EQ(engine.statements().size(), 2u);
  EXPECT_EQ(run_shell({url, {script}, {"SHOW STREAMS"}, {}, OutputFormat::json, true}), 1);
  EXPECT_EQ(engine.statements().size(), 6u);
  EXPECT_EQ(run_shell({url, {}, {"SHOW STREAMS; SHOW QUERIES"}, {}, OutputFormat::json, false}), 0);
  EXPECT_EQ(run_shell({url, {"/nowhere.sql"}, {}, {}, OutputFormat::json, false}), 1);
}

TEST_F(ShellTest, ReplaySendsTypedRowsAndCountsAnswers) {
  const auto path = write("rows.csv", "k,v\n1,a\n2,reject\n3,\n");
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_replay({url, path, "S", "", {}, {}}), 1);
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_THAT(printed, HasSubstr(": 2 acknowledged, 1 rejected\n  1 x V cannot be \"reject\"\n"));
  EXPECT_THAT(engine.inserted(), testing::ElementsAre(R"({"K":1,"V":"a"})", R"({"K":3,"V":null})"));
}

TEST_F(ShellTest, ReplayOfManyRows) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "{\"K\":" + std::to_string(i) + "}\n";
  EXPECT_EQ(run_replay({url, write("many.jsonl", text), "S", "", {}, {}}), 0);
  EXPECT_EQ(engine.inserted().size(), 100'000u);
  EXPECT_EQ(engine.inserted().back(), "{\"K\":99999}");
}

TEST_F(ShellTest, ReplayIsPaced) {
  const auto path = write("paced.csv", "k,t\n1,2001-01-01T00:00:00Z\n2,2001-01-01T00:00:20Z\n3,2001-01-01T00:00:40Z\n");
  const auto timed = [&](std::optional<double> speed, std::optional<double> rate) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(run_replay({url, path, "S", "t", speed, rate}), 0);
    return std::chrono::steady_clock::now() - begin;
  };
  const auto by_time = timed(100, {});
  EXPECT_GE(by_time, 400ms);
  EXPECT_LT(by_time, 1500ms);
  EXPECT_GE(timed({}, 10), 200ms);
}

TEST_F(ShellTest, ReplayThatCannotBegin) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_replay({url, "/nowhere.csv", "S", "", {}, {}}), 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("cannot read /nowhere.csv: No such file"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_replay({url, write("x.jsonl", "{}\n"), "NOPE", "", {}, {}}), 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("There is no stream NOPE"));
  testing::internal::CaptureStderr();
  front->stop(1s);
  EXPECT_EQ(run_replay({url, "x.jsonl", "S", "", {}, {}}), 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("nothing listens there"));
}

TEST(UrlTest, Forms) {
  EXPECT_EQ(parse_url("http://a:1/")->to_string(), "http://a:1");
  EXPECT_EQ(parse_url("a")->to_string(), "http://a:8088");
  EXPECT_EQ(parse_url("http://[::1]:9")->to_string(), "http://[::1]:9");
  EXPECT_FALSE(parse_url("https://a:1"));
  EXPECT_FALSE(parse_url("a:x"));
  EXPECT_FALSE(parse_url(""));
}

}  // namespace
}  // namespace millrace::shell
