// The whole product as a library: statements in, results and rows out.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/batch.h"
#include "runtime/error.h"
#include "runtime/log.h"
#include "runtime/schema.h"
#include "runtime/step.h"
#include "server/observation/observation.h"
#include "server/results.h"

namespace millrace {

class AuditEntry;
class MemoryQuota;

// Who is calling, and what they have set. Belongs to one caller at a time.
struct Session {
  std::shared_ptr<AuditEntry> audit;              // of the request at work; may be null
  std::map<std::string, std::string> properties;  // SET 'auto.offset.reset' = 'earliest'
  std::map<std::string, std::string> variables;   // DEFINE name = 'value'
};

// How far a result has come: what is told with rows and, of a result that is followed, also without.
struct ResultProgress {
  std::vector<Position> positions;  // of the inputs: what lies before them is in the rows given so far
  std::optional<int64_t> time;      // the largest event time seen
  bool caught_up = false;           // all that was there when the query was opened is in the rows given so far
};

// What a client that keeps a result up to date must know of it.
struct ResultShape {
  bool table = false;      // a row replaces that of its key, a tombstone removes it
  bool whole_key = false;  // the schema's key columns tell rows apart, of a windowed result with the window's start
  bool windowed = false;   // the window's start and end follow the schema's columns
  bool resumable = false;  // follow() can go on from its positions
  // Who follows the same text from now on gets the same: its rows do not depend on when it was opened, but for where a
  // stream begins.
  bool shareable = false;
};

// Rows of a SELECT as they come: a pull query ends by itself, a push query by LIMIT, by cancel() or by an error.
//
// The producer stops at a bounded number of rows that nobody took; poll() lets it go on. Safe to call from any thread,
// one at a time.
class ResultStream {
 public:
  struct Chunk {
    std::vector<Batch> batches;  // columns as in schema(); a row of kind tombstone tells that the key is gone
    bool ended = false;          // nothing comes after
    std::string message;         // where ended: "Limit Reached", "Query Completed", …
    std::optional<Error> error;  // where ended by one
    std::string token;           // where ended, of a look-up: the committed step that it saw, "CTAS_T_3:17"
    std::optional<ResultProgress> progress;  // of a result that is followed: with these batches, or since
  };

  virtual ~ResultStream() = default;  // cancels
  virtual const std::string& query_id() const = 0;
  virtual const Schema& schema() const = 0;
  virtual bool is_push() const = 0;  // may go on for ever
  virtual ResultShape shape() const = 0;
  // What is there; never waits. Empty and not ended: nothing yet.
  virtual Chunk poll() = 0;
  // Calls `ready` once, as soon as poll() has something (at once, on this thread, if it has already); replaces an
  // earlier one. It is called on an engine's thread and must not block nor call back into this object.
  virtual void on_ready(std::function<void()> ready) = 0;
  // Ends the query; poll() then gives what is left, and the end.
  virtual void cancel() = 0;
};

// Rows into one stream, acknowledged when they are committed.
class InsertStream {
 public:
  struct Outcome {
    size_t row = 0;              // counted from 0 over the whole stream
    std::optional<Error> error;  // absent: committed
  };
  using Done = std::function<void(std::vector<Outcome>)>;

  enum class Ack {
    commit,
    received,  // nobody waits for the commit, which may come some milliseconds later
  };

  virtual ~InsertStream() = default;
  virtual const Schema& schema() const = 0;
  // Values of a row, those in structs one by one: reading it takes so long, whatever its text leaves out.
  virtual size_t width() const = 0;
  // Each text is one JSON object: column names to values, with ROWTIME allowed; a column that is absent is null.
  // Returns the rows that are refused; the others are on their way to the log, in their order. `done` is called once
  // with the outcomes of all, on this or an engine's thread, when nothing is on its way any more. Throws
  // Error{limit_exceeded} where more than the limit are outstanding, and Error{unavailable} where those of all clients
  // have no room in memory: none of these rows is taken then, though they are counted.
  virtual std::vector<Outcome> insert(std::span<const std::string_view> rows, Ack ack, Done done) = 0;
  std::vector<Outcome> insert(std::span<const std::string_view> rows, Done done) {
    return insert(rows, Ack::commit, std::move(done));
  }
};

enum class ServerState { starting, ready, degraded, stopping };

struct ServerStatus {
  ServerState state = ServerState::starting;
  std::string reason;  // of degraded
};

struct EngineOptions {
  std::string service_id = "default_";
  size_t threads = 2;
  size_t batch_rows = 8192;
  int64_t step_rows = 262'144;       // a step ends at the latest after so many rows …
  int64_t step_bytes = 64 << 20;     // … or so many bytes read …
  int64_t step_milliseconds = 100;   // … or so long
  int64_t commit_interval_ms = 100;  // the longest that a finished step waits for company
  size_t statement_bytes_max = 1 << 20;
  size_t queries_max = 100'000;
  size_t live_queries_max = 1000;            // SELECTs that are followed, and scans of streams
  size_t state_bytes_max = size_t{8} << 30;  // per query
  size_t record_bytes_max = 8 << 20;
  size_t result_rows_max = 100'000;   // rows of a SELECT that nobody has taken yet …
  size_t result_bytes_max = 8 << 20;  // … and their size
  size_t inserts_outstanding_max = 100'000;
  std::shared_ptr<MemoryQuota> inserts_memory;  // in which inserted rows count until their commit; null: in none
  int64_t state_log_slack_bytes = 256 << 20;
  std::string offset_reset = "latest";  // auto.offset.reset of a session that did not set it
  ObservationOptions observation;       // of itself
  PhaseHook phase_hook;                 // tests only
  std::function<void()> fenced;         // called once, on a thread of the engine's: another server has taken the log
  int64_t buffering_bytes =
      10'000'000;  // cache.max.bytes.buffering of a session that did not set it; 0: emit every update
};

// Safe to call from any thread. Throws nothing but Error.
class Engine {
 public:
  // Opens the log's slot (fencing its previous owner), replays the statements, restores state and starts the queries.
  static std::unique_ptr<Engine> open(const EngineOptions& options, std::shared_ptr<Log> log);
  virtual ~Engine() = default;

  // Runs every statement of the text, in order; it blocks until their effects are there. The first one that fails ends
  // it: `results` then holds those of the statements before. SELECT and PRINT are refused: they go to query().
  struct Failure {
    Error error;
    std::string statement;  // its text
  };
  struct Execution {
    std::vector<StatementResult> results;
    std::optional<Failure> failure;
  };
  virtual Execution execute(Session& session, std::string_view sql) = 0;
  // One SELECT or PRINT.
  virtual std::unique_ptr<ResultStream> query(Session& session, std::string_view sql) = 0;
  // One SELECT as it changes, also where it does not say EMIT CHANGES; its chunks tell progress. Tables are read from
  // their first record on. `from`: positions of a former result of the same text, behind which it goes on. Throws
  // Error{position_lost} where the log does not have them any more.
  virtual std::unique_ptr<ResultStream> follow(Session& session, std::string_view sql,
                                               const std::optional<std::vector<Position>>& from) = 0;
  // `target` as in SQL: upper-cased unless quoted. It may wait for a statement that is at work.
  virtual std::unique_ptr<InsertStream> open_inserts(Session& session, std::string_view target) = 0;
  // The same where it was opened before and no statement has changed it since, without waiting and without a look at
  // the session's properties; else null.
  virtual std::unique_ptr<InsertStream> find_inserts(Session& session, std::string_view target) = 0;
  // Ends the push query of this id; false where there is none.
  virtual bool close_query(std::string_view query_id) = 0;

  // Another number once a statement has changed what a name stands for: the same text may then give another result.
  virtual uint64_t definitions() const = 0;

  virtual ServerStatus status() const = 0;
  // Intake ends, steps finish and commit, push queries end with a message. Returns within `grace`.
  virtual void stop(std::chrono::milliseconds grace) = 0;

  // Waits until every query has read its inputs to the end and committed, and every SELECT that is followed has sent
  // what there is or waits to be taken from: for scripts and tests. False: it timed out, or a query failed.
  virtual bool settle(std::chrono::milliseconds timeout) = 0;

  virtual Observation& observation() = 0;
  virtual Log& log() = 0;
};

}  // namespace millrace
