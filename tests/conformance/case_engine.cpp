#include "tests/conformance/case_engine.h"

#include <algorithm>
#include <future>

#include "grammar/parser.h"
#include "runtime/base64.h"
#include "runtime/partitioner.h"
#include "runtime/record_headers.h"
#include "tests/conformance/comparison.h"

namespace millrace::conformance {

namespace {

using namespace std::chrono_literals;

std::chrono::seconds patience(const RunOptions& options) {
  return options.log == LogKind::kafka ? 120s : options.dies_at != StepPhase::idle ? 60s : 10s;
}

EngineOptions engine_options(const RunOptions& run) {
  EngineOptions options;
  options.batch_rows = run.batch_rows;
  options.threads = 1;
  options.commit_interval_ms = 0;
  options.offset_reset = "earliest";
  options.buffering_bytes = 0;
  return options;
}

std::string encode_headers(const CaseRecord& record) {
  if (!record.headers || record.headers->empty()) return "";
  std::vector<std::string> values(record.headers->size());
  std::vector<RecordHeader> headers;
  for (size_t i = 0; i < values.size(); ++i) {
    const CaseHeader& header = (*record.headers)[i];
    if (header.value && !parse_base64(*header.value, values[i])) throw Miss("theirs: a header that is not base64");
    headers.push_back({header.name, header.value ? Bytes(values[i]) : null_bytes()});
  }
  return encode_record_headers(headers);
}

}  // namespace

CaseEngine::CaseEngine(const TestCase& test, const RunOptions& options, int32_t partitions)
    : test_(test),
      options_(options),
      partitions_(partitions),
      deadline_(std::chrono::steady_clock::now() + patience(options)),
      log_(options),
      executioner_(std::make_shared<Executioner>(options.dies_at)),
      writer_(log_->open_writer("cases")) {
  start();
  for (const CaseTopic& topic : test.topics) make_topic(topic.name, topic.partitions.value_or(partitions));
}

CaseEngine::~CaseEngine() { engine_.reset(); }

void CaseEngine::start() {
  engine_.reset();
  executioner_->revive();
  EngineOptions options = engine_options(options_);
  options.phase_hook = [executioner = executioner_](StepPhase phase) { executioner->reached(phase); };
  engine_ = Engine::open(options, make_crashing_log(log_.get(), executioner_));
}

void CaseEngine::make_topic(const std::string& name, int32_t partitions) {
  if (!log_->describe(name)) log_->create({.name = name, .partitions = partitions, .retention = {}});
}

void CaseEngine::make_topics_of(const std::string& sql) {
  const auto parsed = syntax::parse_statements(sql, {}, {});
  const auto* statements = std::get_if<std::vector<syntax::Statement>>(&parsed);
  if (statements == nullptr) return;
  for (const syntax::Statement& statement : *statements) {
    const auto* create = std::get_if<syntax::CreateSource>(&statement.body);
    if (create == nullptr) continue;
    std::string topic;
    bool makes_it = false;
    for (const syntax::Property& property : create->properties) {
      if (upper(property.name.text) == "PARTITIONS") makes_it = true;
      if (upper(property.name.text) == "KAFKA_TOPIC" && property.value) topic = property.value->text;
    }
    if (topic.empty() || makes_it) continue;
    try {
      make_topic(topic, partitions_);
    } catch (const Error&) {
      // A name that no topic can have: the statement is about to be refused for it.
    }
  }
}

void CaseEngine::learn_sources() {
  for (const std::string_view show : {"SHOW STREAMS;", "SHOW TABLES;"}) {
    const auto listing = engine_->execute(session_, show);
    for (const SourceRow& row : std::get<SourceListing>(listing.results.at(0).body).rows)
      if (known_.insert(row.name).second) learn_source(row.name);
  }
}

void CaseEngine::learn_source(const std::string& name) {
  const auto done = engine_->execute(session_, "DESCRIBE `" + name + "`;");
  if (done.failure) return;
  const auto& description = std::get<SourceDescription>(done.results.at(0).body);
  TopicFormat format;
  format.key_format = description.source.key_format;
  format.value_format = description.source.value_format;
  for (const Field& field : description.schema.fields()) (field.key ? format.keys : format.values).push_back(field);
  format.window_size_ms = description.window_size_ms;
  if (description.source.windowed || !description.window.empty())
    format.window = upper(description.window) == "SESSION" ? KeyWindow::session : KeyWindow::time;
  formats_.try_emplace(description.source.topic, std::move(format));
}

TopicFormat CaseEngine::format_of(const std::string& topic) const {
  const auto known = formats_.find(topic);
  if (known != formats_.end()) return known->second;
  TopicFormat format;
  for (const CaseTopic& t : test_.topics) {
    if (t.name != topic) continue;
    if (!t.key_format.empty()) format.key_format = t.key_format;
    if (!t.value_format.empty()) format.value_format = t.value_format;
  }
  return format;
}

void CaseEngine::feed_all() {
  for (const CaseRecord& record : test_.inputs) make_topic(record.topic, partitions_);
  const std::span<const CaseRecord> records(test_.inputs);
  for (size_t i = 0; i < records.size(); i += options_.batch_rows)
    feed(records.subspan(i, std::min(options_.batch_rows, records.size() - i)));
}

void CaseEngine::feed(std::span<const CaseRecord> records) {
  const auto topic = log_->describe(records.front().topic);
  if (!topic) throw Miss("ours: an input topic is gone", records.front().topic);
  const TopicFormat format = format_of(topic->name);
  std::map<int32_t, RecordBlockBuilder> builders;
  for (const CaseRecord& record : records) {
    options_.say("  in  {}: {}\n", record.topic, record_text(record));
    const Payload key = encode_key(format, record);
    const Payload value = encode_value(format, record);
    const std::string headers = encode_headers(record);
    const int32_t partition = key && topic->partitions > 1 ? partition_of(*key, topic->partitions) : 0;
    builders.try_emplace(partition, topic->id.value, partition)
        .first->second.add(record.timestamp.value_or(0), key ? Bytes(*key) : null_bytes(),
                           value ? Bytes(*value) : null_bytes(), headers.empty() ? null_bytes() : Bytes(headers));
  }
  std::vector<RecordBlock> blocks;
  blocks.reserve(builders.size());
  for (auto& [partition, builder] : builders) blocks.push_back(builder.build());
  executioner_->arm(options_.dies_at != StepPhase::idle);
  std::promise<CommitResult> promise;
  writer_->append(std::move(blocks), [&](CommitResult result) { promise.set_value(std::move(result)); });
  const CommitResult result = promise.get_future().get();
  if (result.outcome != CommitOutcome::committed) throw Miss("ours: a record was not taken", result.reason);
  settle();
}

void CaseEngine::settle() {
  const bool deadly = options_.dies_at != StepPhase::idle;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    const bool settled = engine_->settle(deadly ? std::min(left, 20ms) : left);
    if (executioner_->dead()) {
      start();
    } else if (settled) {
      break;
    } else {
      throw_failed();
    }
    if (left <= 0ms)
      throw Miss(fmt::format("ours: the queries did not come to rest within {} s", patience(options_).count()));
  }
  executioner_->arm(false);
}

void CaseEngine::throw_failed() {
  const auto queries = engine_->execute(session_, "SHOW QUERIES;");
  for (const QueryRow& row : std::get<QueryListing>(queries.results.at(0).body).rows)
    if (row.state == QueryState::failed) throw Miss("ours: a query failed: " + without_data(row.error), row.error);
}

std::vector<CaseRecord> CaseEngine::read_topic(const std::string& name) {
  std::vector<CaseRecord> records;
  const auto topic = log_->describe(name);
  if (!topic) throw Miss("ours: an output topic is not there", "there is no topic " + name);
  const TopicFormat format = format_of(name);
  std::vector<Position> positions;
  std::map<int32_t, int64_t> ends;  // of the partitions that are not read to their end; offsets may have gaps
  for (int32_t p = 0; p < topic->partitions; ++p) {
    const Offsets offsets = log_->offsets(topic->id, p);
    positions.push_back({topic->id, p, offsets.first});
    if (offsets.first < offsets.end) ends[p] = offsets.end;
  }
  const auto reader = log_->open_reader(positions);
  while (!ends.empty()) {
    const auto runs = reader->read(1 << 20, deadline_);
    if (runs.empty()) break;
    for (const RecordRun& run : runs) {
      const RecordBlockPtr& block = run.block;
      for (size_t i = run.begin; i < run.end; ++i)
        records.push_back(decode_record(format, block->timestamps[i], block->keys[i], block->values[i],
                                        block->headers.empty() ? null_bytes() : block->headers[i]));
      const auto end = ends.find(block->partition);
      if (end != ends.end() && run.last_offset() + 1 >= end->second) ends.erase(end);
    }
  }
  return records;
}

void CaseEngine::check_outputs() {
  std::map<std::string, std::vector<const CaseRecord*>> expected;
  for (const CaseRecord& record : test_.outputs) expected[record.topic].push_back(&record);
  std::optional<Miss> first;  // all are shown, the first counts
  for (const auto& [topic, records] : expected) {
    try {
      check_topic(topic, records);
    } catch (const Miss& miss) {
      if (!first) first = miss;
    }
  }
  if (first) throw Miss(*first);
}

void CaseEngine::check_topic(const std::string& topic, const std::vector<const CaseRecord*>& expected) {
  const std::vector<CaseRecord> got = read_topic(topic);
  const TopicFormat format = format_of(topic);
  for (size_t i = 0; i < std::max(got.size(), expected.size()); ++i) {
    if (i < expected.size()) options_.say("  expected {} {}: {}\n", topic, i + 1, record_text(*expected[i]));
    if (i < got.size()) options_.say("  got      {} {}: {}\n", topic, i + 1, record_text(got[i]));
  }
  for (size_t i = 0; i < std::min(got.size(), expected.size()); ++i)
    if (const Difference d = compare_records(format, *expected[i], got[i]))
      throw Miss(fmt::format("ours: the {} of a record differs", d.place.substr(0, d.place.find_first_of(".["))),
                 fmt::format("{} record {}: {}: {}", topic, i + 1, d.place, d.text));
  if (got.size() == expected.size()) return;
  const bool further = got.size() > expected.size();
  throw Miss(further ? "ours: there are further records" : "ours: records are missing",
             fmt::format("{}: expected {} records, got {}{}", topic, expected.size(), got.size(),
                         further ? ": " + record_text(got[expected.size()]) : ""));
}

void CaseEngine::check_sources_and_topics() {
  for (const CaseSource& source : test_.sources) {
    const auto done = engine_->execute(session_, "DESCRIBE `" + source.name + "`;");
    if (done.failure) throw Miss("ours: a source is not there", "there is no source " + source.name);
    const auto& description = std::get<SourceDescription>(done.results.at(0).body);
    if (description.source.table != source.table)
      throw Miss("ours: a stream is a table or a table a stream", source.name + " is of the other kind");
    const std::string schema = description.schema.to_string();
    if (!source.schema.empty() && !same_schema(source.schema, schema))
      throw Miss("ours: the schema of a source differs",
                 fmt::format("{}: expected {}, got {}", source.name, source.schema, schema));
  }
  for (const std::string& topic : test_.topics_after)
    if (!log_->describe(topic)) throw Miss("ours: a topic is not there", "there is no topic " + topic);
}

}  // namespace millrace::conformance
