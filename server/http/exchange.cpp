#include "server/http/exchange.h"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

#include "server/http/http_error.h"

namespace millrace {
namespace {

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

// "Date: …", made once a second per thread.
std::string_view date_line() {
  thread_local std::time_t made = 0;
  thread_local char line[48];
  thread_local size_t length = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm time{};
    gmtime_r(&now, &time);
    length = std::strftime(line, sizeof line, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &time);
    made = now;
  }
  return {line, length};
}

// A header must not end its line early.
void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) out.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
  out.append("\r\n");
}

}  // namespace

Exchange::Exchange(Request given, AnswerForm form, std::shared_ptr<ExchangeOwner> owner,
                   std::shared_ptr<WorkerPool> workers, std::unique_ptr<MemoryShare> share)
    : request(std::move(given)),
      form_(std::move(form)),
      workers_(std::move(workers)),
      share_(std::move(share)),
      owner_(std::move(owner)),
      keep_alive_(form_.keep_alive) {}

Exchange::~Exchange() = default;

ResponseStreamPtr Exchange::handle() {
  return {this, [self = shared_from_this()](Exchange*) { self->abandoned(); }};
}

void Exchange::abandoned() {
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::finished || closed_) return;
  if (phase_ == Phase::fresh) {
    lock.unlock();
    return reply(500, {{"Content-Type", "application/json"}}, error_body(50000, "the request was given up"));
  }
  // No last chunk: the client sees that the stream was cut.
  phase_ = Phase::finished;
  keep_alive_ = false;
  announce(std::move(lock));
}

// Under the lock.
void Exchange::begin(int status, const Headers& headers, std::string_view framing) {
  auto out = std::back_inserter(bytes_);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
  bytes_.append(date_line());
  for (const auto& [name, value] : headers) append_header(bytes_, name, value);
  if (!request.id.empty()) append_header(bytes_, "X-Request-Id", request.id);
  if (!form_.origin.empty()) {
    append_header(bytes_, "Access-Control-Allow-Origin", form_.origin);
    append_header(bytes_, "Vary", "Origin");
  }
  bytes_.append(framing);
  if (!keep_alive_) {
    bytes_.append("Connection: close\r\n");
  } else if (!form_.chunked) {
    bytes_.append("Connection: keep-alive\r\n");  // HTTP/1.0 wants to be told
  }
  bytes_.append("\r\n");
}

void Exchange::reply(int status, Headers headers, std::string body) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::fresh || closed_) return;
  begin(status, headers, has_body(status) ? fmt::format("Content-Length: {}\r\n", body.size()) : std::string());
  if (!form_.head_only && has_body(status)) bytes_.append(body);
  phase_ = Phase::finished;
  announce(std::move(lock));
}

void Exchange::start(int status, Headers headers) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::fresh || closed_) return;
  if (!form_.chunked) keep_alive_ = false;
  begin(status, headers, form_.chunked ? "Transfer-Encoding: chunked\r\n" : "");
  phase_ = Phase::streaming;
  announce(std::move(lock));
}

void Exchange::write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::streaming || closed_ || form_.head_only || bytes.empty()) return;
  if (form_.chunked) fmt::format_to(std::back_inserter(bytes_), "{:x}\r\n", bytes.size());
  bytes_.append(bytes);
  if (form_.chunked) bytes_.append("\r\n");
  announce(std::move(lock));
}

void Exchange::finish() {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::streaming || closed_) return;
  if (form_.chunked && !form_.head_only) bytes_.append("0\r\n\r\n");
  phase_ = Phase::finished;
  announce(std::move(lock));
}

void Exchange::announce(std::unique_lock<std::mutex> lock) {
  if (std::exchange(announced_, true)) return;
  const std::shared_ptr<ExchangeOwner> owner = owner_;
  lock.unlock();
  if (owner) owner->answer_changed();
}

size_t Exchange::pending() const {
  const std::lock_guard lock(mutex_);
  return bytes_.size() + in_flight_;
}

bool Exchange::wait_drained(size_t bytes, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const bool in_time = drained_.wait_for(lock, timeout, [&] { return closed_ || bytes_.size() + in_flight_ <= bytes; });
  return in_time && !closed_;
}

void Exchange::on_drained(size_t bytes, Callback callback) {
  std::unique_lock lock(mutex_);
  drained_below_ = bytes;
  if (!drained()) {
    std::swap(on_drained_, callback);  // the earlier one goes after the lock
    lock.unlock();
    return;
  }
  lock.unlock();
  callback();
}

bool Exchange::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void Exchange::on_closed(Callback callback) {
  std::unique_lock lock(mutex_);
  if (!closed_) {
    if (phase_ != Phase::finished) std::swap(on_closed_, callback);
    lock.unlock();
    return;
  }
  lock.unlock();
  callback();
}

void Exchange::on_stopping(Callback callback) {
  std::unique_lock lock(mutex_);
  if (!stopping_) {
    if (phase_ != Phase::finished && !closed_) std::swap(on_stopping_, callback);
    lock.unlock();
    return;
  }
  lock.unlock();
  callback();
}

bool Exchange::run_on_worker(Callback job) {
  return workers_->submit([self = shared_from_this(), job = std::move(job)] { self->run(job); });
}

void Exchange::run(const Callback& job) {
  try {
    job();
  } catch (const std::exception& error) {
    reply(500, {{"Content-Type", "application/json"}}, error_body(50000, error.what()));
    abandoned();
  }
}

void Exchange::read(Consumer consumer) {
  std::unique_lock lock(mutex_);
  if (closed_ || phase_ == Phase::finished) return;  // nobody would ever let go of it
  consumer_ = std::move(consumer);
  consume_when_due(std::move(lock));
}

void Exchange::pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
}

void Exchange::resume() {
  std::unique_lock lock(mutex_);
  paused_ = false;
  consume_when_due(std::move(lock));
}

void Exchange::body_arrived(std::string bytes, bool last) {
  std::unique_lock lock(mutex_);
  if (body_.empty()) {
    body_ = std::move(bytes);
  } else {
    body_.append(bytes);
  }
  body_last_ = body_last_ || last;
  consume_when_due(std::move(lock));
}

void Exchange::consume_when_due(std::unique_lock<std::mutex> lock) {
  const bool something = !body_.empty() || (body_last_ && !body_ended_);
  if (!consumer_ || consuming_ || paused_ || closed_ || !something) return;
  consuming_ = true;
  workers_->submit([self = shared_from_this()] { self->consume(); });
  lock.unlock();
}

size_t Exchange::body_backlog() const {
  const std::lock_guard lock(mutex_);
  return body_.size();
}

void Exchange::consume() {
  std::unique_lock lock(mutex_);
  while (consumer_ && !paused_ && !closed_ && !body_ended_ && (!body_.empty() || body_last_)) {
    std::string bytes = std::exchange(body_, {});
    const bool last = body_last_;
    body_ended_ = last;
    const Consumer consumer = consumer_;
    const std::shared_ptr<ExchangeOwner> owner = owner_;
    lock.unlock();
    if (owner) owner->body_taken();
    run([&] { consumer(std::move(bytes), last); });
    lock.lock();
  }
  consuming_ = false;
  if (body_ended_ || closed_ || phase_ == Phase::finished) {
    const Consumer dropped = std::exchange(consumer_, nullptr);
    lock.unlock();
  }
}

Exchange::Answer Exchange::take_answer() {
  std::unique_lock lock(mutex_);
  announced_ = false;
  Answer answer{std::exchange(bytes_, {}), phase_ == Phase::finished, keep_alive_};
  in_flight_ += answer.bytes.size();
  if (!answer.finished) return answer;
  release(std::move(lock));
  return answer;
}

// An answer that is complete, or a client that is gone, needs nothing more: lets go of the callbacks and the owner.
void Exchange::release(std::unique_lock<std::mutex> lock) {
  const Callback closed = std::exchange(on_closed_, nullptr);
  const Callback stopping = std::exchange(on_stopping_, nullptr);
  const Callback drained = closed_ ? nullptr : std::exchange(on_drained_, nullptr);
  const std::shared_ptr<ExchangeOwner> owner = std::exchange(owner_, nullptr);
  const Consumer consumer = consuming_ ? nullptr : std::exchange(consumer_, nullptr);
  lock.unlock();
}

void Exchange::sent(size_t bytes) {
  std::unique_lock lock(mutex_);
  in_flight_ -= std::min(bytes, in_flight_);
  drained_.notify_all();
  if (!on_drained_ || !drained()) return;
  const Callback callback = std::exchange(on_drained_, nullptr);
  lock.unlock();
  callback();
}

bool Exchange::finished() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::finished;
}

void Exchange::stopping() {
  std::unique_lock lock(mutex_);
  if (std::exchange(stopping_, true) || phase_ == Phase::finished) return;
  if (phase_ == Phase::fresh) keep_alive_ = false;
  const Callback callback = std::exchange(on_stopping_, nullptr);
  lock.unlock();
  if (callback) callback();
}

void Exchange::close() {
  std::unique_lock lock(mutex_);
  if (std::exchange(closed_, true)) return;
  const Callback closed = phase_ == Phase::finished ? nullptr : std::exchange(on_closed_, nullptr);
  const Callback drained = std::exchange(on_drained_, nullptr);
  drained_.notify_all();
  release(std::move(lock));
  if (drained) drained();
  if (closed) closed();
}

}  // namespace millrace
