// What the tests of the logs share: a clock, a directory, commits that wait, rows that can be compared.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/embedded_log.h"
#include "connectors/memory_log.h"
#include "runtime/error.h"
#include "runtime/log.h"
#include "tests/program/temporary_directory.h"

namespace millrace::testing {

// A record as a test says and compares it.
struct Row {
  int64_t timestamp = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::optional<std::string> headers = std::nullopt;
  bool operator==(const Row&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Row& row);

RecordBlock make_block(TopicId topic, int32_t partition, const std::vector<Row>& rows);
std::vector<RecordBlock> one_block(TopicId topic, int32_t partition, const std::vector<Row>& rows);
// Rows with a value only.
std::vector<Row> values(const std::vector<std::string>& all);

CommitResult commit(LogWriter& writer, std::vector<RecordBlock> blocks);
CommitResult append(LogWriter& writer, std::vector<RecordBlock> blocks);

// How long read_all() waits before it believes that there is no more: no time in a log that has its records at hand.
inline std::chrono::milliseconds read_patience{0};
// Everything that can be read now.
std::vector<RecordBlockPtr> read_all(LogReader& reader, size_t bytes = 1 << 20);
// One call of the reader's; what is not a whole block is cut out of it.
std::vector<RecordBlockPtr> read_once(LogReader& reader, size_t bytes, std::chrono::steady_clock::time_point deadline);
std::vector<RecordBlockPtr> read_all(Log& log, TopicId topic, int32_t partition, int64_t from);
std::vector<Row> rows_of(const std::vector<RecordBlockPtr>& blocks);
std::vector<int64_t> offsets_of(const std::vector<RecordBlockPtr>& blocks);
std::vector<std::string> values_of(const std::vector<RecordBlockPtr>& blocks);

// The error that the call throws; fails the test where it throws none.
template <typename Call>
Error error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "nothing was thrown");
}

inline std::chrono::steady_clock::time_point in_ms(int64_t ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

}  // namespace millrace::testing
