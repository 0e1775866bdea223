#include "connectors/topic_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/error.h"

namespace millrace {

namespace {
constexpr int32_t partitions_max = 10'000;
}  // namespace

void check_topic_spec(const TopicSpec& spec) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (spec.name.empty() || spec.name.size() > 249 || !std::all_of(spec.name.begin(), spec.name.end(), allowed)) {
    throw Error(ErrorCode::name_invalid,
                fmt::format("a topic's name has 1 to 249 of A-Z a-z 0-9 . _ -, given was '{}'", spec.name));
  }
  if (spec.partitions < 1 || spec.partitions > partitions_max) {
    throw Error(ErrorCode::value_invalid, fmt::format("topic {} must have 1 to {} partitions, given was {}", spec.name,
                                                      partitions_max, spec.partitions));
  }
}

}  // namespace millrace
