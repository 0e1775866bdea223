// What the server tells of itself, as streams: its requests, its numbers, its queries' states.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "runtime/log.h"
#include "server/observation/audit.h"
#include "server/observation/statistics.h"
#include "server/observation/system_stream.h"
#include "server/results.h"

namespace millrace {

struct ObservationOptions {
  std::chrono::milliseconds statistics_interval{0};  // 0: nothing is written
  size_t text_bytes_max = 4096;                      // of a request's text
  size_t objects_max = 1000;                         // streams and queries that are counted by name
};

// Safe to use from any thread.
class Observation {
 public:
  explicit Observation(const ObservationOptions& options);
  ~Observation();

  Audit& audit() { return audit_; }
  const Audit& audit() const { return audit_; }
  Statistics& statistics() { return statistics_; }
  // A query has changed its state; TERMINATED is one.
  void query_changed(const QueryRow& query, const std::string& state);

  // Rows that nobody waited for could not be committed: counted, and told in the server's own log once a second.
  void rows_lost(const std::string& stream, size_t rows, const std::string& reason);

  // Who counts something elsewhere brings it up to date when it is called; null: no more. When this returns the former
  // one is not called any more. One for each owner.
  void gather_from(const std::string& owner, std::function<void(Statistics&)> gather);
  // Calls them all.
  void gather();

  struct Sources {
    std::shared_ptr<const Source> audit, statistics, queries;
  };
  // From now on rows are written, by a thread of its own.
  void begin(const Sources& sources, Log& log, LogWriter& writer);
  // What is there is written, as far as the log takes it at once; nothing is after that.
  void end();

 private:
  struct QueryChange {
    int64_t time = 0;
    std::string query, state, error, sql;
  };

  struct Losses {
    size_t rows = 0;
    std::string reason;  // the last one
  };

  void run();
  void take();
  void tell_losses();
  void take_statistics();
  void write();

  const ObservationOptions options_;
  std::mutex gather_mutex_;
  std::map<std::string, std::function<void(Statistics&)>> gatherers_;
  Statistics statistics_;
  Audit audit_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::vector<QueryChange> changes_;
  Losses losses_;  // that were not told yet
  std::thread thread_;

  // The thread's, once it runs.
  std::vector<SystemStream> streams_;  // in the order of Sources
  std::chrono::steady_clock::time_point losses_told_;
  Log* log_ = nullptr;
  LogWriter* writer_ = nullptr;
};

}  // namespace millrace
