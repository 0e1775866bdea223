#include "tests/differential/engine_run.h"

#include <absl/base/internal/endian.h>
#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

#include "connectors/memory_log.h"
#include "server/engine.h"
#include "tests/sql_runner/crashing_log.h"

namespace millrace::differential {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto patience = 60s;

class EngineRun {
 public:
  explicit EngineRun(const QueryCase& one) : case_(one), executioner_(std::make_shared<Executioner>(one.dies_at)) {
    MemoryLogOptions options;
    options.maintenance_interval_ms = 24 * 3'600'000;  // a table's topic keeps every update
    log_ = make_memory_log(std::move(options));
    session_.properties["auto.offset.reset"] = "earliest";
    session_.properties["cache.max.bytes.buffering"] = one.final_state ? "10000000" : "0";
  }

  std::vector<std::string> run() {
    start();
    for (const TopicSpec& topic : case_.topics) execute(topic.create_statement());
    execute(case_.statement);
    writer_ = log_->open_writer("events");
    executioner_->arm(case_.dies_at != StepPhase::idle);
    for (const Event& event : case_.events) feed(event);
    append();
    settle();
    check_counters();
    return read_result();
  }

 private:
  void start() {
    engine_.reset();
    EngineOptions options;
    options.batch_rows = case_.batch_rows;
    options.step_rows = static_cast<int64_t>(case_.batch_rows);
    options.threads = 1;
    options.commit_interval_ms = 0;
    options.phase_hook = [executioner = executioner_](StepPhase phase) { executioner->reached(phase); };
    executioner_->revive();
    engine_ = Engine::open(options, make_crashing_log(log_, executioner_));
  }

  // Until all has been read; a server that dies on the way is started again.
  void settle() {
    const auto deadline = Clock::now() + patience;
    bool settled = false;
    while (!settled) {
      if (Clock::now() > deadline) throw std::runtime_error("the query did not come to rest");
      if (executioner_->dead()) start();
      settled = engine_->settle(20ms) && !executioner_->dead();
    }
    executioner_->arm(false);
  }

  void execute(const std::string& sql) {
    const auto execution = engine_->execute(session_, sql);
    if (execution.failure) throw std::runtime_error(sql + "\n  " + execution.failure->error.message());
  }

  void feed(const Event& event) {
    if (event.after_restart || !event.with_previous) append();
    if (event.after_restart) start();
    const TopicSpec& topic = case_.topics[event.topic];
    const uint64_t id = log_->describe(topic.name)->id.value;
    if (!builder_ || id != topic_ || event.partition != partition_) {
      end_block();
      builder_.emplace(id, event.partition);
      topic_ = id;
      partition_ = event.partition;
    }
    std::vector<std::string> names;
    for (size_t c = 1; c < topic.columns.size(); ++c) names.push_back(topic.columns[c].name);
    const auto key = json_key({topic.columns[0].name}, {event.key()});
    const std::string value =
        event.has_value ? json_object(names, {event.columns.begin() + 1, event.columns.end()}) : "";
    builder_->add(event.time, key ? Bytes(*key) : null_bytes(), event.has_value ? Bytes(value) : null_bytes());
  }
  void end_block() {
    if (builder_) blocks_.push_back(builder_->build());
    builder_.reset();
  }
  // A memory log is done when the call returns.
  void append() {
    end_block();
    if (!blocks_.empty()) writer_->append(std::move(blocks_), [](const CommitResult&) {});
    blocks_.clear();
  }

  void check_counters() {
    const auto listing = engine_->execute(session_, "SHOW QUERIES;");
    const QueryCounters c = std::get<QueryListing>(listing.results.at(0).body).rows.at(0).counters;
    if (c.rows_in != c.used + c.filtered + c.late + c.rejected || c.rejected != 0 || c.filtered < 0 || c.used < 0)
      throw std::runtime_error(fmt::format("counters: in {} used {} filtered {} late {} rejected {}", c.rows_in, c.used,
                                           c.filtered, c.late, c.rejected));
  }

  std::vector<std::string> read_result() {
    const auto topic = log_->describe("OUT");
    Position position;
    position.topic = topic->id;
    const auto reader = log_->open_reader({position});
    std::vector<std::string> rows;
    const int64_t end = log_->offsets(topic->id, 0).end;
    for (int64_t next = 0; next < end;) {
      for (const RecordRun& run : reader->read(1 << 20, Clock::now())) {
        for (size_t i = run.begin; i < run.end; ++i) rows.push_back(text(*run.block, i));
        next = run.last_offset() + 1;
      }
    }
    return rows;
  }
  std::string text(const RecordBlock& block, size_t i) const {
    std::string_view key = block.keys[i];
    std::string bounds;
    // Behind the key: of a window its start, of a session its end, then its start.
    for (size_t b = 0; b < case_.window_bounds; ++b) {
      bounds += fmt::format(" {}", absl::big_endian::Load64(key.data() + key.size() - 8));
      key.remove_suffix(8);
    }
    const std::string_view value = block.values[i];
    return fmt::format("{} {}{} {}", block.timestamps[i], millrace::is_null(key) ? "null" : key, bounds,
                       millrace::is_null(value) ? "null" : value);
  }

  const QueryCase& case_;
  std::shared_ptr<Executioner> executioner_;
  std::shared_ptr<Log> log_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<Engine> engine_;
  Session session_;
  std::optional<RecordBlockBuilder> builder_;
  uint64_t topic_ = 0;
  int32_t partition_ = 0;
  std::vector<RecordBlock> blocks_;
};

}  // namespace

std::vector<std::string> run_on_engine(const QueryCase& one) { return EngineRun(one).run(); }

}  // namespace millrace::differential
