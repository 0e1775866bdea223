#include "tests/log/ledger.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

namespace millrace::testing {

namespace {

constexpr size_t topic_count = 5;

TopicId find_or_make(Log& log, const std::string& name) {
  const auto found = log.describe(name);
  return found ? found->id : log.create({name, 1, {}}).id;
}

// How many records a commit has for a topic.
int64_t records(int64_t number, size_t topic) { return 1 + (number * 3 + static_cast<int64_t>(topic)) % 7; }

RecordBlock numbered(TopicId topic, int64_t number, int64_t count) {
  RecordBlockBuilder builder(topic.value, 0);
  for (int64_t i = 0; i < count; ++i) builder.add(number, std::to_string(i), fmt::format("{} {:>200}", number, i));
  return builder.build();
}

int64_t number_of(Bytes value) {
  int64_t number = -1;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

}  // namespace

Ledger::Ledger(Log& log) : log_(log), ingest_(find_or_make(log, "ingest")) {
  for (size_t t = 0; t < topic_count; ++t) topics_.push_back(find_or_make(log, fmt::format("topic{}", t)));
}

std::vector<RecordBlock> Ledger::commit_blocks(int64_t number) const {
  std::vector<RecordBlock> blocks;
  for (size_t t = 0; t < topics_.size(); ++t) blocks.push_back(numbered(topics_[t], number, records(number, t)));
  return blocks;
}

std::vector<RecordBlock> Ledger::append_blocks(int64_t number) const {
  std::vector<RecordBlock> blocks;
  blocks.push_back(numbered(ingest_, number, 2));
  return blocks;
}

Ledger::Contents Ledger::read() const {
  Contents contents;
  std::vector<Position> positions = {{.topic = ingest_}};
  for (TopicId topic : topics_) positions.push_back({.topic = topic});
  auto reader = log_.open_reader(positions);
  // Per topic: the records found of each number, and the next offset.
  std::map<uint64_t, std::map<int64_t, int64_t>> found;
  std::map<uint64_t, int64_t> next;
  int64_t sequence = 0;
  while (true) {
    const auto runs = reader->read(1 << 20, std::chrono::steady_clock::now());
    if (runs.empty()) break;
    for (const RecordRun& run : runs) {
      const RecordBlockPtr& block = run.block;
      if (block->sequence <= sequence) contents.wrong = fmt::format("sequence {} after {}", block->sequence, sequence);
      sequence = block->sequence;
      for (size_t i = run.begin; i < run.end; ++i) {
        if (block->offsets[i] != next[block->topic]++)
          contents.wrong = fmt::format("a gap before offset {}", block->offsets[i]);
        ++found[block->topic][number_of(block->values[i])];
      }
    }
  }
  if (sequence != log_.last_sequence())
    contents.wrong = fmt::format("last sequence {} read, {} said", sequence, log_.last_sequence());
  contents.appends = static_cast<int64_t>(found[ingest_.value].size());
  for (int64_t n = 1; n <= contents.appends; ++n) {
    if (found[ingest_.value][n] != 2)
      contents.wrong = fmt::format("append {} of {} has {} records", n, contents.appends, found[ingest_.value][n]);
  }
  contents.commits = static_cast<int64_t>(found[topics_[0].value].size());
  for (size_t t = 0; t < topics_.size(); ++t) {
    auto& numbers = found[topics_[t].value];
    for (int64_t n = 1; n <= contents.commits; ++n) {
      if (numbers[n] != records(n, t))
        contents.wrong = fmt::format("commit {} of {} has {} records in topic {}", n, contents.commits, numbers[n], t);
    }
    if (static_cast<int64_t>(numbers.size()) != contents.commits)
      contents.wrong = fmt::format("topic {} has other commits than topic 0", t);
  }
  return contents;
}

}  // namespace millrace::testing
