// Stores how far readers are as positions of consumer groups, where Kafka's own tools look for them.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/kafka_directory.h"

namespace millrace {

// On a thread of its own, one group after the other, each by a client that is there for a moment only. Not by the
// client library's AlterConsumerGroupOffsets: where that has timed out and the brokers come back, librdkafka 2.0.2
// aborts the process.
class KafkaProgress {
 public:
  KafkaProgress(const KafkaLogOptions& options, const KafkaDirectory& directory);
  // What is not stored yet is left out.
  ~KafkaProgress();
  KafkaProgress(const KafkaProgress&) = delete;
  KafkaProgress& operator=(const KafkaProgress&) = delete;

  // Does not wait. Takes the place of what is not stored yet of this group. Safe to call from any thread.
  void show(const std::string& group, std::span<const Position> positions);

 private:
  void run();
  // Throws Error.
  void store(const std::string& group, const std::vector<Position>& positions);
  bool stopping() const;

  const KafkaLogOptions& options_;
  const KafkaDirectory& directory_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<Position>> waiting_;  // by group
  bool stopping_ = false;
  std::string reported_;  // the thread's
  std::thread thread_;
};

}  // namespace millrace
