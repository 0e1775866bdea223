// What goes wrong between a server and its brokers: answers that are lost, brokers that are away.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/kafka/kafka_fixture.h"
#include "tests/kafka/tcp_proxy.h"

namespace millrace::testing {

using namespace std::chrono_literals;

namespace {

// Clients that know the broker's proxied address reach it through the proxy only.
constexpr uint16_t proxied_offset = 2;
constexpr uint16_t advertised_offset = 3;

class KafkaTrouble : public ::testing::Test {
 protected:
  KafkaTrouble()
      : proxy_(broker_port() + advertised_offset, broker_port() + proxied_offset), direct_(open_empty_kafka()) {}

  KafkaLogOptions options(int64_t transaction_ms_max = 4'000) const {
    KafkaLogOptions options;
    options.brokers = "127.0.0.1:" + std::to_string(proxy_.port());
    options.transaction_ms_max = transaction_ms_max;
    options.request_ms_max = 2'000;
    return options;
  }

  // The number goes to partitions 0 and up of the topic in one commit, while the rule holds.
  CommitResult commit_under(const TcpProxy::Rule& rule, LogWriter& writer, TopicId topic, int32_t partitions,
                            int number) {
    std::vector<RecordBlock> blocks;
    for (int32_t p = 0; p < partitions; ++p) blocks.push_back(make_block(topic, p, values({std::to_string(number)})));
    proxy_.set_rule(rule);
    CommitResult result = commit(writer, std::move(blocks));
    proxy_.set_rule(nullptr);
    return result;
  }

  TcpProxy proxy_;
  std::unique_ptr<Log> direct_;  // past the proxy
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(i));
  return all;
}

}  // namespace

// Every commit is there once and in order, whatever became of the request that ends its transaction.
TEST_F(KafkaTrouble, CommitsWhoseEndIsLostOrLateAreThereOnce) {
  const TopicId topic = direct_->create({"t", 2, {}}).id;
  auto log = open_kafka_log(options());
  auto writer = log->open_writer("trouble");
  std::atomic<int> bad = 0;
  proxy_.set_delay(300ms);
  constexpr int commits = 50;
  for (int i = 0; i < commits; ++i) {
    constexpr std::array actions = {TcpProxy::Action::lose_answer, TcpProxy::Action::drop, TcpProxy::Action::delay};
    const TcpProxy::Action action = actions[static_cast<size_t>(i) % actions.size()];
    std::atomic<bool> armed = true;
    auto rule = [&](KafkaRequest request) {
      if (request != KafkaRequest::end_transaction || !armed.exchange(false)) return TcpProxy::Action::pass;
      ++bad;
      return action;
    };
    const CommitResult result = commit_under(rule, *writer, topic, 2, i);
    ASSERT_EQ(result.outcome, CommitOutcome::committed) << i << ": " << result.reason;
  }
  EXPECT_EQ(bad, commits);
  for (int32_t partition : {0, 1}) EXPECT_EQ(values_of(read_all(*direct_, topic, partition, 0)), numbers(commits));
}

// The end of the transaction is held back for longer than the writer has patience: it must open its producer again, and
// find out.
TEST_F(KafkaTrouble, CommitThatIsHeldBackTooLongIsLookedAfter) {
  const TopicId topic = direct_->create({"t", 1, {}}).id;
  auto log = open_kafka_log(options(1'000));
  auto writer = log->open_writer("trouble");
  proxy_.set_delay(3'000ms);
  for (int i = 0; i < 4; ++i) {
    std::atomic<bool> armed = true;
    auto rule = [&](KafkaRequest request) {
      const bool hit = request == KafkaRequest::end_transaction && armed.exchange(false);
      return !hit ? TcpProxy::Action::pass : i % 2 == 0 ? TcpProxy::Action::delay : TcpProxy::Action::lose_answer;
    };
    const CommitResult result = commit_under(rule, *writer, topic, 1, i);
    ASSERT_EQ(result.outcome, CommitOutcome::committed) << result.reason;
  }
  EXPECT_EQ(values_of(read_all(*direct_, topic, 0, 0)), numbers(4));
}

// The broker has the records, the producer never hears so and gives the transaction up. Sent again they must not be
// taken for those that it has already, which were aborted.
TEST_F(KafkaTrouble, RecordsWhoseAnswersAreLostAreThereOnce) {
  const TopicId topic = direct_->create({"t", 2, {}}).id;
  auto log = open_kafka_log(options(1'500));
  auto writer = log->open_writer("trouble");
  constexpr int commits = 4;
  for (int i = 0; i < commits; ++i) {
    std::atomic<int> lost = 0;
    const auto end = std::chrono::steady_clock::now() + (i % 2 == 0 ? 2'000ms : 0ms);
    auto rule = [&](KafkaRequest request) {
      if (request != KafkaRequest::produce || std::chrono::steady_clock::now() >= end) return TcpProxy::Action::pass;
      ++lost;
      return TcpProxy::Action::lose_answer;
    };
    const CommitResult result = commit_under(rule, *writer, topic, 2, i);
    ASSERT_EQ(result.outcome, CommitOutcome::committed) << result.reason;
    EXPECT_EQ(lost > 0, i % 2 == 0);
  }
  for (int32_t partition : {0, 1}) EXPECT_EQ(values_of(read_all(*direct_, topic, partition, 0)), numbers(commits));
}

TEST_F(KafkaTrouble, BrokersThatAreAwayAreWaitedForAndNamed) {
  const TopicId topic = direct_->create({"t", 1, {}}).id;
  KafkaLogOptions patient = options();
  patient.append_ms_max = 2'000;
  auto log = open_kafka_log(patient);
  auto writer = log->open_writer("trouble");
  ASSERT_EQ(commit(*writer, one_block(topic, 0, values({"0"}))).outcome, CommitOutcome::committed);
  proxy_.cut_off(true);
  std::promise<CommitResult> later;
  writer->commit(one_block(topic, 0, values({"1"})), [&](CommitResult result) { later.set_value(std::move(result)); });
  const auto begin = std::chrono::steady_clock::now();
  const CommitResult refused = append(*writer, one_block(topic, 0, values({"given up"})));
  EXPECT_NE(refused.outcome, CommitOutcome::committed);
  EXPECT_NE(refused.reason.find("Kafka did not take it within 2000 ms"), std::string::npos) << refused.reason;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 6s);
  for (const auto deadline = begin + 15s; log->trouble().empty() && std::chrono::steady_clock::now() < deadline;)
    std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(log->trouble().empty());
  proxy_.cut_off(false);
  EXPECT_EQ(later.get_future().get().outcome, CommitOutcome::committed);
  ASSERT_EQ(append(*writer, one_block(topic, 0, values({"2"}))).outcome, CommitOutcome::committed);
  for (const auto deadline = std::chrono::steady_clock::now() + 15s;
       !log->trouble().empty() && std::chrono::steady_clock::now() < deadline;)
    std::this_thread::sleep_for(50ms);
  EXPECT_EQ(log->trouble(), "");
  std::vector<std::string> seen = values_of(read_all(*direct_, topic, 0, 0));
  if (refused.outcome == CommitOutcome::unknown) std::erase(seen, "given up");  // may be there or not
  EXPECT_EQ(seen, numbers(3));
}

}  // namespace millrace::testing
