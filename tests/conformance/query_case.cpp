#include "tests/conformance/query_case.h"

#include <algorithm>

#include "tests/conformance/case_engine.h"

namespace millrace::conformance {

namespace {

void set_properties(const TestCase& test, const RunOptions& options, Engine& engine, Session& session) {
  for (const auto& [name, value] : test.properties) {
    options.say("SET '{}' = '{}'\n", name, value);
    const auto done = engine.execute(session, fmt::format("SET '{}' = '{}';", name, value));
    if (!done.failure) continue;
    const Error& error = done.failure->error;
    throw refused(test, error_name(error.code()), error.message());
  }
}

// False: the last one was refused, as expected.
bool run_statements(const TestCase& test, const RunOptions& options, CaseEngine& bench, Session& session,
                    Outcome& outcome) {
  for (size_t i = 0; i < test.statements.size(); ++i) {
    const std::string& sql = test.statements[i];
    options.say("{}\n", sql);
    bench.make_topics_of(sql);
    const auto execution = bench.engine().execute(session, sql);
    if (execution.failure) {
      const Error& error = execution.failure->error;
      const std::string_view code = error_name(error.code());
      options.say("  refused: {}: {}\n", code, error.message());
      if (!test.refusal || i + 1 < test.statements.size()) throw refused(test, code, error.message());
      outcome.message_matches = error.message().find(*test.refusal) != std::string::npos;
      outcome.not_built = lacks_something(code, error.message());
      return false;
    }
    bench.learn_sources();
    bench.settle();
  }
  return true;
}

}  // namespace

bool can_run(const TestCase& test, const RunOptions& options) {
  return options.batch_rows == 1 || std::all_of(test.inputs.begin(), test.inputs.end(), [&](const CaseRecord& record) {
           return record.topic == test.inputs.front().topic;
         });
}

Outcome run_query_case(const TestCase& test, const RunOptions& options) {
  return outcome_of([&](Outcome& outcome) {
    CaseEngine bench(test, options, 1);
    Session session;
    set_properties(test, options, bench.engine(), session);
    if (!run_statements(test, options, bench, session, outcome)) return;
    bench.feed_all();
    outcome.deaths = bench.deaths();
    if (test.refusal) throw Miss("ours: what should be refused is accepted", *test.refusal);
    bench.check_outputs();
    bench.check_sources_and_topics();
  });
}

}  // namespace millrace::conformance
