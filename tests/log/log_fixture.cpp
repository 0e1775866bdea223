#include "tests/log/log_fixture.h"

#include <cstdlib>
#include <ostream>

namespace millrace::testing {

namespace {

Bytes bytes_of(const std::optional<std::string>& text) { return text ? Bytes(*text) : null_bytes(); }

std::optional<std::string> text_of(Bytes bytes) {
  return is_null(bytes) ? std::nullopt : std::optional<std::string>(bytes);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Row& row) {
  auto show = [&](const std::optional<std::string>& text) -> std::ostream& {
    return text ? out << '"' << *text << '"' : out << "null";
  };
  out << row.timestamp << ' ';
  show(row.key) << ' ';
  show(row.value) << ' ';
  return show(row.headers);
}

RecordBlock make_block(TopicId topic, int32_t partition, const std::vector<Row>& rows) {
  RecordBlockBuilder builder(topic.value, partition);
  for (const Row& row : rows) builder.add(row.timestamp, bytes_of(row.key), bytes_of(row.value), bytes_of(row.headers));
  return builder.build();
}

std::vector<RecordBlock> one_block(TopicId topic, int32_t partition, const std::vector<Row>& rows) {
  std::vector<RecordBlock> blocks;
  blocks.push_back(make_block(topic, partition, rows));
  return blocks;
}

std::vector<Row> values(const std::vector<std::string>& all) {
  std::vector<Row> rows;
  for (const auto& value : all) rows.push_back({1000, std::nullopt, value});
  return rows;
}

CommitResult commit(LogWriter& writer, std::vector<RecordBlock> blocks) {
  auto done = std::make_shared<std::promise<CommitResult>>();
  auto result = done->get_future();
  writer.commit(std::move(blocks), [done](CommitResult r) { done->set_value(std::move(r)); });
  return result.get();
}

CommitResult append(LogWriter& writer, std::vector<RecordBlock> blocks) {
  auto done = std::make_shared<std::promise<CommitResult>>();
  auto result = done->get_future();
  writer.append(std::move(blocks), [done](CommitResult r) { done->set_value(std::move(r)); });
  return result.get();
}

std::vector<RecordBlockPtr> read_once(LogReader& reader, size_t bytes, std::chrono::steady_clock::time_point deadline) {
  std::vector<RecordBlockPtr> blocks;
  for (const RecordRun& run : reader.read(bytes, deadline)) {
    const bool whole = run.size() == run.block->size();
    blocks.push_back(whole ? run.block : std::make_shared<const RecordBlock>(run.block->slice(run.begin, run.end)));
  }
  return blocks;
}

std::vector<RecordBlockPtr> read_all(LogReader& reader, size_t bytes) {
  std::vector<RecordBlockPtr> all;
  const auto deadline = in_ms(30'000);
  while (true) {
    auto some = read_once(reader, bytes, std::chrono::steady_clock::now() + read_patience);
    all.insert(all.end(), some.begin(), some.end());
    if (some.empty() && (reader.at_end() || std::chrono::steady_clock::now() > deadline)) return all;
  }
}

std::vector<RecordBlockPtr> read_all(Log& log, TopicId topic, int32_t partition, int64_t from) {
  auto reader = log.open_reader({{.topic = topic, .partition = partition, .next = from}});
  return read_all(*reader);
}

std::vector<Row> rows_of(const std::vector<RecordBlockPtr>& blocks) {
  std::vector<Row> rows;
  for (const auto& block : blocks) {
    for (size_t i = 0; i < block->size(); ++i) {
      rows.push_back({block->timestamps[i], text_of(block->keys[i]), text_of(block->values[i]),
                      block->headers.empty() ? std::nullopt : text_of(block->headers[i])});
    }
  }
  return rows;
}

std::vector<int64_t> offsets_of(const std::vector<RecordBlockPtr>& blocks) {
  std::vector<int64_t> offsets;
  for (const auto& block : blocks) offsets.insert(offsets.end(), block->offsets.begin(), block->offsets.end());
  return offsets;
}

std::vector<std::string> values_of(const std::vector<RecordBlockPtr>& blocks) {
  std::vector<std::string> all;
  for (const auto& block : blocks) {
    for (Bytes value : block->values) all.emplace_back(value);
  }
  return all;
}

}  // namespace millrace::testing
