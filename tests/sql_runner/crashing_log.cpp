#include "tests/sql_runner/crashing_log.h"

namespace millrace {

void Executioner::reached(StepPhase phase) {
  ++hits_[static_cast<size_t>(phase)];
  if (phase == phase_ && armed_ && !dead_ && may_die_.exchange(false)) {
    // A commit that was sent arrives every second time, and only its answer is lost.
    last_commit_ = ++deaths_ % 2 == 1 && phase == StepPhase::commit_sent;
    dead_ = true;
  } else if (phase == StepPhase::committed && !dead_) {
    may_die_ = true;
  }
}

namespace {

class CrashingWriter final : public LogWriter {
 public:
  CrashingWriter(std::unique_ptr<LogWriter> writer, std::shared_ptr<Executioner> executioner)
      : writer_(std::move(writer)), executioner_(std::move(executioner)) {}

  void commit(std::vector<RecordBlock> blocks, CommitDone done) override {
    if (!executioner_->dead()) return writer_->commit(std::move(blocks), std::move(done));
    if (!executioner_->take_last_commit()) return done(lost());
    writer_->commit(std::move(blocks), [done = std::move(done)](const CommitResult&) { done(lost()); });
  }
  void append(std::vector<RecordBlock> blocks, AppendKind kind, CommitDone done) override {
    if (executioner_->dead()) return done(lost());
    writer_->append(std::move(blocks), kind, std::move(done));
  }

 private:
  static CommitResult lost() {
    CommitResult result;
    result.outcome = CommitOutcome::fenced;
    result.reason = "the server is dead";
    return result;
  }

  std::unique_ptr<LogWriter> writer_;
  std::shared_ptr<Executioner> executioner_;
};

class CrashingLog final : public Log {
 public:
  CrashingLog(std::shared_ptr<Log> log, std::shared_ptr<Executioner> executioner)
      : log_(std::move(log)), executioner_(std::move(executioner)) {}

  TopicDescription create(const TopicSpec& spec) override { return log_->create(spec); }
  void drop(TopicId topic) override { log_->drop(topic); }
  void retain(TopicId topic, const Retention& retention) override { log_->retain(topic, retention); }
  std::optional<TopicDescription> describe(std::string_view name) const override { return log_->describe(name); }
  std::optional<TopicDescription> describe(TopicId topic) const override { return log_->describe(topic); }
  std::vector<TopicDescription> list() const override { return log_->list(); }
  Offsets offsets(TopicId topic, int32_t partition) const override { return log_->offsets(topic, partition); }
  int64_t known_end(TopicId topic, int32_t partition) const override { return log_->known_end(topic, partition); }
  int64_t offset_at(TopicId topic, int32_t partition, int64_t time) const override {
    return log_->offset_at(topic, partition, time);
  }
  void trim(TopicId topic, int32_t partition, int64_t offset) override {
    if (!executioner_->dead()) log_->trim(topic, partition, offset);
  }
  std::shared_ptr<void> watch(Watcher watcher) override { return log_->watch(std::move(watcher)); }
  std::unique_ptr<LogWriter> open_writer(const std::string& writer_id) override {
    return std::make_unique<CrashingWriter>(log_->open_writer(writer_id), executioner_);
  }
  std::unique_ptr<LogReader> open_reader(std::vector<Position> positions) override {
    return log_->open_reader(std::move(positions));
  }
  int64_t last_sequence() const override { return log_->last_sequence(); }

 private:
  std::shared_ptr<Log> log_;
  std::shared_ptr<Executioner> executioner_;
};

}  // namespace

std::unique_ptr<Log> make_crashing_log(std::shared_ptr<Log> log, std::shared_ptr<Executioner> executioner) {
  return std::make_unique<CrashingLog>(std::move(log), std::move(executioner));
}

}  // namespace millrace
