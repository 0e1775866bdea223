// One run of a .test file under one set of circumstances.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/engine.h"
#include "tests/sql_runner/crashing_log.h"
#include "tests/sql_runner/test_file.h"

namespace millrace {

struct Circumstances {
  size_t batch_rows = 8192;
  size_t threads = 2;
  StepPhase crash = StepPhase::idle;  // idle: it never dies
  std::string to_string() const;
};

class Scenario {
 public:
  explicit Scenario(Circumstances circumstances);
  ~Scenario();

  // Runs the commands; the first difference ends it and is returned as text, with the file's line. Empty: all as
  // expected.
  std::string run(const std::vector<TestCommand>& commands);
  const Executioner& executioner() const { return *executioner_; }

 private:
  std::string run_command(const TestCommand& command);
  std::string statement(const TestCommand& command);
  std::string feed(const TestCommand& command);
  std::string feed_raw(const TestCommand& command);
  std::string expect(const TestCommand& command);
  std::string query(const TestCommand& command);
  std::string counters(const TestCommand& command);
  // Until every query has read all; a server that dies on the way is started again.
  std::string settle();
  void start();
  bool restart_if_dead();
  std::vector<std::string> rows_of(const std::string& sql, size_t wanted, std::string& error);
  std::string source_over(const std::string& topic);

  Circumstances circumstances_;
  std::shared_ptr<Log> log_;
  std::shared_ptr<Executioner> executioner_;
  std::unique_ptr<LogWriter> raw_writer_;
  std::unique_ptr<Engine> engine_;
  Session session_;
  std::map<std::string, size_t> seen_;  // per topic: records that were expected before
};

}  // namespace millrace
