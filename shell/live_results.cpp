#include "shell/live_results.h"

#include <algorithm>

#include "shell/json_text.h"

namespace millrace::shell {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Event = HttpExchange::Event;

constexpr auto redraw_interval = 100ms;
// A terminal that changed its size is drawn on anew after so long.
constexpr auto resize_interval = 500ms;

}  // namespace

void LiveResults::add(StatementText statement, bool by_key, std::unique_ptr<HttpExchange> exchange) {
  results_.push_back({std::move(statement), by_key, std::move(exchange)});
}

void LiveResults::take_changes(Result& result) {
  for (const std::string& line : take_lines(result.body, result.ended)) {
    auto part = parse_query_part(line);
    if (part.header && !result.by_key)
      for (ResultColumn& column : *part.header) column.key = false;
    if (part.header) result.table.emplace(*part.header);
    if (result.table && part.row) result.table->apply(*part.row, part.tombstone);
    changed_ = changed_ || part.header || part.row;
    if (part.error.empty()) continue;
    draw();  // what there was before it
    show_error_(part.error, result.statement);
    result.failed = true;
  }
}

// Hears the server until there is news, or until the time has come.
Event LiveResults::hear(Result& result, std::chrono::milliseconds timeout) {
  const Event event = result.exchange->read(result.body, timeout);
  result.ended = event == Event::ended;
  if (result.exchange->status() == 200) {
    take_changes(result);
  } else if (result.ended) {
    show_error_(result.body, result.statement);
    result.failed = true;
  }
  return event;
}

void LiveResults::draw() {
  if (!changed_) return;
  changed_ = false;
  std::vector<const LiveTable*> tables;
  for (const Result& result : results_) {
    if (result.table) tables.push_back(&*result.table);
  }
  screen_.draw(tables);
}

Outcome LiveResults::run() {
  const auto running = [&] {
    return std::count_if(results_.begin(), results_.end(), [](const Result& each) { return !each.ended; });
  };
  auto drawn = Clock::time_point{};
  while (running() > 0) {
    for (Result& result : results_) {
      if (result.ended) continue;
      // Several take turns.
      const auto patience = running() > 1 ? redraw_interval / 2 : changed_ ? redraw_interval : resize_interval;
      if (hear(result, patience) == Event::interrupted) {
        draw();
        return Outcome::interrupted;
      }
    }
    changed_ = changed_ || screen_.resized();
    if (running() > 0 && Clock::now() - drawn < redraw_interval) continue;
    draw();
    drawn = Clock::now();
  }
  draw();
  const bool failed = std::any_of(results_.begin(), results_.end(), [](const Result& each) { return each.failed; });
  return failed ? Outcome::failed : Outcome::done;
}

}  // namespace millrace::shell
