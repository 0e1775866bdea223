// Clients that insert rows while the server is killed under them, and remember what was acknowledged.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "connectors/kafka/kafka_handle.h"
#include "shell/http_client.h"

namespace millrace::testing {

// Everything about a row follows from its id.
struct KillRow {
  explicit KillRow(int64_t id_given);

  int64_t id;
  int32_t group;
  int32_t value;  // 0 to 99
  int64_t time;
};

// Where the server is at the moment, for those who wait for it.
class ServerAddress {
 public:
  void set(std::optional<shell::ServerUrl> url);
  // Waits for a server; absent: stop() was called.
  std::optional<shell::ServerUrl> wait();
  void stop();
  bool stopped() const { return stopped_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<shell::ServerUrl> url_;
  std::atomic<bool> stopped_ = false;
};

// One client on a thread of its own. A row is sent once: what was not acknowledged may or may not be there.
inline constexpr int32_t kill_partitions = 4;  // of the topic rows_in

class InsertClient {
 public:
  // POST /inserts-stream; INSERT INTO … VALUES by POST /ksql; a producer of Kafka's, which needs no server.
  enum class Way { stream, statements, producer };

  // Its ids are first, first + 1, ….
  // `brokers`: of the producer.
  InsertClient(ServerAddress& server, Way way, int64_t first, uint64_t seed, std::string brokers = "");
  // After ServerAddress::stop(): the client has sent its last row and heard what became of it.
  void join() { thread_.join(); }

  Way way() const { return way_; }
  // After join().
  const std::unordered_set<int64_t>& acknowledged() const { return acknowledged_; }
  bool sent(int64_t id) const { return id >= first_ && id < next_; }
  // What was refused, which nothing should be; at most a few.
  const std::set<std::string>& refusals() const { return refusals_; }

 private:
  void run();
  void stream_rows(const shell::ServerUrl& url);
  bool read_answers(shell::HttpExchange& exchange, std::chrono::milliseconds timeout);
  void take_answer(std::string_view line);
  void execute_statements(const shell::ServerUrl& url);
  void produce();
  std::unique_ptr<KafkaHandle> open_producer();
  // Whether it is committed; otherwise the producer is not to be used again.
  bool produce_piece(KafkaHandle& producer);
  uint64_t random(uint64_t below);

  ServerAddress& server_;
  const Way way_;
  const int64_t first_;
  int64_t next_;
  uint64_t seed_;
  const std::string brokers_;
  std::vector<int64_t> streamed_;  // ids of the stream at work, by their number in it
  size_t answered_ = 0;
  std::string input_;
  std::unordered_set<int64_t> acknowledged_;
  std::set<std::string> refusals_;
  std::thread thread_;
};

}  // namespace millrace::testing
