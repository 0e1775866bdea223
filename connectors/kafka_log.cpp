#include "connectors/kafka_log.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "connectors/kafka/kafka_progress.h"
#include "connectors/kafka/kafka_writer.h"

namespace millrace {

namespace {

constexpr std::chrono::milliseconds beat{100};  // how often clients are served and unused feeds are ended

// What is wrong at the moment, by who noticed it.
class KafkaTrouble {
 public:
  explicit KafkaTrouble(std::function<void(const std::string&)> report) : report_(std::move(report)) {}

  void set(const std::string& who, const std::string& what) {
    {
      const std::lock_guard lock(mutex_);
      if (what.empty() ? whats_.erase(who) == 0 : std::exchange(whats_[who], what) == what) return;
    }
    if (report_ && !what.empty()) report_(what);
  }
  std::string first() const {
    const std::lock_guard lock(mutex_);
    return whats_.empty() ? std::string() : whats_.begin()->second;
  }

 private:
  std::function<void(const std::string&)> report_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> whats_;
};

class KafkaLog final : public Log {
 public:
  explicit KafkaLog(KafkaLogOptions options)
      : options_(std::move(options)),
        trouble_(options_.report),
        offsets_(options_),
        directory_(offsets_.handle(), options_),
        feeds_(options_, {.delivered = nullptr, .trouble = nullptr}, [this](TopicId topic) { bell_.ring(topic); }),
        progress_(options_, directory_) {
    directory_.refresh();
    pulse_ = std::thread([this] { serve(); });
    refresher_ = std::thread([this] { look_for_topics(); });
  }

  ~KafkaLog() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    bell_.wake();
    pulse_.join();
    refresher_.join();
  }

  TopicDescription create(const TopicSpec& spec) override {
    TopicDescription made = directory_.create(spec);
    watchers_.call({{made.id}});
    return made;
  }
  void retain(TopicId topic, const Retention& retention) override { directory_.retain(topic, retention); }
  void drop(TopicId topic) override {
    directory_.drop(topic);
    bell_.wake();
    watchers_.call({{topic}});
  }
  std::optional<TopicDescription> describe(std::string_view name) const override { return directory_.find(name); }
  std::optional<TopicDescription> describe(TopicId topic) const override { return directory_.find(topic); }
  std::vector<TopicDescription> list() const override { return directory_.list(); }

  Offsets offsets(TopicId topic, int32_t partition) const override {
    return offsets_.find(directory_.at(topic, partition).name, partition,
                         offsets_.committed_end(topic, partition, directory_.generation(topic)));
  }
  int64_t known_end(TopicId topic, int32_t partition) const override {
    return offsets_.committed_end(topic, partition, directory_.generation(topic));
  }
  int64_t offset_at(TopicId topic, int32_t partition, int64_t time) const override {
    return offsets_.find_time(directory_.at(topic, partition).name, partition, time);
  }
  void trim(TopicId topic, int32_t partition, int64_t offset) override {
    directory_.at(topic, partition);
    {
      const std::lock_guard lock(mutex_);
      int64_t& trimmed = trimmed_[{topic.value, partition}];
      if (offset <= trimmed) return;
      trimmed = offset;
    }
    directory_.trim(topic, partition, offset);
  }

  std::shared_ptr<void> watch(Watcher watcher) override { return watchers_.add(std::move(watcher)); }
  std::unique_ptr<LogWriter> open_writer(const std::string& writer_id) override {
    return std::make_unique<KafkaWriter>(parts(), watchers_, writer_id,
                                         [this](const std::string& what) { trouble_.set("writer", what); });
  }
  std::unique_ptr<LogReader> open_reader(std::vector<Position> positions) override {
    return std::make_unique<KafkaReader>(parts(), std::move(positions));
  }
  int64_t last_sequence() const override { return 0; }
  std::string trouble() const override { return trouble_.first(); }
  void show_progress(const std::string& reader, std::span<const Position> positions) override {
    progress_.show(reader, positions);
  }

 private:
  KafkaParts parts() { return {options_, directory_, offsets_, feeds_, bell_}; }

  bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  void serve() {
    while (!stopping()) {
      watchers_.call(bell_.take(std::chrono::steady_clock::now() + beat));
      feeds_.sweep();
      rd_kafka_poll(offsets_.handle(), 0);
      if (const std::string trouble = directory_.take_answers(); !trouble.empty() && options_.report)
        options_.report(trouble);
    }
  }

  void look_for_topics() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(options_.refresh_ms), [this] { return stopping_; })) {
      lock.unlock();
      try {
        const std::vector<TopicId> changed = directory_.refresh();
        trouble_.set("cluster", "");
        if (!changed.empty()) bell_.wake();
        watchers_.call(changed);
      } catch (const Error& error) {
        trouble_.set("cluster", error.message());
      }
      lock.lock();
    }
  }

  const KafkaLogOptions options_;
  KafkaTrouble trouble_;
  KafkaBell bell_;
  Watchers watchers_;
  mutable KafkaOffsets offsets_;
  mutable KafkaDirectory directory_;
  KafkaFeeds feeds_;
  KafkaProgress progress_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::map<std::pair<uint64_t, int32_t>, int64_t> trimmed_;
  std::thread pulse_, refresher_;
};

}  // namespace

std::unique_ptr<Log> open_kafka_log(KafkaLogOptions options) { return std::make_unique<KafkaLog>(std::move(options)); }

}  // namespace millrace
