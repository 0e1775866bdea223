#include "tests/sql_runner/scenario.h"

#include <fmt/format.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "connectors/json_text.h"
#include "connectors/memory_log.h"

namespace millrace {

namespace {

using namespace std::chrono_literals;
#ifdef __SANITIZE_THREAD__
constexpr auto patience = 600s;
#else
constexpr auto patience = 60s;
#endif

std::string row_text(const Batch& batch, size_t row) {
  std::string text = "[";
  for (size_t c = 0; c < batch.columns.size(); ++c) {
    if (c > 0) text += ',';
    append_json(*batch.columns[c], row, text, JsonTimes::text);
  }
  text += ']';
  if (batch.kind(row) == RowKind::tombstone) text += " tombstone";
  if (batch.kind(row) == RowKind::null_value) text += " null";
  return text;
}

// Tables' topics are compacted: a test that takes long must still find every update.
std::shared_ptr<Log> make_log() {
  MemoryLogOptions options;
  options.maintenance_interval_ms = 24 * 3'600'000;
  return make_memory_log(std::move(options));
}

std::string difference(const std::vector<std::string>& expected, const std::vector<std::string>& got) {
  for (size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    const std::string want = i < expected.size() ? expected[i] : "(no further row)";
    const std::string have = i < got.size() ? got[i] : "(no further row)";
    if (want != have)
      return fmt::format("row {}: expected {}\n    got      {}\n    ({} rows expected, {} came)", i + 1, want, have,
                         expected.size(), got.size());
  }
  return "";
}

}  // namespace

std::string Circumstances::to_string() const {
  return fmt::format("batches of {}{}", batch_rows,
                     crash == StepPhase::idle ? "" : fmt::format(", dying at '{}'", step_phase_name(crash)));
}

Scenario::Scenario(Circumstances circumstances)
    : circumstances_(circumstances),
      log_(make_log()),
      executioner_(std::make_shared<Executioner>(circumstances.crash)) {
  session_.properties["auto.offset.reset"] = "earliest";
  session_.properties["cache.max.bytes.buffering"] = "0";
  raw_writer_ = log_->open_writer("feed");
  start();
}

Scenario::~Scenario() {
  engine_.reset();
  raw_writer_.reset();
}

void Scenario::start() {
  engine_.reset();
  executioner_->revive();
  EngineOptions options;
  options.batch_rows = circumstances_.batch_rows;
  options.threads = circumstances_.threads;
  options.commit_interval_ms = 0;
  // Steps as small as batches: the more boundaries, the more ways to die.
  options.step_rows = static_cast<int64_t>(circumstances_.batch_rows);
  options.phase_hook = [executioner = executioner_](StepPhase phase) { executioner->reached(phase); };
  engine_ = Engine::open(options, make_crashing_log(log_, executioner_));
}

bool Scenario::restart_if_dead() {
  if (!executioner_->dead()) return false;
  start();
  return true;
}

std::string Scenario::settle() {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  executioner_->arm(true);
  bool settled = false;
  while (!settled && std::chrono::steady_clock::now() < deadline) {
    if (restart_if_dead()) continue;
    settled = engine_->settle(20ms) && !executioner_->dead();
    if (settled || executioner_->dead()) continue;
    const auto queries = engine_->execute(session_, "SHOW QUERIES;");
    if (queries.failure) continue;  // it died meanwhile
    for (const QueryRow& row : std::get<QueryListing>(queries.results.at(0).body).rows)
      if (row.state == QueryState::failed && !executioner_->dead()) settled = true;
  }
  executioner_->arm(false);
  restart_if_dead();
  return settled ? "" : "the queries did not come to rest";
}

std::string Scenario::run(const std::vector<TestCommand>& commands) {
  for (const TestCommand& command : commands) {
    const std::string wrong = run_command(command);
    if (!wrong.empty()) return fmt::format("line {}: {}", command.line, wrong);
  }
  return "";
}

std::string Scenario::run_command(const TestCommand& command) {
  using Kind = TestCommand::Kind;
  switch (command.kind) {
    case Kind::statement_ok:
    case Kind::statement_error:
      return statement(command);
    case Kind::feed:
      return feed(command);
    case Kind::feed_raw:
      return feed_raw(command);
    case Kind::expect:
      return expect(command);
    case Kind::query:
      return query(command);
    case Kind::counters:
      return counters(command);
    case Kind::restart: {
      std::string wrong = settle();
      start();
      return wrong;
    }
  }
  return "";
}

std::string Scenario::statement(const TestCommand& command) {
  std::string wrong = settle();
  if (!wrong.empty()) return wrong;
  const auto execution = engine_->execute(session_, command.text);
  if (command.kind == TestCommand::Kind::statement_ok) {
    if (!execution.failure) return "";
    const Error& error = execution.failure->error;
    return fmt::format("{}:{}: {} ({})", error.position().line, error.position().column, error.message(),
                       error_name(error.code()));
  }
  if (!execution.failure) return "expected the error " + command.argument + ", the statement was accepted";
  const std::string name(error_name(execution.failure->error.code()));
  return name == command.argument ? ""
                                  : fmt::format("expected the error {}, got {}: {}", command.argument, name,
                                                execution.failure->error.message());
}

std::string Scenario::source_over(const std::string& topic) {
  for (const std::string_view kind : {"SHOW STREAMS;", "SHOW TABLES;"}) {
    auto listing = engine_->execute(session_, kind);
    while (listing.failure && restart_if_dead()) listing = engine_->execute(session_, kind);
    for (const SourceRow& row : std::get<SourceListing>(listing.results.at(0).body).rows)
      if (row.topic == topic) return "`" + row.name + "`";
  }
  return topic;  // a system stream, by its name
}

std::string Scenario::feed(const TestCommand& command) {
  const std::vector<std::string_view> rows(command.lines.begin(), command.lines.end());
  executioner_->arm(true);
  for (;;) {
    restart_if_dead();
    const std::string source = source_over(command.argument);  // may make the engine anew
    const auto inserts = engine_->open_inserts(session_, source);
    std::promise<std::vector<InsertStream::Outcome>> promise;
    inserts->insert(rows, [&](std::vector<InsertStream::Outcome> outcomes) { promise.set_value(std::move(outcomes)); });
    bool again = false;
    for (const auto& outcome : promise.get_future().get()) {
      if (!outcome.error) continue;
      // All rows of one call arrive or none does: a server that died before takes none of them along.
      if (outcome.error->code() != ErrorCode::fenced)
        return fmt::format("row {}: {}", outcome.row + 1, outcome.error->message());
      again = true;
    }
    if (!again) return "";
  }
}

// "@TIME KEY VALUE" without interpretation: a key `-` is null, a value `-` is null.
std::string Scenario::feed_raw(const TestCommand& command) {
  const auto topic = log_->describe(command.argument);
  if (!topic) return "there is no topic " + command.argument;
  RecordBlockBuilder builder(topic->id.value, 0);
  for (const std::string& line : command.lines) {
    const size_t first = line.find(' ');
    const size_t second = line.find(' ', first + 1);
    if (!line.starts_with('@') || second == std::string::npos) return "expected @TIME KEY VALUE, here is " + line;
    const std::string key = line.substr(first + 1, second - first - 1);
    const std::string value = line.substr(second + 1);
    builder.add(std::stoll(line.substr(1)), key == "-" ? null_bytes() : Bytes(key),
                value == "-" ? null_bytes() : Bytes(value));
  }
  std::vector<RecordBlock> blocks;
  blocks.push_back(builder.build());
  executioner_->arm(true);
  std::promise<CommitResult> promise;
  raw_writer_->append(std::move(blocks), [&](CommitResult result) { promise.set_value(std::move(result)); });
  const CommitResult result = promise.get_future().get();
  return result.outcome == CommitOutcome::committed ? "" : result.reason;
}

std::vector<std::string> Scenario::rows_of(const std::string& sql, size_t wanted, std::string& error) {
  std::vector<std::string> rows;
  try {
    const auto stream = engine_->query(session_, sql);
    // A SELECT that ends by itself is waited for; one that is followed may have fewer rows than the topic has records.
    const bool ends = wanted == SIZE_MAX;
    const auto deadline = std::chrono::steady_clock::now() + (ends ? patience : 5s);
    while (rows.size() < wanted && std::chrono::steady_clock::now() < deadline) {
      std::mutex mutex;
      std::condition_variable changed;
      bool ready = false;
      stream->on_ready([&] {
        const std::lock_guard lock(mutex);
        ready = true;
        changed.notify_all();
      });
      {
        std::unique_lock lock(mutex);
        if (!changed.wait_until(lock, deadline, [&] { return ready; })) {
          stream->on_ready([] {});
          if (ends) error = "the query did not end";
          break;
        }
      }
      const ResultStream::Chunk chunk = stream->poll();
      for (const Batch& batch : chunk.batches)
        for (size_t row = 0; row < batch.rows; ++row) rows.push_back(row_text(batch, row));
      if (chunk.error) error = chunk.error->message();
      if (chunk.ended) break;
    }
  } catch (const Error& failure) {
    error = fmt::format("{} ({})", failure.message(), error_name(failure.code()));
  }
  return rows;
}

std::string Scenario::expect(const TestCommand& command) {
  std::string wrong = settle();
  if (!wrong.empty()) return wrong;
  const std::string source = source_over(command.argument);
  const auto description = engine_->execute(session_, "DESCRIBE " + source + " EXTENDED;");
  if (description.failure) return description.failure->error.message();
  const auto& described = std::get<SourceDescription>(description.results.at(0).body);
  size_t records = 0;
  for (const auto& [first, end] : described.offsets) records += static_cast<size_t>(end - first);
  std::string error;
  // A SELECT from a stream ends by itself, also where some of the records are rejected.
  const bool table = described.source.table;
  std::vector<std::string> rows =
      rows_of(fmt::format("SELECT ROWTIME, * FROM {}{};", source, table ? " EMIT CHANGES" : ""),
              table ? records : SIZE_MAX, error);
  if (!error.empty()) return error;
  size_t& seen = seen_[command.argument];
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(seen, rows.size())));
  seen += rows.size();
  return difference(command.lines, rows);
}

std::string Scenario::query(const TestCommand& command) {
  std::string wrong = settle();
  if (!wrong.empty()) return wrong;
  std::string error;
  const auto rows = rows_of(command.text, SIZE_MAX, error);
  if (!error.empty()) return error;
  return difference(command.lines, rows);
}

std::string Scenario::counters(const TestCommand& command) {
  std::string wrong = settle();
  if (!wrong.empty()) return wrong;
  const auto queries = engine_->execute(session_, "SHOW QUERIES;");
  for (const QueryRow& row : std::get<QueryListing>(queries.results.at(0).body).rows) {
    if (row.id != command.argument) continue;
    const QueryCounters& c = row.counters;
    if (c.rows_in != c.used + c.filtered + c.late + c.rejected) return "in is not used + filtered + late + rejected";
    return difference(command.lines, {fmt::format("in {} used {} filtered {} late {} rejected {} out {}", c.rows_in,
                                                  c.used, c.filtered, c.late, c.rejected, c.rows_out)});
  }
  return "there is no query " + command.argument;
}

}  // namespace millrace
