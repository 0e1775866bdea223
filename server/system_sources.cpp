// What the engine tells of itself: its system streams, and what its queries count.
#include "runtime/error_rows.h"
#include "server/local_engine.h"

namespace millrace {

namespace {

constexpr uint64_t errors_source_id = 1;
constexpr uint64_t audit_source_id = 2;
constexpr uint64_t statistics_source_id = 3;
constexpr uint64_t queries_source_id = 4;

}  // namespace

std::shared_ptr<const Source> LocalEngine::add_system_source(uint64_t id, const std::string& name,
                                                             const TopicDescription& topic, const Schema& schema) {
  auto source = std::make_shared<Source>();
  source->id = id;
  source->name = name;
  source->topic = topic;
  source->schema = schema;
  source->key_format = formats_.find("KAFKA");
  source->value_format = formats_.find("JSON");
  SourceDefinition definition;
  definition.source = source;
  definition.system = true;
  catalog_.add(std::move(definition));
  return source;
}

void LocalEngine::add_system_sources() {
  add_system_source(errors_source_id, "SYS_ERRORS", errors_topic_, error_schema());
  observation_.gather_from("queries", [this](Statistics& statistics) { gather(statistics); });
  if (options_.observation.statistics_interval.count() == 0) return;
  const auto add = [this](uint64_t id, const std::string& kind, const std::string& name, int64_t days,
                          const Schema& schema) {
    const Retention retention{.milliseconds = days * 24 * 3'600'000, .bytes = int64_t{1} << 30};
    return add_system_source(id, name, own_topic(kind, retention), schema);
  };
  const Observation::Sources sources = {
      add(audit_source_id, "audit", "SYS_AUDIT", 30, audit_schema()),
      add(statistics_source_id, "statistics", "SYS_STATISTICS", 7, statistics_schema()),
      add(queries_source_id, "queries", "SYS_QUERIES", 30, query_states_schema())};
  observation_.begin(sources, *log_, *writer_);
}

// What queries count themselves.
void LocalEngine::gather(Statistics& statistics) const {
  std::map<std::string, int64_t> written;
  std::map<std::pair<uint64_t, int32_t>, int64_t> ends;
  int64_t state_bytes = 0;
  bool answers = true;  // the log does; one that is away is asked once
  const auto queries = running_queries();
  for (const auto& query : queries) {
    const QueryRow row = query->describe();
    const auto counter = [&](std::string_view name, int64_t value) {
      statistics.set(MetricKind::counter, name, "", row.id, static_cast<double>(value));
    };
    const auto gauge = [&](std::string_view name, int64_t value) {
      statistics.set(MetricKind::gauge, name, "", row.id, static_cast<double>(value));
    };
    counter("query_rows_in", row.counters.rows_in);
    counter("query_rows_used", row.counters.used);
    counter("query_rows_filtered", row.counters.filtered);
    counter("query_rows_late", row.counters.late);
    counter("query_rows_rejected", row.counters.rejected);
    counter("query_rows_out", row.counters.rows_out);
    counter("query_row_errors", row.counters.row_errors);
    gauge("query_state_bytes", row.counters.state_bytes);
    gauge("query_running", row.state == QueryState::running ? 1 : 0);
    int64_t lag = 0;
    for (const Position& position : query->positions()) {
      const auto [end, unknown] = ends.try_emplace({position.topic.value, position.partition}, -1);
      try {
        if (unknown && answers) end->second = log_->offsets(position.topic, position.partition).end;
      } catch (const Error& error) {
        answers = error.code() != ErrorCode::unavailable;  // else the topic is gone
      }
      lag += std::max<int64_t>(0, end->second - position.next);
    }
    gauge("query_lag_rows", lag);
    for (const std::string& sink : row.sinks) written[sink] += row.counters.rows_out;
    state_bytes += row.counters.state_bytes;
  }
  for (const auto& [sink, rows] : written)
    statistics.set(MetricKind::counter, "stream_rows_written", "", sink, static_cast<double>(rows));
  // What has ended in between was forgotten before it was set again.
  std::set<std::string> left;
  for (const auto& query : running_queries()) left.insert(query->definition().id);
  for (const auto& query : queries)
    if (!left.contains(query->definition().id)) statistics.forget(query->definition().id);
  statistics.set(MetricKind::gauge, "queries", "", "", static_cast<double>(queries.size()));
  statistics.set(MetricKind::gauge, "state_bytes", "", "", static_cast<double>(state_bytes));
  statistics.set(MetricKind::gauge, "live_queries", "", "", static_cast<double>(transient_queries().size()));
}

}  // namespace millrace
