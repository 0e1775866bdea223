#include "tests/kill/clients.h"

#include <absl/base/internal/endian.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "runtime/partitioner.h"
#include "tests/program/sql_client.h"

namespace millrace::testing {

using namespace std::chrono_literals;

namespace {

constexpr int64_t time_base = 1'700'000'000'000;
constexpr int64_t milliseconds_per_row = 3;
constexpr int64_t ids_per_client = 1'000'000'000;
constexpr size_t rows_per_piece = 20;
constexpr size_t outstanding_max = 400;
constexpr size_t refusals_max = 5;
constexpr int transaction_ms_max = 10'000;
constexpr std::chrono::seconds producer_patience{120};

}  // namespace

KillRow::KillRow(int64_t id_given)
    : id(id_given),
      group(static_cast<int32_t>(id_given % 97)),
      value(static_cast<int32_t>((static_cast<uint64_t>(id_given) * 0x9E3779B97F4A7C15ULL >> 33) % 100)),
      time(time_base + id_given % ids_per_client * milliseconds_per_row) {}

void ServerAddress::set(std::optional<shell::ServerUrl> url) {
  {
    const std::lock_guard lock(mutex_);
    url_ = std::move(url);
  }
  changed_.notify_all();
}

std::optional<shell::ServerUrl> ServerAddress::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || url_; });
  if (stopped_) return std::nullopt;
  return url_;
}

void ServerAddress::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

InsertClient::InsertClient(ServerAddress& server, Way way, int64_t first, uint64_t seed, std::string brokers)
    : server_(server),
      way_(way),
      first_(first),
      next_(first),
      seed_(seed),
      brokers_(std::move(brokers)),
      thread_([this] { way_ == Way::producer ? produce() : run(); }) {}

uint64_t InsertClient::random(uint64_t below) {
  seed_ = seed_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return (seed_ >> 33) % below;
}

void InsertClient::run() {
  while (const auto url = server_.wait()) {
    try {
      way_ == Way::stream ? stream_rows(*url) : execute_statements(*url);
    } catch (const shell::ConnectionError&) {
      std::this_thread::sleep_for(1ms);  // killed; the next one comes
    }
  }
}

void InsertClient::stream_rows(const shell::ServerUrl& url) {
  streamed_.clear();
  answered_ = 0;
  input_.clear();
  shell::HttpExchange exchange(url);
  exchange.send_head("POST", "/inserts-stream", "application/vnd.ksqlapi.delimited.v1");
  std::string piece = "{\"target\":\"rows_in\"}\n";
  for (;;) {
    const bool last = server_.stopped();
    for (size_t i = 1 + random(rows_per_piece); i > 0 && !last; --i) {
      const KillRow row(next_++);
      streamed_.push_back(row.id);
      piece +=
          fmt::format("{{\"ID\":{},\"GRP\":{},\"V\":{},\"ROWTIME\":{}}}\n", row.id, row.group, row.value, row.time);
    }
    for (bool taken = exchange.send_piece(piece); !taken; taken = exchange.send_piece(""))
      if (!read_answers(exchange, 1ms)) return;
    piece.clear();
    if (last) break;
    // A server that stops ends its answer before the rows end.
    if (!read_answers(exchange, std::chrono::milliseconds(random(4)))) return;
    while (streamed_.size() - answered_ > outstanding_max)
      if (!read_answers(exchange, 100ms)) return;
  }
  while (!exchange.end_body())
    if (!read_answers(exchange, 1ms)) return;
  while (read_answers(exchange, 100ms)) continue;
}

// False: that was the last one.
bool InsertClient::read_answers(shell::HttpExchange& exchange, std::chrono::milliseconds timeout) {
  const auto event = exchange.read(input_, timeout);
  size_t at = 0;
  for (size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n', at)) {
    take_answer(std::string_view(input_).substr(at, end - at));
    at = end + 1;
  }
  input_.erase(0, at);
  return event != shell::HttpExchange::Event::ended;
}

void InsertClient::take_answer(std::string_view line) {
  const auto answer = nlohmann::json::parse(line, nullptr, false);
  ++answered_;
  if (answer.is_object() && answer.value("status", "") == "ok") {
    acknowledged_.insert(streamed_.at(answer.at("seq").get<size_t>()));
  } else if (refusals_.size() < refusals_max) {
    refusals_.emplace(line);
  }
}

void InsertClient::execute_statements(const shell::ServerUrl& url) {
  while (!server_.stopped()) {
    const KillRow row(next_++);
    const Answer answer = execute(url, fmt::format("INSERT INTO rows_in (ROWTIME, id, grp, v) VALUES ({}, {}, {}, {});",
                                                   row.time, row.id, row.group, row.value));
    if (answer.status == 200) {
      acknowledged_.insert(row.id);
    } else if (refusals_.size() < refusals_max) {
      refusals_.insert(answer.body.dump());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random(4)));
  }
}

// Like another program that wants each of its rows once: in transactions, which a broker that is killed does not
// double.
void InsertClient::produce() {
  std::unique_ptr<KafkaHandle> producer;
  while (!server_.stopped()) {
    if (!producer) producer = open_producer();
    if (!producer) return;
    const int64_t first = next_;
    if (produce_piece(*producer)) {
      for (int64_t id = first; id < next_; ++id) acknowledged_.insert(id);
    } else {
      producer.reset();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random(4)));
  }
}

// Null: Kafka did not come back.
std::unique_ptr<KafkaHandle> InsertClient::open_producer() {
  KafkaLogOptions options;
  options.brokers = brokers_;
  for (const auto deadline = std::chrono::steady_clock::now() + producer_patience;
       std::chrono::steady_clock::now() < deadline;) {
    auto producer = std::make_unique<KafkaHandle>(RD_KAFKA_PRODUCER, options, KafkaSettings{{"linger.ms", "1"}},
                                                  KafkaSettings{{"transactional.id", "other program"}});
    const KafkaErrorPtr error(rd_kafka_init_transactions(*producer, transaction_ms_max));
    if (!error) return producer;
  }
  refusals_.insert("the producer could not be opened");
  return nullptr;
}

bool InsertClient::produce_piece(KafkaHandle& producer) {
  if (const KafkaErrorPtr error(rd_kafka_begin_transaction(producer)); error) return false;
  for (size_t i = 1 + random(rows_per_piece); i > 0; --i) {
    const KillRow row(next_++);
    std::array<char, sizeof(int32_t)> key{};
    absl::big_endian::Store32(key.data(), static_cast<uint32_t>(row.group));
    const std::string value = fmt::format(R"({{"ID":{},"V":{}}})", row.id, row.value);
    const auto refused =
        rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("rows_in"),
                          RD_KAFKA_V_PARTITION(partition_of(Bytes(key.data(), key.size()), kill_partitions)),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                          RD_KAFKA_V_TIMESTAMP(row.time), RD_KAFKA_V_END);
    if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  }
  // Opening the producer again decides what became of a transaction of which nothing is known.
  for (const auto deadline = std::chrono::steady_clock::now() + producer_patience;
       std::chrono::steady_clock::now() < deadline;) {
    const KafkaErrorPtr error(rd_kafka_commit_transaction(producer, transaction_ms_max));
    if (!error) return true;
    if (!rd_kafka_error_is_retriable(error.get())) return false;
  }
  return false;
}

}  // namespace millrace::testing
