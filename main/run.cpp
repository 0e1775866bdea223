#include "main/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>

#include "connectors/json_text.h"
#include "connectors/memory_log.h"
#include "runtime/error.h"
#include "server/engine.h"
#include "server/server.h"
#include "shell/row_file.h"
#include "shell/statement_splitter.h"

namespace millrace {
namespace {

using namespace std::chrono_literals;

constexpr size_t rows_per_insert = 1'000;
constexpr size_t outstanding_max = 50'000;

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw Error(ErrorCode::value_invalid, "cannot read " + path);
  return text.str();
}

// Counts the rows that are on their way into a stream.
class FeedProgress {
 public:
  void sent(size_t rows) {
    std::unique_lock lock(mutex_);
    outstanding_ += rows;
    changed_.wait(lock, [this] { return outstanding_ <= outstanding_max; });
  }
  void answered(const std::vector<InsertStream::Outcome>& outcomes) {
    const std::lock_guard lock(mutex_);
    outstanding_ -= outcomes.size();
    for (const auto& outcome : outcomes) {
      if (outcome.error) ++reasons_[outcome.error->message()];
    }
    changed_.notify_all();
  }
  // Why rows were refused, and how many, once all are answered.
  std::map<std::string, size_t> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return outstanding_ == 0; });
    return reasons_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t outstanding_ = 0;
  std::map<std::string, size_t> reasons_;
};

class Run {
 public:
  Run(Engine& engine, const RunArguments& arguments) : engine_(engine), arguments_(arguments), feeds_(arguments.feeds) {
    session_.properties["auto.offset.reset"] = "earliest";
  }

  int run() {
    for (const std::string& script : arguments_.scripts) {
      if (!run_script(script)) return 1;
    }
    for (const auto& feed : feeds_) {
      std::cerr << fmt::format("no stream of the scripts reads the topic {} of a feed\n", feed.topic);
      status_ = 1;
    }
    settle();
    return status_;
  }

 private:
  bool run_script(const std::string& path) {
    shell::StatementSplitter splitter;
    splitter.add(read_text(path));
    for (auto statement = splitter.next(); statement; statement = splitter.next()) {
      if (!run_statement(*statement, path)) return false;
    }
    const auto rest = splitter.rest();
    return !rest || run_statement(*rest, path);
  }

  bool run_statement(const shell::StatementText& statement, const std::string& path) {
    const std::string word = shell::first_word(statement.text);
    try {
      if (word == "SELECT" || word == "PRINT") {
        print_rows(*engine_.query(session_, statement.text));
        return true;
      }
      const auto execution = engine_.execute(session_, statement.text);
      if (execution.failure) throw execution.failure->error;
      if (word == "CREATE") feed_what_can_be();
      return true;
    } catch (const Error& error) {
      const int line = statement.line + std::max(error.position().line, 1) - 1;
      std::cerr << fmt::format("{}:{}:{}: {}\n", path, line, std::max(error.position().column, 1), error.message());
      return false;
    }
  }

  // Feeds wait until there is a stream over their topic, for the stream says what their columns are.
  void feed_what_can_be() {
    const auto listing = engine_.execute(session_, "SHOW STREAMS;");
    for (const StatementResult& result : listing.results) {
      const auto* sources = std::get_if<SourceListing>(&result.body);
      if (sources == nullptr) continue;
      for (const SourceRow& source : sources->rows) {
        const auto feed =
            std::find_if(feeds_.begin(), feeds_.end(), [&](const auto& each) { return each.topic == source.topic; });
        if (feed == feeds_.end()) continue;
        feed_stream("`" + source.name + "`", feed->file);
        feeds_.erase(feed);
      }
    }
  }

  std::vector<shell::TargetColumn> columns_of(const std::string& stream) {
    const auto execution = engine_.execute(session_, "DESCRIBE " + stream + ";");
    if (execution.failure) throw execution.failure->error;
    std::vector<shell::TargetColumn> columns = {{"ROWTIME", "BIGINT"}};
    for (const StatementResult& result : execution.results) {
      const auto* description = std::get_if<SourceDescription>(&result.body);
      if (description == nullptr) continue;
      for (const Field& field : description->schema.fields()) columns.push_back({field.name, field.type.to_string()});
    }
    return columns;
  }

  void feed_stream(const std::string& stream, const std::string& file) {
    const auto rows = shell::open_row_file(file, columns_of(stream), "");
    const auto inserts = engine_.open_inserts(session_, stream);
    FeedProgress progress;
    std::vector<std::string> lot;
    const auto send = [&] {
      const std::vector<std::string_view> views(lot.begin(), lot.end());
      progress.sent(views.size());
      inserts->insert(views, [&](const std::vector<InsertStream::Outcome>& outcomes) { progress.answered(outcomes); });
      lot.clear();
    };
    for (shell::RowFile::Row row; rows->read(row);) {
      lot.push_back(row.json);
      if (lot.size() >= rows_per_insert) send();
    }
    if (!lot.empty()) send();
    for (const auto& [reason, count] : progress.wait()) {
      std::cerr << fmt::format("{}: {} rows refused: {}\n", file, count, reason);
      status_ = 1;
    }
  }

  bool settle() {
    if (engine_.settle(1h)) return true;
    std::cerr << "a query failed; SHOW QUERIES tells why\n";
    status_ = 1;
    return false;
  }

  // All rows that there are when every query has read its inputs to the end.
  void print_rows(ResultStream& result) {
    std::vector<shell::ResultColumn> columns;
    for (const Field& field : result.schema().fields())
      columns.push_back({field.name, field.type.to_string(), field.key});
    shell::RowPrinter printer(arguments_.output, std::cout, columns, shell::Terminal(STDOUT_FILENO));
    bool settled = !result.is_push();
    for (;;) {
      const ResultStream::Chunk chunk = result.poll();
      std::vector<shell::ResultRow> rows;
      for (const Batch& batch : chunk.batches) append_rows(batch, rows);
      if (!rows.empty()) printer.print(rows);
      if (chunk.error) throw *chunk.error;
      if (chunk.ended) break;
      if (!chunk.batches.empty()) continue;
      if (settled) {
        wait_ready(result);
      } else if (engine_.settle(20ms)) {
        settled = true;
        result.cancel();  // then it gives what is left
      }
    }
    printer.end(true);
  }

  static void append_rows(const Batch& batch, std::vector<shell::ResultRow>& rows) {
    for (size_t row = 0; row < batch.rows; ++row) {
      if (batch.kind(row) == RowKind::old) continue;
      auto& cells = rows.emplace_back(batch.columns.size());
      for (size_t i = 0; i < cells.size(); ++i) append_json(*batch.columns[i], row, cells[i], JsonTimes::text);
    }
  }

  static void wait_ready(ResultStream& result) {
    struct Signal {
      std::mutex mutex;
      std::condition_variable changed;
      bool ready = false;
    };
    const auto signal = std::make_shared<Signal>();
    result.on_ready([signal] {
      const std::lock_guard lock(signal->mutex);
      signal->ready = true;
      signal->changed.notify_all();
    });
    std::unique_lock lock(signal->mutex);
    signal->changed.wait(lock, [&] { return signal->ready; });
  }

  Engine& engine_;
  const RunArguments& arguments_;
  std::vector<RunArguments::Feed> feeds_;  // not fed yet
  Session session_;
  int status_ = 0;
};

}  // namespace

int run_scripts(const RunArguments& arguments) {
  try {
    Options options;
    if (arguments.data_dir) options.set("data.dir", *arguments.data_dir, "--data-dir");
    options.set("auto.offset.reset", "earliest", "millrace run");
    const auto engine =
        Engine::open(engine_options(options), arguments.data_dir ? open_log(options) : make_memory_log());
    const int status = Run(*engine, arguments).run();
    engine->stop(5s);
    return status;
  } catch (const Error& error) {
    std::cerr << error.message() << std::endl;
  } catch (const shell::FileError& error) {
    std::cerr << error.what() << std::endl;
  }
  return 1;
}

}  // namespace millrace
