// ASSERT TOPIC, STREAM and TABLE: whether something is as a script expects it.
#include <absl/strings/match.h>
#include <fmt/format.h>

#include <thread>

#include "planner/properties.h"
#include "server/statement_runner.h"

namespace millrace {

namespace {

constexpr int64_t timeout_ms = 1000;
constexpr int64_t timeout_ms_max = 10'000;
constexpr std::chrono::milliseconds pause{20};

// Why the topic is not as asserted, or nothing.
std::string difference(const syntax::AssertTopic& s, const std::optional<TopicDescription>& topic) {
  if (s.absent) return topic ? fmt::format("Topic {} exists", s.topic.text) : "";
  if (!topic) return fmt::format("Topic {} does not exist", s.topic.text);
  const auto partitions = SourceProperties(s.properties).integer("PARTITIONS");
  if (!partitions || *partitions == topic->partitions) return "";
  return fmt::format("Mismatched configuration for topic {}: For config partitions, expected {} got {}", s.topic.text,
                     *partitions, topic->partitions);
}

}  // namespace

// Other statements go on meanwhile: the topic may be made by one of them.
StatementRunner::Body StatementRunner::apply(const syntax::AssertTopic& s) {
  for (const syntax::Property& property : s.properties)
    if (!absl::EqualsIgnoreCase(property.name.text, "PARTITIONS"))
      refuse(ErrorCode::property_unknown, property.name.position,
             fmt::format("of a topic only PARTITIONS can be asserted, here is {}", property.name.text));
  if (s.timeout && s.timeout->milliseconds > timeout_ms_max)
    refuse(ErrorCode::value_invalid, s.timeout->position,
           fmt::format("TIMEOUT is at most {} SECONDS", timeout_ms_max / 1000));
  lock_ = {};
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(s.timeout ? s.timeout->milliseconds : timeout_ms);
  for (;;) {
    const std::string different = difference(s, engine_.log_->describe(s.topic.text));
    if (different.empty()) return AssertionHeld{"TOPIC", s.topic.text, !s.absent};
    if (std::chrono::steady_clock::now() >= deadline) refuse(ErrorCode::assertion_failed, s.topic.position, different);
    std::this_thread::sleep_for(pause);
  }
}

StatementRunner::Body StatementRunner::apply(const syntax::AssertSource& s) {
  check_assertion(s, context());
  return AssertionHeld{s.expected.table ? "TABLE" : "STREAM", s.expected.name.text, true};
}

}  // namespace millrace
