#include "server/observation/observation.h"

#include <spdlog/spdlog.h>

#include <future>

#include "runtime/system_time.h"

namespace millrace {

namespace {

constexpr std::chrono::milliseconds write_interval{100};
constexpr std::chrono::seconds loss_interval{1};
constexpr std::chrono::seconds end_patience{2};
constexpr size_t changes_max = 100'000;

enum : size_t { audit_stream, statistics_stream, queries_stream };

SystemValue text_or_null(const std::string& text) { return text.empty() ? SystemValue() : SystemValue(text); }

std::vector<SystemValue> row_of(const AuditEntry::Record& record) {
  const AuditEntry::Arrival& arrival = record.arrival;
  return {record.time,
          text_or_null(arrival.session),
          arrival.request_id,
          text_or_null(arrival.user),
          text_or_null(arrival.peer),
          arrival.way,
          record.operation,
          text_or_null(record.object),
          text_or_null(record.text),
          int64_t{record.status},
          record.code,
          text_or_null(record.error),
          int64_t{record.duration.count()}};
}

std::vector<SystemValue> row_of(const Metric& metric, int64_t time) {
  std::vector<SystemValue> row = {time, metric.name.name, std::string(metric_kind_name(metric.kind)),
                                  text_or_null(metric.name.operation), text_or_null(metric.name.object)};
  const bool timer = metric.kind == MetricKind::timer;
  row.emplace_back(timer ? SystemValue(std::string("microseconds")) : SystemValue());
  if (timer) {
    const Histogram::Summary& times = metric.times;
    row.insert(row.end(), {SystemValue(), static_cast<int64_t>(times.count), times.min, times.max, times.mean,
                           times.deviation, times.p50, times.p75, times.p95, times.p98, times.p99, times.p999});
  } else {
    row.emplace_back(metric.value);
    row.emplace_back(metric.kind == MetricKind::counter ? SystemValue(static_cast<int64_t>(metric.value))
                                                        : SystemValue());
    row.insert(row.end(), 10, SystemValue());
  }
  if (metric.kind == MetricKind::gauge) {
    row.insert(row.end(), 4, SystemValue());
  } else {
    row.insert(row.end(), {metric.rate_mean, metric.rate_1, metric.rate_5, metric.rate_15});
  }
  return row;
}

}  // namespace

Observation::Observation(const ObservationOptions& options)
    : options_(options), statistics_(options.objects_max), audit_(options.text_bytes_max, statistics_) {}

Observation::~Observation() { end(); }

void Observation::query_changed(const QueryRow& query, const std::string& state) {
  if (state == "TERMINATED") statistics_.forget(query.id);
  if (options_.statistics_interval.count() == 0) return;
  const std::lock_guard lock(mutex_);
  if (changes_.size() < changes_max)
    changes_.push_back({system_milliseconds(), query.id, state, query.error, query.sql});
}

void Observation::rows_lost(const std::string& stream, size_t rows, const std::string& reason) {
  statistics_.count("stream_rows_lost", "", stream, rows);
  const std::lock_guard lock(mutex_);
  losses_.rows += rows;
  losses_.reason = reason;
}

void Observation::tell_losses() {
  Losses losses;
  {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (losses_.rows == 0 || (now - losses_told_ < loss_interval && !ending_)) return;
    losses = std::exchange(losses_, {});
    losses_told_ = now;
  }
  spdlog::error("{} rows that were received (ack=received) are not committed: {}", losses.rows, losses.reason);
}

void Observation::gather_from(const std::string& owner, std::function<void(Statistics&)> gather) {
  const std::lock_guard lock(gather_mutex_);
  gatherers_[owner] = std::move(gather);
}

void Observation::gather() {
  const std::lock_guard lock(gather_mutex_);
  for (const auto& [owner, gather] : gatherers_)
    if (gather) gather(statistics_);
}

void Observation::begin(const Sources& sources, Log& log, LogWriter& writer) {
  streams_ = {SystemStream(sources.audit), SystemStream(sources.statistics), SystemStream(sources.queries)};
  log_ = &log;
  writer_ = &writer;
  thread_ = std::thread([this] { run(); });
}

void Observation::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Observation::run() {
  auto next = std::chrono::steady_clock::now() + options_.statistics_interval;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, write_interval, [this] { return ending_; })) {
    lock.unlock();
    take();
    if (std::chrono::steady_clock::now() >= next) {
      next = std::chrono::steady_clock::now() + options_.statistics_interval;
      take_statistics();
    }
    write();
    tell_losses();
    lock.lock();
  }
  lock.unlock();
  take();
  write();
  tell_losses();
}

void Observation::take() {
  for (const AuditEntry::Record& record : audit_.take()) streams_[audit_stream].add(row_of(record));
  std::vector<QueryChange> changes;
  {
    const std::lock_guard lock(mutex_);
    changes = std::exchange(changes_, {});
  }
  for (QueryChange& change : changes)
    streams_[queries_stream].add({change.time, change.query, change.state, text_or_null(change.error), change.sql});
}

void Observation::take_statistics() {
  gather();
  statistics_.set(MetricKind::counter, "audit_rows_lost", "", "",
                  static_cast<double>(audit_.lost() + streams_[audit_stream].lost()));
  statistics_.tick();
  const int64_t time = system_milliseconds();
  for (const Metric& metric : statistics_.metrics()) streams_[statistics_stream].add(row_of(metric, time));
}

// What the log does not take is tried again, with what has come by then.
void Observation::write() {
  std::vector<RecordBlock> blocks;
  for (const SystemStream& stream : streams_) {
    if (stream.empty()) continue;
    for (RecordBlock& block : stream.encode(*log_)) blocks.push_back(std::move(block));
  }
  if (blocks.empty()) return;
  const auto answer = std::make_shared<std::promise<bool>>();
  auto written = answer->get_future();
  writer_->append(std::move(blocks), [answer](const CommitResult& result) {
    answer->set_value(result.outcome == CommitOutcome::committed);
  });
  std::chrono::steady_clock::time_point give_up = std::chrono::steady_clock::time_point::max();
  while (written.wait_for(write_interval) != std::future_status::ready) {
    const std::lock_guard lock(mutex_);
    if (ending_ && give_up == std::chrono::steady_clock::time_point::max())
      give_up = std::chrono::steady_clock::now() + end_patience;
    if (std::chrono::steady_clock::now() > give_up) return;
  }
  if (!written.get()) return;
  for (SystemStream& stream : streams_) stream.forget();
}

}  // namespace millrace
