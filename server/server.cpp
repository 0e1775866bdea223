#include "server/server.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "connectors/embedded_log.h"
#include "connectors/kafka_log.h"
#include "runtime/error.h"
#include "server/live/live_hub.h"
#include "server/phase_file.h"
#include "server/route_registry.h"
#include "server/version.h"

namespace millrace {
namespace {

// A row as JSON may be longer than the record that it becomes: escapes, names of columns.
constexpr size_t json_factor = 2;
constexpr size_t json_bytes = 64 << 10;

LogSync log_sync(const std::string& name) {
  if (name == "interval") return LogSync::interval;
  return name == "never" ? LogSync::never : LogSync::commit;
}

// Of the process, as Linux says it; 0 elsewhere.
size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

constexpr const char* kafka_brokers = "bootstrap.servers";

std::unique_ptr<Log> open_kafka(const Options& options) {
  KafkaLogOptions log;
  log.settings = options.kafka_settings();
  const auto brokers = log.settings.extract(kafka_brokers);
  if (brokers.empty())
    throw Error(ErrorCode::property_invalid,
                "kafka.bootstrap.servers is missing: the other options under kafka say nothing without it");
  log.brokers = brokers.mapped();
  log.replication = static_cast<int16_t>(options.integer("topic.replication"));
  log.record_bytes_max = std::max<int64_t>(log.record_bytes_max, 2 * options.integer("record.bytes.max"));
  log.append_ms_max = options.integer("inserts.timeout.ms");
  log.idle_ms_max = options.integer("max.task.idle.ms");
  log.report = [](const std::string& trouble) { spdlog::warn("log: {}", trouble); };
  return open_kafka_log(std::move(log));
}

std::chrono::milliseconds milliseconds(const Options& options, std::string_view name) {
  return std::chrono::milliseconds(options.integer(name));
}

}  // namespace

EngineOptions engine_options(const Options& options) {
  EngineOptions engine;
  engine.service_id = options.text("service.id");
  engine.threads = options.size("engine.threads");
  engine.batch_rows = options.size("batch.rows");
  engine.step_rows = options.integer("step.rows");
  engine.step_bytes = options.integer("step.bytes");
  engine.step_milliseconds = options.integer("step.ms");
  engine.commit_interval_ms = options.integer("commit.interval.ms");
  engine.statement_bytes_max = options.size("statement.bytes.max");
  engine.queries_max = options.size("queries.max");
  engine.live_queries_max = options.size("live.queries.max");
  engine.state_bytes_max = options.size("state.bytes.max");
  engine.record_bytes_max = options.size("record.bytes.max");
  engine.result_rows_max = options.size("result.rows.max");
  engine.result_bytes_max = options.size("result.bytes.max");
  engine.inserts_outstanding_max = options.size("inserts.outstanding.max");
  engine.state_log_slack_bytes = options.integer("state.log.slack.bytes");
  engine.offset_reset = options.text("auto.offset.reset");
  engine.buffering_bytes = options.integer("cache.max.bytes.buffering");
  if (const std::string& file = options.text("debug.phase.file"); !file.empty()) engine.phase_hook = show_phases(file);
  return engine;
}

HttpSettings http_settings(const Options& options, std::shared_ptr<MemoryQuota> memory) {
  HttpSettings http;
  http.listen = options.text("listen");
  http.header_bytes_max = static_cast<uint32_t>(options.integer("http.header.bytes.max"));
  http.body_bytes_max = options.size("http.body.bytes.max");
  http.memory = std::move(memory);
  http.connections_max = options.size("http.connections.max");
  http.origins = Origins(options.text("http.origins.allowed"));
  http.worker_threads = options.size("http.worker.threads");
  http.header_timeout = milliseconds(options, "http.header.timeout.ms");
  http.body_timeout = milliseconds(options, "http.body.timeout.ms");
  http.idle_timeout = milliseconds(options, "http.idle.timeout.ms");
  http.write_timeout = milliseconds(options, "http.write.timeout.ms");
  return http;
}

std::unique_ptr<Log> open_log(const Options& options) {
  if (!options.kafka_settings().empty()) return open_kafka(options);
  EmbeddedLogOptions log;
  log.directory = options.text("data.dir");
  log.sync = log_sync(options.text("log.sync"));
  log.sync_interval_ms = options.integer("log.sync.interval.ms");
  log.record_bytes_max = std::max<int64_t>(log.record_bytes_max, 2 * options.integer("record.bytes.max"));
  log.report = [](const std::string& trouble) { spdlog::error("log: {}", trouble); };
  return open_embedded_log(log);
}

std::string log_place(const Options& options) {
  const auto kafka = options.kafka_settings();
  if (const auto brokers = kafka.find(kafka_brokers); brokers != kafka.end()) return "Kafka at " + brokers->second;
  std::error_code ignored;
  return std::filesystem::absolute(options.text("data.dir"), ignored).lexically_normal().string();
}

Server::Server(const Options& options, std::function<void()> fenced) {
  const ServerIdentity identity{std::string(version()), options.text("service.id")};
  RouteTable starting;
  add_status_routes(
      identity,
      [] {
        return ServerStatus{ServerState::starting, ""};
      },
      [&starting](Route route) { starting.add(std::move(route)); });
  starting.refuse_others({503, 50300, "the server is not yet initialised: it reads its log", {{"Retry-After", "1"}}});
  const auto memory = std::make_shared<MemoryQuota>(options.size("http.requests.bytes.max"));
  front_ = std::make_unique<HttpFront>(http_settings(options, memory), std::move(starting));
  front_->start();

  EngineOptions engine = engine_options(options);
  engine.fenced = std::move(fenced);
  engine.inserts_memory = memory;
  engine.observation.statistics_interval = milliseconds(options, "statistics.interval.ms");
  engine.observation.text_bytes_max = options.size("audit.text.bytes.max");
  engine.observation.objects_max = options.size("statistics.objects.max");
  engine_ = Engine::open(engine, open_log(options));
  LiveLimits limits;
  limits.buffer_bytes = options.size("live.buffer.bytes");
  limits.rows_max = options.size("live.rows.max");
  limits.memory = std::make_shared<MemoryQuota>(options.size("live.bytes.max"));
  live_ = std::make_unique<LiveHub>(*engine_, limits, options.size("engine.threads"));
  engine_->observation().gather_from(
      "server", [this, began = std::chrono::steady_clock::now()](Statistics& statistics) {
        const auto gauge = [&](std::string_view name, double value) {
          statistics.set(MetricKind::gauge, name, "", "", value);
        };
        tell_trouble();
        gauge("http_connections", static_cast<double>(front_->connections()));
        gauge("http_request_bytes", static_cast<double>(front_->request_bytes()));
        gauge("live_bytes", static_cast<double>(live_->bytes()));
        gauge("live_subscriptions", static_cast<double>(live_->subscriptions()));
        gauge("resident_bytes", static_cast<double>(resident_bytes()));
        gauge("up_seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
      });
  RouteRegistry registry(*engine_, *live_, identity, options.size("record.bytes.max") * json_factor + json_bytes);
  register_all_routes(registry);
  front_->serve(registry.take());
}

// Once when it begins, and once when it is over.
void Server::tell_trouble() {
  const ServerStatus status = engine_->status();
  const std::string trouble = status.state == ServerState::degraded ? status.reason : "";
  const std::lock_guard lock(trouble_mutex_);
  if (trouble.empty() != trouble_.empty()) {
    if (trouble.empty()) {
      spdlog::info("ready again");
    } else {
      spdlog::warn("degraded: {}", trouble);
    }
  }
  trouble_ = trouble;
}

Server::~Server() {
  if (engine_) engine_->observation().gather_from("server", nullptr);
  front_.reset();  // before what its routes lead to
}

void Server::stop(std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  front_->stop(grace / 3);
  const auto left = deadline - std::chrono::steady_clock::now();
  engine_->stop(std::max(std::chrono::milliseconds(0), std::chrono::duration_cast<std::chrono::milliseconds>(left)));
}

}  // namespace millrace
