#include "tests/conformance/case_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>
#include <set>

#include "connectors/memory_log.h"
#include "grammar/parser.h"
#include "runtime/base64.h"
#include "runtime/partitioner.h"
#include "runtime/record_headers.h"
#include "server/engine.h"
#include "tests/conformance/comparison.h"

namespace millrace::conformance {

namespace {

using namespace std::chrono_literals;
constexpr auto patience = 10s;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

// Tables' topics are compacted: every update must still be there at the end. The clock stands still.
std::shared_ptr<Log> make_log() {
  MemoryLogOptions options;
  options.clock = [] { return int64_t{0}; };
  options.maintenance_interval_ms = 24 * 3'600'000;
  return make_memory_log(std::move(options));
}

std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\t', ' ');
  return text;
}

// Refusals that tell what is not there yet.
bool lacks_something(ErrorCode code, std::string_view message) {
  return code == ErrorCode::unsupported || code == ErrorCode::function_unknown ||
         message.starts_with("there is no format");
}

// The message without names and literals of the case: what stands in quotes is left out.
std::string without_data(std::string_view message) {
  std::string out;
  char open = 0;
  for (const char c : message) {
    if (open != 0) {
      if (c != open) continue;
      open = 0;
    } else if (c == '`' || c == '\'' || c == '"') {
      open = c;
    }
    out += c;
  }
  return out.substr(0, 120);
}

struct CaseMiss {
  std::string reason, detail;
};

class CaseRun {
 public:
  CaseRun(const TestCase& test, const RunOptions& options) : test_(test), options_(options), log_(make_log()) {
    EngineOptions engine;
    engine.batch_rows = options.batch_rows;
    engine.threads = 1;
    engine.commit_interval_ms = 0;
    engine.offset_reset = "earliest";
    engine.buffering_bytes = 0;
    writer_ = log_->open_writer("cases");
    engine_ = Engine::open(engine, log_);
  }

  ~CaseRun() { engine_.reset(); }

  Outcome run() {
    Outcome outcome;
    try {
      set_properties();
      for (const CaseTopic& topic : test_.topics) make_topic(topic.name, topic.partitions);
      if (run_statements(outcome)) {
        for (const CaseRecord& record : test_.inputs) make_topic(record.topic, 1);
        feed_all();
        if (test_.refusal) miss("ours: what should be refused is accepted", *test_.refusal);
        compare_outputs();
        check_what_exists();
      }
      outcome.passed = true;
    } catch (const CaseMiss& missed) {
      outcome.reason = missed.reason;
      outcome.detail = in_one_line(missed.detail);
    } catch (const Miss& missed) {
      const std::string text = missed.what();
      outcome.reason = text.starts_with("not yet built") ? text : "ours: " + without_data(text);
      outcome.detail = in_one_line(text);
    }
    return outcome;
  }

 private:
  [[noreturn]] static void miss(std::string reason, std::string detail) {
    throw CaseMiss{std::move(reason), std::move(detail)};
  }

  void miss_refused(const Error& error) const {
    const std::string code(error_name(error.code()));
    std::string reason;
    if (test_.kind == CaseKind::registry && error.code() != ErrorCode::unsupported) {
      reason = "not yet built: formats with a schema registry";
    } else {
      const bool lacking = lacks_something(error.code(), error.message());
      reason =
          fmt::format("{}: {}: {}", lacking ? "not yet built" : "ours: refused", code, without_data(error.message()));
    }
    miss(in_one_line(reason), fmt::format("{}: {}", code, error.message()));
  }

  template <class... Arguments>
  void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    if (options_.verbose) fmt::print(format, std::forward<Arguments>(arguments)...);
  }

  void set_properties() {
    for (const auto& [name, value] : test_.properties) {
      say("SET '{}' = '{}'\n", name, value);
      const auto done = engine_->execute(session_, fmt::format("SET '{}' = '{}';", name, value));
      if (done.failure) miss_refused(done.failure->error);
    }
  }

  void make_topic(const std::string& name, int32_t partitions) {
    if (!log_->describe(name)) log_->create({.name = name, .partitions = partitions, .retention = {}});
  }

  // The topic that a CREATE STREAM or TABLE reads is there, unless the statement says how to make it.
  void make_topic_of(const syntax::Statement& statement) {
    const auto* create = std::get_if<syntax::CreateSource>(&statement.body);
    if (create == nullptr) return;
    std::string topic;
    for (const syntax::Property& property : create->properties) {
      if (upper(property.name.text) == "PARTITIONS") return;
      if (upper(property.name.text) == "KAFKA_TOPIC" && property.value) topic = property.value->text;
    }
    if (topic.empty()) return;
    try {
      make_topic(topic, 1);
    } catch (const Error&) {
      // A name that no topic can have: the statement is about to be refused for it.
    }
  }

  // False: the last one was refused, as expected.
  bool run_statements(Outcome& outcome) {
    for (size_t i = 0; i < test_.statements.size(); ++i) {
      const std::string& sql = test_.statements[i];
      say("{}\n", sql);
      const auto parsed = syntax::parse_statements(sql, {}, session_.variables);
      if (const auto* statements = std::get_if<std::vector<syntax::Statement>>(&parsed))
        for (const syntax::Statement& statement : *statements) make_topic_of(statement);
      const auto execution = engine_->execute(session_, sql);
      if (execution.failure) {
        const Error& error = execution.failure->error;
        say("  refused: {}: {}\n", error_name(error.code()), error.message());
        if (!test_.refusal || i + 1 < test_.statements.size()) miss_refused(error);
        outcome.message_matches = error.message().find(*test_.refusal) != std::string::npos;
        outcome.not_built = lacks_something(error.code(), error.message());
        return false;
      }
      learn_sources();
      settle();
    }
    return true;
  }

  // Of each source that came: how the records of its topic lie. The first source over a topic tells.
  void learn_sources() {
    for (const std::string_view show : {"SHOW STREAMS;", "SHOW TABLES;"}) {
      const auto listing = engine_->execute(session_, show);
      for (const SourceRow& row : std::get<SourceListing>(listing.results.at(0).body).rows)
        if (known_.insert(row.name).second) learn_source(row.name);
    }
  }

  void learn_source(const std::string& name) {
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

  TopicFormat format_of(const std::string& topic) const {
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

  void feed_all() {
    for (size_t i = 0; i < test_.inputs.size(); i += options_.batch_rows)
      feed(i, std::min(test_.inputs.size(), i + options_.batch_rows));
  }

  // The records [begin, end), which are of one topic, as one append.
  void feed(size_t begin, size_t end) {
    const auto topic = log_->describe(test_.inputs[begin].topic);
    if (!topic) miss("ours: an input topic is gone", test_.inputs[begin].topic);
    const TopicFormat format = format_of(topic->name);
    std::map<int32_t, RecordBlockBuilder> builders;
    for (size_t i = begin; i < end; ++i) {
      const CaseRecord& record = test_.inputs[i];
      say("  in  {}: {}\n", record.topic, record_text(record));
      const Payload key = encode_key(format, record);
      const Payload value = encode_value(format, record);
      const std::string headers = encode_headers(record);
      const int32_t partition = key && topic->partitions > 1 ? partition_of(*key, topic->partitions) : 0;
      builders.try_emplace(partition, topic->id.value, partition)
          .first->second.add(record.timestamp.value_or(0), key ? Bytes(*key) : null_bytes(),
                             value ? Bytes(*value) : null_bytes(), headers.empty() ? null_bytes() : Bytes(headers));
    }
    std::vector<RecordBlock> blocks;
    for (auto& [partition, builder] : builders) blocks.push_back(builder.build());
    std::promise<CommitResult> promise;
    writer_->append(std::move(blocks), [&](CommitResult result) { promise.set_value(std::move(result)); });
    const CommitResult result = promise.get_future().get();
    if (result.outcome != CommitOutcome::committed) miss("ours: a record was not taken", result.reason);
    settle();
  }

  static std::string encode_headers(const CaseRecord& record) {
    if (!record.headers || record.headers->empty()) return "";
    std::vector<std::string> values(record.headers->size());
    std::vector<RecordHeader> headers;
    for (size_t i = 0; i < values.size(); ++i) {
      const CaseHeader& header = (*record.headers)[i];
      if (header.value) parse_base64(*header.value, values[i]);
      headers.push_back({header.name, header.value ? Bytes(values[i]) : null_bytes()});
    }
    return encode_record_headers(headers);
  }

  // Every query has taken all that there is.
  void settle() {
    if (engine_->settle(
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now())))
      return;
    const auto queries = engine_->execute(session_, "SHOW QUERIES;");
    for (const QueryRow& row : std::get<QueryListing>(queries.results.at(0).body).rows)
      if (row.state == QueryState::failed) miss("ours: a query failed: " + without_data(row.error), row.error);
    miss("ours: the queries did not come to rest",
         fmt::format("the queries did not come to rest within {} s", std::chrono::seconds(patience).count()));
  }

  std::vector<CaseRecord> read_topic(const std::string& name) {
    std::vector<CaseRecord> records;
    const auto topic = log_->describe(name);
    if (!topic) miss("ours: an output topic is not there", "there is no topic " + name);
    const TopicFormat format = format_of(name);
    std::vector<Position> positions;
    int64_t missing = 0;
    for (int32_t p = 0; p < topic->partitions; ++p) {
      const Offsets offsets = log_->offsets(topic->id, p);
      positions.push_back({topic->id, p, offsets.first});
      missing += offsets.end - offsets.first;
    }
    const auto reader = log_->open_reader(positions);
    while (missing > 0) {
      const auto blocks = reader->read(1 << 20, std::chrono::steady_clock::time_point{});
      if (blocks.empty()) break;
      for (const auto& block : blocks)
        for (size_t i = 0; i < block->size(); ++i, --missing)
          records.push_back(decode_record(format, block->timestamps[i], block->keys[i], block->values[i],
                                          block->headers.empty() ? null_bytes() : block->headers[i]));
    }
    return records;
  }

  void compare_outputs() {
    std::map<std::string, std::vector<const CaseRecord*>> expected;
    for (const CaseRecord& record : test_.outputs) expected[record.topic].push_back(&record);
    std::optional<CaseMiss> first;
    for (const auto& [topic, records] : expected) {
      try {
        compare_topic(topic, records);
      } catch (const CaseMiss& missed) {
        if (!first) first = missed;
      }
    }
    if (first) throw CaseMiss(*first);
  }

  void compare_topic(const std::string& topic, const std::vector<const CaseRecord*>& expected) {
    const std::vector<CaseRecord> got = read_topic(topic);
    const TopicFormat format = format_of(topic);
    for (size_t i = 0; i < std::max(got.size(), expected.size()); ++i) {
      if (i < expected.size()) say("  expected {} {}: {}\n", topic, i + 1, record_text(*expected[i]));
      if (i < got.size()) say("  got      {} {}: {}\n", topic, i + 1, record_text(got[i]));
    }
    for (size_t i = 0; i < std::min(got.size(), expected.size()); ++i)
      if (const Difference d = compare_records(format, *expected[i], got[i]))
        miss(fmt::format("ours: the {} of a record differs", d.place.substr(0, d.place.find_first_of(".["))),
             fmt::format("{} record {}: {}: {}", topic, i + 1, d.place, d.text));
    if (got.size() != expected.size())
      miss(got.size() < expected.size() ? "ours: records are missing" : "ours: there are further records",
           fmt::format("{}: expected {} records, got {}{}", topic, expected.size(), got.size(),
                       got.size() > expected.size() ? ": " + record_text(got[expected.size()]) : ""));
  }

  void check_what_exists() {
    for (const CaseSource& source : test_.sources) {
      const auto done = engine_->execute(session_, "DESCRIBE `" + source.name + "`;");
      if (done.failure) miss("ours: a source is not there", "there is no source " + source.name);
      const auto& description = std::get<SourceDescription>(done.results.at(0).body);
      if (description.source.table != source.table)
        miss("ours: a stream is a table or a table a stream", source.name + " is of the other kind");
      const std::string schema = description.schema.to_string();
      if (!source.schema.empty() && !same_schema(source.schema, schema))
        miss("ours: the schema of a source differs",
             fmt::format("{}: expected {}, got {}", source.name, source.schema, schema));
    }
    for (const std::string& topic : test_.topics_after)
      if (!log_->describe(topic)) miss("ours: a topic is not there", "there is no topic " + topic);
  }

  const TestCase& test_;
  const RunOptions& options_;
  const std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + patience;
  std::shared_ptr<Log> log_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<Engine> engine_;
  Session session_;
  std::set<std::string> known_;                 // sources that learn_sources() has seen
  std::map<std::string, TopicFormat> formats_;  // by topic
};

}  // namespace

bool can_run(const TestCase& test, const RunOptions& options) {
  return options.batch_rows == 1 || std::all_of(test.inputs.begin(), test.inputs.end(), [&](const CaseRecord& record) {
           return record.topic == test.inputs.front().topic;
         });
}

Outcome run_case(const TestCase& test, const RunOptions& options) { return CaseRun(test, options).run(); }

}  // namespace millrace::conformance
