// The engine of one case and the case's topics.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "server/engine.h"
#include "tests/conformance/case_log.h"
#include "tests/conformance/run_outcome.h"
#include "tests/conformance/topic_format.h"
#include "tests/sql_runner/crashing_log.h"

namespace millrace::conformance {

// Reads from the earliest offset and emits every update. What waits throws Miss after
// ten seconds of the object's life, where servers die or the log is slow after more.
class CaseEngine {
 public:
  // Makes the topics that the case names. Topics of which nothing is said get `partitions`.
  CaseEngine(const TestCase& test, const RunOptions& options, int32_t partitions);
  ~CaseEngine();

  // Another one after each call that lets the server die.
  Engine& engine() { return *engine_; }
  std::chrono::steady_clock::time_point deadline() const { return deadline_; }

  // Before a text of statements: the topics that its CREATE STREAM and TABLE read are there, unless they say how to
  // make them.
  void make_topics_of(const std::string& sql);
  // After one: how the records of the new sources' topics lie. The first source over a topic tells.
  void learn_sources();
  // Records of one topic, as one append; then settle().
  void feed(std::span<const CaseRecord> records);
  void feed_all();
  // Until every query has taken all that there is; a server that dies on the way is started again.
  void settle();

  // The topics hold these records, in this order.
  void check_outputs();
  void check_sources_and_topics();

  // How many servers died.
  int64_t deaths() const { return executioner_->deaths(); }

 private:
  void start();
  void throw_failed();
  void make_topic(const std::string& name, int32_t partitions);
  void learn_source(const std::string& name);
  TopicFormat format_of(const std::string& topic) const;
  std::vector<CaseRecord> read_topic(const std::string& name);
  void check_topic(const std::string& topic, const std::vector<const CaseRecord*>& expected);

  const TestCase& test_;
  const RunOptions& options_;
  const int32_t partitions_;
  const std::chrono::steady_clock::time_point deadline_;
  CaseLog log_;
  std::shared_ptr<Executioner> executioner_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<Engine> engine_;
  Session session_;                             // of its own questions
  std::set<std::string> known_;                 // sources that learn_sources() has seen
  std::map<std::string, TopicFormat> formats_;  // by topic
};

}  // namespace millrace::conformance
