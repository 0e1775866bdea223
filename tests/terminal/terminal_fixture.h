// A server, and a shell on a terminal that talks with it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/program/server_process.h"
#include "tests/program/sql_client.h"
#include "tests/terminal/shell_process.h"

namespace millrace::testing {

class TerminalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server = std::make_unique<ServerProcess>(directory.path() + "/data", std::vector<std::string>{"log.level=off"});
    server->spawn();
    ASSERT_TRUE(server->wait_ready(std::chrono::seconds(60)));
  }

  // At its prompt.
  std::unique_ptr<ShellProcess> open_shell(ShellProcess::Size size = {40, 100}) {
    auto shell = std::make_unique<ShellProcess>(std::vector{server->url().to_string()}, directory.path(), size);
    shell->wait_for("millrace> ");
    return shell;
  }
  // Types a line; what is shown up to the next prompt.
  static std::string say(ShellProcess& shell, const std::string& line) {
    shell.type(line + enter);
    shell.wait_for(line.substr(0, 40));
    return shell.wait_for("millrace> ");
  }
  // Without a terminal.
  ScriptRun run_shell(std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), server->url().to_string());
    return run_program(words, input);
  }
  ScriptRun run_script(const std::string& text) { return run_shell({}, text); }
  ScriptRun run_program(const std::vector<std::string>& words, const std::string& input = "") {
    return run_shell_program(words, directory.path(), input);
  }
  // As another client would.
  void make_stream(const std::string& name) {
    execute_well(server->url(), "CREATE STREAM " + name + " (id INT KEY, reading DOUBLE) WITH (kafka_topic = '" + name +
                                    "', partitions = 1, value_format = 'JSON');");
  }

  // Queries, and then what they read and made.
  void drop_everything() {
    execute_well(server->url(), "TERMINATE ALL;");
    for (const std::string kind : {"TABLE", "STREAM"}) {
      const auto listing = execute_well(server->url(), "SHOW " + kind + "S;");
      for (const auto& each : listing[0][kind == "TABLE" ? "tables" : "streams"])
        execute_well(server->url(), "DROP " + kind + " `" + each["name"].get<std::string>() + "` DELETE TOPIC;");
    }
  }

  TemporaryDirectory directory;
  std::unique_ptr<ServerProcess> server;
};

}  // namespace millrace::testing
