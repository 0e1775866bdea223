#include "server/insert_answer.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>

#include "server/error_answer.h"
#include "server/request_json.h"

namespace millrace {
namespace {

using Json = nlohmann::json;

// Rows given to the engine and not answered, beyond which reading rests, and where it goes on.
constexpr size_t outstanding_max = 20'000;
constexpr size_t outstanding_low = 10'000;
constexpr size_t rows_per_insert = 5'000;
// The same in bytes, with what has no end of line yet.
constexpr size_t outstanding_bytes_max = 8 << 20;
constexpr size_t outstanding_bytes_low = 4 << 20;
// The same for acknowledgements that the client does not take.
constexpr size_t pending_bytes_max = 1 << 20;
constexpr size_t pending_bytes_low = 256 << 10;

constexpr const char* no_room =
    "the requests of all clients have more bytes together than http.requests.bytes.max allows: try again with the rows "
    "that are not acknowledged";

class InsertAnswer : public std::enable_shared_from_this<InsertAnswer> {
 public:
  InsertAnswer(Engine& engine, const Request& request, size_t row_bytes_max, ResponseStreamPtr response)
      : engine_(engine),
        body_(*request.stream),
        audit_(request.audit),
        row_bytes_max_(row_bytes_max),
        response_(std::move(response)) {}

  void begin() {
    response_->on_stopping([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->stop(Error(ErrorCode::unavailable, "the server is stopping"));
    });
    body_.read([self = shared_from_this()](const std::string& bytes, bool last) { self->consume(bytes, last); });
  }

 private:
  // On a worker, one call at a time.
  void consume(const std::string& bytes, bool last) {
    if (ended_ || stopping_) return;
    const size_t searched = pending_.size();
    pending_.append(bytes);
    std::vector<std::string_view> rows;
    size_t at = 0;
    try {
      for (size_t end = pending_.find('\n', searched); end != std::string::npos; end = pending_.find('\n', at)) {
        take_line(std::string_view(pending_).substr(at, end - at), rows);
        at = end + 1;
      }
      if (last) take_line(std::string_view(pending_).substr(std::exchange(at, pending_.size())), rows);
      insert(rows);
      pending_.erase(0, at);
      if (pending_.size() > row_bytes_max_) {
        throw Error(ErrorCode::limit_exceeded, fmt::format("a row has more than {} bytes", row_bytes_max_));
      }
      if (last && !inserts_) throw Error(ErrorCode::value_invalid, "expected {\"target\": …} as the first line");
    } catch (const Error& error) {
      return end_with(error);
    }
    std::unique_lock lock(mutex_);
    if (!body_.keeps(pending_.size()) && !last) {  // rows count where they are inserted
      lock.unlock();
      return stop(Error(ErrorCode::unavailable, no_room));
    }
    body_done_ = last;
    if (!last && (outstanding_ > outstanding_max || outstanding_bytes_ > outstanding_bytes_max ||
                  response_->pending() > pending_bytes_max)) {
      paused_ = true;
      body_.pause();
    }
    finish_when_done(std::move(lock));
    resume_when_due();
  }

  // Reading goes on as soon as both have shrunk: acknowledge() and the client's reading lead here.
  void resume_when_due() {
    {
      const std::lock_guard lock(mutex_);
      if (!paused_ || outstanding_ > outstanding_low || outstanding_bytes_ > outstanding_bytes_low) return;
      if (response_->pending() <= pending_bytes_low || response_->closed()) {
        paused_ = false;
        return body_.resume();
      }
    }
    response_->on_drained(pending_bytes_low, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->resume_when_due();
    });
  }

  void take_line(std::string_view line, std::vector<std::string_view>& rows) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) return;
    if (!inserts_) return open(line);
    rows.push_back(line);
    if (rows.size() >= rows_per_insert) insert(rows);
  }

  void open(std::string_view line) {
    const Json head = parse_request_json(line);
    if (!head.is_object() || !head.contains("target") || !head["target"].is_string()) {
      throw Error(ErrorCode::value_invalid, "expected {\"target\": …} as the first line");
    }
    Session session;
    session.audit = audit_;
    if (head.contains("properties") && head["properties"].is_object()) {
      for (const auto& [name, value] : head["properties"].items()) {
        session.properties[name] = value.is_string() ? value.get<std::string>() : value.dump();
      }
    }
    inserts_ = engine_.open_inserts(session, head["target"].get<std::string>());
    response_->start(200, {{"Content-Type", "application/vnd.ksqlapi.delimited.v1"}});
  }

  // The rows are taken, and the list is empty again.
  void insert(std::vector<std::string_view>& rows) {
    if (rows.empty()) return;
    const size_t count = rows.size();
    size_t bytes = 0;
    for (const std::string_view row : rows) bytes += row.size();
    {
      const std::lock_guard lock(mutex_);
      outstanding_ += count;
      outstanding_bytes_ += bytes;
    }
    const size_t first = std::exchange(rows_, rows_ + count);
    try {
      inserts_->insert(rows, [self = shared_from_this(), bytes](const std::vector<InsertStream::Outcome>& outcomes) {
        self->acknowledge(outcomes, bytes);
      });
    } catch (const Error& error) {
      // None of them was taken.
      std::vector<InsertStream::Outcome> outcomes;
      for (size_t i = 0; i < count; ++i) outcomes.push_back({first + i, error});
      acknowledge(outcomes, bytes);
    }
    rows.clear();
  }

  // On an engine's thread.
  void acknowledge(const std::vector<InsertStream::Outcome>& outcomes, size_t bytes) {
    std::string lines;
    for (const InsertStream::Outcome& outcome : outcomes) {
      if (outcome.error) {
        nlohmann::ordered_json line = {{"status", "error"}, {"seq", outcome.row}};
        const auto error = error_json(*outcome.error);
        for (const char* name : {"error_code", "message", "code"}) line[name] = error[name];
        lines.append(dump(line)).push_back('\n');
      } else {
        fmt::format_to(std::back_inserter(lines), "{{\"status\":\"ok\",\"seq\":{}}}\n", outcome.row);
      }
    }
    response_->write(lines);
    std::unique_lock lock(mutex_);
    outstanding_ -= outcomes.size();
    outstanding_bytes_ -= bytes;
    finish_when_done(std::move(lock));
    resume_when_due();
  }

  // What is on its way is still answered.
  void stop(const Error& error) {
    std::unique_lock lock(mutex_);
    if (!stopping_) stopped_ = error;
    stopping_ = true;
    finish_when_done(std::move(lock));
  }

  void finish_when_done(std::unique_lock<std::mutex> lock) {
    if (outstanding_ > 0 || (!body_done_ && !stopping_)) return;
    lock.unlock();
    if (!body_done_) return end_with(*stopped_);
    response_->finish();
  }

  // Before the target is known this is the whole answer, then its last line.
  void end_with(const Error& error) {
    ended_ = true;
    reply_error(*response_, error);
    response_->write(dump(error_json(error)) + "\n");
    response_->finish();
  }

  Engine& engine_;
  BodyStream& body_;
  const std::shared_ptr<AuditEntry> audit_;
  const size_t row_bytes_max_;
  const ResponseStreamPtr response_;

  std::string pending_;                    // what has no end of line yet
  std::unique_ptr<InsertStream> inserts_;  // from the first line on
  size_t rows_ = 0;                        // given to the engine
  std::atomic<bool> ended_ = false;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  size_t outstanding_ = 0;
  size_t outstanding_bytes_ = 0;
  std::optional<Error> stopped_;  // why it ends before the body does
  bool paused_ = false;
  std::atomic<bool> body_done_ = false;  // changed under the mutex
};

}  // namespace

void stream_inserts(Engine& engine, Request& request, size_t row_bytes_max, const ResponseStreamPtr& response) {
  std::make_shared<InsertAnswer>(engine, request, row_bytes_max, response)->begin();
}

}  // namespace millrace
