#include "tests/conformance/case_log.h"

#include "connectors/embedded_log.h"
#include "connectors/kafka_log.h"
#include "connectors/memory_log.h"

namespace millrace::conformance {

namespace {

constexpr int64_t never_ms = 24 * 3'600'000;

int64_t standing_clock() { return 0; }

std::shared_ptr<Log> open_memory() {
  MemoryLogOptions options;
  options.clock = standing_clock;
  options.maintenance_interval_ms = never_ms;
  return make_memory_log(std::move(options));
}

// Nothing is lost with the process but the case itself, so the disk need not be waited for.
std::shared_ptr<Log> open_embedded(const std::string& directory) {
  EmbeddedLogOptions options;
  options.directory = directory;
  options.sync = LogSync::never;
  options.clock = standing_clock;
  options.maintenance_interval_ms = never_ms;
  return open_embedded_log(options);
}

void drop_all(Log& log) {
  for (const TopicDescription& topic : log.list()) log.drop(topic.id);
}

std::shared_ptr<Log> open_kafka(const std::string& brokers) {
  KafkaLogOptions options;
  options.brokers = brokers;
  std::shared_ptr<Log> log = open_kafka_log(std::move(options));
  drop_all(*log);  // of a case that did not end
  return log;
}

}  // namespace

CaseLog::CaseLog(const RunOptions& options)
    : directory_(options.log == LogKind::embedded ? std::make_unique<testing::TemporaryDirectory>() : nullptr),
      log_(options.log == LogKind::memory     ? open_memory()
           : options.log == LogKind::embedded ? open_embedded(directory_->path())
                                              : open_kafka(options.brokers)),
      shared_(options.log == LogKind::kafka) {}

CaseLog::~CaseLog() {
  if (!shared_) return;
  try {
    drop_all(*log_);
  } catch (const Error&) {
    // The next case drops them, or says why it cannot.
  }
}

}  // namespace millrace::conformance
