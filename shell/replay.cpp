#include "shell/replay.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "shell/interrupt.h"
#include "shell/json_text.h"
#include "shell/progress.h"
#include "shell/row_file.h"

namespace millrace::shell {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
using Event = HttpExchange::Event;
using namespace std::chrono_literals;

constexpr const char* json_lines = "application/vnd.ksqlapi.delimited.v1";
// Rows sent and not acknowledged: enough to fill commits, and well under what a server accepts.
constexpr size_t window_rows = 20'000;
constexpr size_t piece_bytes = 64 << 10;
constexpr auto progress_interval = 200ms;
constexpr size_t reasons_shown = 10;

// The replay cannot go on. The message says why.
class ReplayError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string error_message(const std::string& body) {
  const Json error = Json::parse(body, nullptr, false);
  return error.is_object() && error.contains("message") ? error["message"].get<std::string>() : body;
}

std::vector<TargetColumn> describe(const ServerUrl& url, const std::string& stream) {
  HttpExchange exchange(url);
  exchange.send("POST", "/ksql", "application/json", Json{{"ksql", "DESCRIBE " + stream + ";"}}.dump());
  const std::string body = exchange.read_all();
  if (exchange.status() != 200) throw ReplayError(error_message(body));
  std::vector<TargetColumn> columns;
  const Json entities = Json::parse(body);
  for (const Json& entity : entities) {
    if (entity.value("@type", "") != "sourceDescription") continue;
    for (const Json& field : entity.at("sourceDescription").at("fields")) {
      columns.push_back({field.at("name").get<std::string>(), field.at("schema").value("type", "")});
    }
  }
  if (columns.empty()) throw ReplayError("the server does not say which columns " + stream + " has");
  columns.push_back({"ROWTIME", "BIGINT"});
  return columns;
}

class Replay {
 public:
  explicit Replay(const ReplayOptions& options)
      : options_(options),
        rows_(open_row_file(options.file, describe(options.url, options.stream), options.time_column)),
        exchange_(options.url, {.interrupt_descriptor = interrupt_.descriptor()}),
        progress_(std::cerr, Terminal(STDERR_FILENO)) {}

  // True: interrupted.
  bool run();
  void print_totals() const;
  // Before anything else is said.
  void clear_progress() { progress_.clear(); }
  bool all_acknowledged() const { return acknowledged_ == sent_; }

 private:
  Clock::time_point due(const RowFile::Row& row);
  bool wait_until(Clock::time_point time);
  void send();
  Event receive(std::chrono::milliseconds timeout);
  void take_acknowledgements(bool ended);
  void progress();

  const ReplayOptions& options_;
  std::unique_ptr<RowFile> rows_;
  Interrupt interrupt_;
  HttpExchange exchange_;
  const Clock::time_point begin_ = Clock::now();
  Progress progress_;

  std::optional<int64_t> first_time_;
  std::optional<int64_t> last_time_;
  std::string piece_;
  std::string answers_;
  size_t sent_ = 0;
  size_t acknowledged_ = 0;
  size_t rejected_ = 0;
  std::map<std::string, size_t> reasons_;
};

// When a row is to go.
Clock::time_point Replay::due(const RowFile::Row& row) {
  if (options_.rate) {
    return begin_ + std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(static_cast<double>(sent_) / *options_.rate));
  }
  if (!options_.speed || !row.time) return begin_;
  if (!first_time_) first_time_ = row.time;
  const auto passed =
      std::chrono::duration<double, std::milli>(static_cast<double>(*row.time - *first_time_) / *options_.speed);
  return begin_ + std::chrono::duration_cast<Clock::duration>(passed);
}

bool Replay::run() {
  for (const std::string& name : rows_->unknown_columns()) {
    std::cerr << fmt::format("warning: {} has no column {}; it is left out\n", options_.stream, name);
  }
  exchange_.send_head("POST", "/inserts-stream", json_lines);
  piece_ = Json{{"target", options_.stream}, {"properties", Json::object()}}.dump() + "\n";
  bool interrupted = false;
  for (RowFile::Row row; !interrupted && rows_->read(row);) {
    interrupted = !wait_until(due(row));
    if (interrupted) break;
    piece_.append(row.json).append("\n");
    ++sent_;
    if (row.time) last_time_ = row.time;
    if (piece_.size() >= piece_bytes) send();
    while (!interrupted && sent_ - acknowledged_ - rejected_ >= window_rows)
      interrupted = !wait_until(Clock::now() + 100ms);
    progress();
  }
  send();
  for (bool gone = exchange_.end_body(); !gone; gone = exchange_.send_piece({})) receive(0ms);
  for (Event event = Event::bytes; event != Event::ended;) {
    event = receive(progress_interval);
    if (event == Event::interrupted) break;
    progress();
  }
  progress_.clear();
  return interrupted;
}

// Sends what is there, and hears the server until the time has come. False: Ctrl-C.
bool Replay::wait_until(Clock::time_point time) {
  for (;;) {
    const auto now = Clock::now();
    if (now >= time) return true;
    if (!piece_.empty()) send();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - now);
    const Event event = receive(std::min<std::chrono::milliseconds>(left, progress_interval));
    if (event == Event::interrupted) return false;
    progress();
    if (event == Event::bytes && options_.speed == std::nullopt && options_.rate == std::nullopt) return true;
  }
}

void Replay::send() {
  bool gone = exchange_.send_piece(std::exchange(piece_, {}));
  while (!gone) {
    receive(0ms);
    gone = exchange_.send_piece({});
  }
}

Event Replay::receive(std::chrono::milliseconds timeout) {
  const Event event = exchange_.read(answers_, timeout);
  if (event == Event::interrupted) interrupt_.take();
  const bool ended = event == Event::ended;
  if (exchange_.status() != 0 && exchange_.status() != 200) {
    if (ended) throw ReplayError(error_message(answers_));
    return event;
  }
  take_acknowledgements(ended);
  if (ended && acknowledged_ + rejected_ < sent_) {
    throw ReplayError(
        fmt::format("the server ended the stream with {} rows unanswered", sent_ - acknowledged_ - rejected_));
  }
  return event;
}

void Replay::take_acknowledgements(bool ended) {
  size_t begin = 0;
  for (;;) {
    size_t end = answers_.find('\n', begin);
    if (end == std::string::npos && ended) end = answers_.size();
    if (end == std::string::npos || begin >= answers_.size()) break;
    const std::string_view line = std::string_view(answers_).substr(begin, end - begin);
    begin = std::min(end + 1, answers_.size());
    if (line.starts_with(R"({"status":"ok")")) {
      ++acknowledged_;
    } else if (line.find_first_not_of(" \r") != std::string_view::npos) {
      const Json answer = Json::parse(line, nullptr, false);
      if (!answer.is_object()) throw ReplayError("the server answers: " + std::string(line));
      if (answer.value("status", "") == "ok") {
        ++acknowledged_;
      } else if (answer.contains("seq")) {
        ++rejected_;
        ++reasons_[answer.value("message", std::string("no reason given"))];
      } else {
        throw ReplayError(answer.value("message", std::string(line)));
      }
    }
  }
  answers_.erase(0, begin);
}

void Replay::progress() {
  if (!progress_.due()) return;
  std::string line = fmt::format("{}, {} acknowledged", progress_.rate_of(sent_, "rows"), acknowledged_);
  if (rejected_ > 0) line += fmt::format(", {} rejected", rejected_);
  if (last_time_) {
    const std::time_t time = *last_time_ / 1000;
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[32];
    line.append(", at ").append(text, std::strftime(text, sizeof text, "%F %T", &parts));
  }
  progress_.show(line);
}

void Replay::print_totals() const {
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  std::cout << fmt::format("{} rows in {:.1f} s: {} acknowledged, {} rejected\n", sent_, seconds, acknowledged_,
                           rejected_);
  std::vector<std::pair<size_t, std::string>> reasons;
  for (const auto& [reason, count] : reasons_) reasons.emplace_back(count, reason);
  std::sort(reasons.rbegin(), reasons.rend());
  for (size_t i = 0; i < std::min(reasons.size(), reasons_shown); ++i) {
    std::cout << fmt::format("  {} x {}\n", reasons[i].first, reasons[i].second);
  }
  if (reasons.size() > reasons_shown)
    std::cout << fmt::format("  and {} other reasons\n", reasons.size() - reasons_shown);
  std::cout << std::flush;
}

}  // namespace

int run_replay(const ReplayOptions& options) {
  std::optional<Replay> replay;
  try {
    replay.emplace(options);
    const bool interrupted = replay->run();
    replay->print_totals();
    if (interrupted) return 130;
    return replay->all_acknowledged() ? 0 : 1;
  } catch (const std::exception& error) {
    if (replay) replay->clear_progress();
    std::cerr << error.what() << std::endl;
  }
  if (replay) replay->print_totals();
  return 1;
}

}  // namespace millrace::shell
