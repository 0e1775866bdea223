// Gathers finished steps into atomic commits.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/error.h"
#include "runtime/error_rows.h"
#include "runtime/log.h"
#include "runtime/state_ledger.h"
#include "runtime/step.h"

namespace millrace {

struct CommitterOptions {
  TopicId state_topic, errors_topic;
  const Format* errors_format = nullptr;
  std::chrono::milliseconds interval{100};  // the longest that a finished step waits for company
  std::chrono::milliseconds retry{200};     // after a commit that found no room
  int64_t state_log_slack_bytes = 256 << 20;
  PhaseHook hook;
  std::function<void(std::chrono::microseconds)> committed;  // how long a commit took; may be absent
};

// Safe to call from any thread. One thread of its own commits; no pipeline waits for another.
//
// A commit that fails because of one query's sink ends that query: its steps get the error, the others are sent again
// as they are. While there is no room, steps are kept and tried again; queries can be ended.
class Committer {
 public:
  // Called on the committer's thread: an error, or committed.
  using Done = std::function<void(const std::optional<Error>&)>;

  Committer(Log& log, LogWriter& writer, CommitterOptions options);
  // Steps that are not committed yet are given up.
  ~Committer();

  // Steps of one query in order. After an error the query's steps are refused until admit().
  void submit(FinishedStep step, Done done);
  void admit(const std::string& query);
  // Commits what is there without waiting for the interval.
  void urge();
  // The query's steps that wait are given up, its state is ended by a record; `done` after that is committed.
  void end_query(const std::string& query, Done done);

  // Recovery, before the first submit: a record of the state topic at its offset.
  void restore(const StateRecord& record, int64_t offset, size_t bytes);
  // Of each query whose progress was committed since the last call: where it reads on.
  std::map<std::string, std::vector<Position>> take_progress();
  // Queries that have records in the state topic.
  std::vector<std::string> queries() const;
  std::vector<uint64_t> images_wanted(const std::string& query) const;
  std::vector<std::string> holding_back() const;

  // Whether the last commit found no room or failed otherwise, and why; empty: all is well.
  std::string trouble() const;
  // Set before the first submit: called when another owner has taken the log's slot.
  void on_fenced(std::function<void()> fenced) { fenced_ = std::move(fenced); }

 private:
  struct Work {
    FinishedStep step;
    bool ends_query = false;
    Done done;
  };
  struct Assembly;

  using Clock = std::chrono::steady_clock;
  void run();
  Clock::time_point due(const Work& work) const;
  std::vector<Work> take_batch();
  void commit(std::vector<Work> batch, bool from_reserve);
  std::vector<Work> take_ends(std::vector<Work>& batch);
  Assembly assemble(const std::vector<Work>& batch) const;
  CommitResult send(std::vector<RecordBlock> blocks, bool from_reserve);
  void settle(std::vector<Work> batch, const Assembly& assembly, const CommitResult& result);
  void separate(std::vector<Work> batch, const CommitResult& result);
  void fail(Work& work, const Error& error);
  void trim();

  Log& log_;
  LogWriter& writer_;
  CommitterOptions options_;
  std::function<void()> fenced_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> queue_;
  std::map<std::string, Error> refused_;  // queries that failed
  std::vector<std::string> ended_;        // refused only as long as the batch at work may have steps of theirs
  bool urged_ = false;
  bool stopping_ = false;
  bool lost_ = false;  // fenced: nothing more is sent
  std::string trouble_;
  StateLedger ledger_;
  std::map<uint64_t, RejectedCover> covers_;
  std::map<std::string, std::vector<Position>> progress_;
  Clock::time_point last_commit_{}, last_trim_{};
  std::map<std::string, Clock::time_point> own_commits_;  // the last ones of queries that have intervals of their own
  std::thread thread_;
};

}  // namespace millrace
