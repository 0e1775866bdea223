// SELECTs whose results are shown as tables that change in place, one below the other.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "shell/http_client.h"
#include "shell/live_table.h"
#include "shell/outcome.h"
#include "shell/statement_splitter.h"

namespace millrace::shell {

// Belongs to one thread.
class LiveResults {
 public:
  // `show_error` gets an error as the server sent it.
  using ShowError = std::function<void(const std::string& error, const StatementText& statement)>;
  LiveResults(std::ostream& out, const Terminal& terminal, ShowError show_error)
      : screen_(out, terminal), show_error_(std::move(show_error)) {}

  // A statement that was sent to /query. `by_key`: it has one row per key, the last; else its latest rows are shown.
  void add(StatementText statement, bool by_key, std::unique_ptr<HttpExchange> exchange);
  // Until all have ended, or an interrupt. Throws ConnectionError.
  Outcome run();

 private:
  struct Result {
    StatementText statement;
    bool by_key;
    std::unique_ptr<HttpExchange> exchange;
    std::string body = {};                // not taken yet
    std::optional<LiveTable> table = {};  // once its columns are known
    bool ended = false;
    bool failed = false;
  };
  HttpExchange::Event hear(Result& result, std::chrono::milliseconds timeout);
  void take_changes(Result& result);
  void draw();

  LiveTable::Screen screen_;
  const ShowError show_error_;
  std::deque<Result> results_;
  bool changed_ = false;  // since it was drawn
};

}  // namespace millrace::shell
