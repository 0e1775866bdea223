// An engine that does as a test says: what is tried is what lies around an engine.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "server/engine.h"

namespace millrace {

// One row of the fake results: K BIGINT KEY, V STRING.
struct FakeRow {
  int64_t key = 0;
  std::optional<std::string> value;
  RowKind kind = RowKind::row;
};

// What the test and a result share. Thread-safe.
class FakeFeed {
 public:
  void emit(const std::vector<FakeRow>& rows);
  void end(std::string message, std::optional<Error> error = std::nullopt);
  bool wait_cancelled(std::chrono::milliseconds time);
  bool wait_dropped(std::chrono::milliseconds time);
  size_t waiting() const;  // batches that nobody took

 private:
  friend class FakeResult;
  bool wait(const bool& flag, std::chrono::milliseconds time);
  void changed(std::unique_lock<std::mutex> lock);

  mutable std::mutex mutex_;
  std::condition_variable condition_;
  std::deque<Batch> batches_;
  bool ended_ = false;
  bool cancelled_ = false;
  bool dropped_ = false;
  std::string message_;
  std::optional<Error> error_;
  std::function<void()> ready_;
};

class FakeEngine final : public Engine {
 public:
  ~FakeEngine() override;

  // What execute() knows: SHOW STREAMS, SHOW QUERIES, DESCRIBE …, FAIL (an error at line 2, column 3), SLOW (takes 300
  // ms), anything else is done.
  Execution execute(Session& session, std::string_view sql) override;
  // BAD: an error. PULL: three rows and the end. Anything else: feed() decides.
  std::unique_ptr<ResultStream> query(Session& session, std::string_view sql) override;
  // As query().
  std::unique_ptr<ResultStream> follow(Session& session, std::string_view sql,
                                       const std::optional<std::vector<Position>>& from) override;
  // The target S, else source_unknown. A row with "reject" is refused; acknowledgements come from another thread.
  std::unique_ptr<InsertStream> open_inserts(Session& session, std::string_view target) override;
  // As open_inserts(), once `finds_inserts` is set.
  std::unique_ptr<InsertStream> find_inserts(Session& session, std::string_view target) override;
  bool close_query(std::string_view query_id) override;
  uint64_t definitions() const override { return 0; }
  ServerStatus status() const override { return {state, state == ServerState::degraded ? "the log is full" : ""}; }
  void stop(std::chrono::milliseconds) override {}
  bool settle(std::chrono::milliseconds) override { return true; }
  Observation& observation() override { return observation_; }
  Log& log() override;

  std::shared_ptr<FakeFeed> feed();                            // of the latest query that has one; waits for it
  std::vector<std::shared_ptr<FakeFeed>> feeds(size_t count);  // of all that have one; waits for so many
  Session last_session() const;
  std::vector<std::string> statements() const;
  std::vector<std::string> inserted() const;
  size_t outstanding_max() const { return outstanding_max_; }
  void hold_acknowledgements(bool hold);
  std::atomic<bool> finds_inserts = false;
  std::atomic<size_t> row_width = 2;                // of inserts
  std::atomic<std::thread::id> insert_thread = {};  // that inserted last

  std::atomic<ServerState> state = ServerState::ready;

 private:
  friend class FakeInserts;
  void acknowledge_in_background();

  Observation observation_{{}};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Session session_;
  std::vector<std::string> statements_;
  std::vector<std::string> inserted_;
  std::map<std::string, std::shared_ptr<FakeFeed>, std::less<>> feeds_;
  std::vector<std::shared_ptr<FakeFeed>> fed_;
  std::deque<std::function<void()>> acknowledgements_;
  bool hold_ = false;
  bool ending_ = false;
  size_t outstanding_ = 0;
  std::atomic<size_t> outstanding_max_ = 0;
  std::thread acknowledger_{[this] { acknowledge_in_background(); }};
};

}  // namespace millrace
