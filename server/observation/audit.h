// The account of requests: what was asked, by whom, and what became of it, in the order of arrival.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/observation/statistics.h"

namespace millrace {

// One request, from its arrival to its answer. Safe to use from any thread.
class AuditEntry {
 public:
  using Clock = std::chrono::steady_clock;

  struct Arrival {
    std::string session, request_id, user, peer;
    std::string way;        // "POST /ksql"
    std::string operation;  // as long as nothing better is known
  };
  struct Record {
    Arrival arrival;
    int64_t time = 0;       // milliseconds since 1970
    std::string operation;  // CREATE, INSERT, SELECT, …; SCRIPT of several
    std::string object;     // the names of what it is about
    std::string text;
    int status = 0;  // of HTTP
    std::string code = "ok", error;
    std::chrono::microseconds duration{0};
  };

  // What it turns out to be is counted in the statistics, once it is finished.
  AuditEntry(Arrival arrival, size_t text_bytes_max, Statistics& statistics);

  // What the request turns out to be; of several statements once each.
  void add(std::string_view operation, std::string_view object);
  void say(std::string_view text);
  // The first one counts. Without a message it went well.
  void finish(int status, std::string_view code = "ok", std::string_view error = "");

  bool finished() const;
  // Once it is finished.
  Record record() const;
  std::chrono::milliseconds age() const;

 private:
  void count() const;

  const size_t text_bytes_max_;
  Statistics& statistics_;
  const Clock::time_point began_ = Clock::now();
  mutable std::mutex mutex_;
  Record record_;
  std::vector<std::pair<std::string, std::string>> statements_;  // operation and object
  bool finished_ = false;
};

// Safe to use from any thread.
class Audit {
 public:
  Audit(size_t text_bytes_max, Statistics& statistics) : text_bytes_max_(text_bytes_max), statistics_(statistics) {}

  // Where it is switched off, or more are under way than can be kept, it will not be taken.
  std::shared_ptr<AuditEntry> begin(AuditEntry::Arrival arrival);
  // Those that are finished, in the order of arrival. One that takes long is not waited for, and comes when it is done.
  std::vector<AuditEntry::Record> take();

  void switch_on(bool on) { on_ = on; }
  bool is_on() const { return on_; }
  size_t lost() const { return lost_; }

 private:
  const size_t text_bytes_max_;
  Statistics& statistics_;
  std::atomic<bool> on_ = true;
  std::atomic<size_t> lost_ = 0;
  std::mutex mutex_;
  std::deque<std::shared_ptr<AuditEntry>> arrived_;
  std::vector<std::shared_ptr<AuditEntry>> late_;
};

// The word that a statement begins with, in capitals: CREATE. UNKNOWN where none begins with it.
std::string operation_of(std::string_view sql);

}  // namespace millrace
