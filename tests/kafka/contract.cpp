// The Kafka log under the contract of all logs.
#include "tests/kafka/kafka_fixture.h"
#include "tests/log/contract_fixture.h"

namespace millrace::testing {

INSTANTIATE_TEST_SUITE_P(Logs, LogContract,
                         ::testing::Values(LogKind{
                             .name = "kafka",
                             .sequenced = false,
                             .open = [](const std::string&,
                                        const std::function<int64_t()>&) { return open_empty_kafka(); }}),
                         [](const auto& kind) { return kind.param.name; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlockLogContract);

}  // namespace millrace::testing
