// DROP STREAM | TABLE.
#include <fmt/format.h>

#include <algorithm>

#include "server/statement_runner.h"

namespace millrace {

namespace {

// What goes with a source, in the order in which it goes.
struct Dropped {
  std::vector<std::string> queries;  // ids
  std::vector<std::string> sources;  // names, the source itself last
};

void check_droppable(const syntax::Drop& s, const SourceDefinition& found) {
  if (found.system) refuse(ErrorCode::operation_forbidden, s.name.position, s.name.text + " belongs to the server");
  if (found.source->table != s.table)
    refuse(ErrorCode::source_kind, s.name.position,
           fmt::format("Incompatible data source type is {}, but statement was DROP {}",
                       found.source->table ? "TABLE" : "STREAM", s.table ? "TABLE" : "STREAM"));
  if (found.read_only && s.delete_topic)
    refuse(ErrorCode::operation_forbidden, s.name.position, "Cannot delete topic for read-only source: " + s.name.text);
}

// The query that made it goes with it; others are in the way.
Dropped alone(const syntax::Drop& s, const SourceDefinition& found) {
  auto others = [&found](std::set<std::string> ids) {
    ids.erase(found.maker);
    return ids;
  };
  const std::set<std::string> readers = others(found.readers);
  const std::set<std::string> writers = others(found.writers);
  if (!readers.empty() || !writers.empty())
    refuse(ErrorCode::source_in_use, s.name.position,
           fmt::format("Cannot drop {0}. The following queries read from this source: [{1}]. The following queries "
                       "write into this source: [{2}]. You need to terminate them before dropping {0}, or to drop it "
                       "and all that stands on it by DROP … CASCADE",
                       s.name.text, fmt::join(readers, ", "), fmt::join(writers, ", ")));
  Dropped dropped;
  if (found.writers.contains(found.maker) || found.readers.contains(found.maker)) dropped.queries = {found.maker};
  dropped.sources = {s.name.text};
  return dropped;
}

}  // namespace

StatementRunner::Body StatementRunner::apply(const syntax::Drop& s) {
  const std::string command = fmt::format("{}/`{}`/drop", s.table ? "table" : "stream", s.name.text);
  const SourceDefinition* found = engine_.catalog_.find(s.name.text);
  if (found == nullptr) {
    if (s.if_exists) return CommandDone{command, fmt::format("Source `{}` does not exist.", s.name.text), "", -1, {}};
    refuse(ErrorCode::source_unknown, s.name.position,
           fmt::format("{} {} does not exist.{}", s.table ? "Table" : "Stream", s.name.text,
                       engine_.catalog_.did_you_mean(s.name.text)));
  }
  check_droppable(s, *found);
  Dropped dropped;
  if (s.cascade) {
    std::tie(dropped.queries, dropped.sources) = standing_on(s.name.text);
  } else {
    dropped = alone(s, *found);
  }
  StatementRecord said;
  for (const std::string& name : dropped.sources) {
    const TopicDescription& topic = engine_.catalog_.find(name)->source->topic;
    const bool first = said.topics.try_emplace(topic.name, topic.id.value).second;
    if (!first || !s.delete_topic || replayed_ != nullptr || !engine_.log_->describe(topic.id)) continue;
    const std::vector<Position> ends = latest_positions(*engine_.log_, topic);
    said.start.insert(said.start.end(), ends.begin(), ends.end());
  }
  const StatementRecord& recorded = replayed_ != nullptr ? *replayed_ : said;
  const int64_t sequence = record(said, AppendKind::from_reserve);
  for (const std::string& id : dropped.queries) engine_.end_query(id);
  for (const std::string& name : dropped.sources) engine_.drop_source(name);
  if (s.delete_topic) engine_.delete_topics(recorded.topics, recorded.start, sequence);
  CommandDone done{
      command, fmt::format("Source `{}` (topic: {}) was dropped.", s.name.text, s.delete_topic ? "deleted" : "kept"),
      "", sequence, topics_shared(said.topics, s.delete_topic)};
  dropped.sources.pop_back();
  if (s.cascade)
    done.message += fmt::format(" With it went the queries [{}] and the streams and tables [{}].",
                                fmt::join(dropped.queries, ", "), fmt::join(dropped.sources, ", "));
  return done;
}

// From the source on: its queries, what these have made, and so on; a query that only inserts leaves its sink.
std::pair<std::vector<std::string>, std::vector<std::string>> StatementRunner::standing_on(
    const std::string& name) const {
  std::vector<std::string> sources = {name}, queries;
  std::set<std::string> seen = {name}, seen_queries;
  for (size_t i = 0; i < sources.size(); ++i) {
    const SourceDefinition& definition = *engine_.catalog_.find(sources[i]);
    for (const auto* ids : {&definition.readers, &definition.writers})
      for (const std::string& id : *ids) {
        if (!seen_queries.insert(id).second) continue;
        queries.push_back(id);
        const std::string& sink = engine_.queries_.at(id)->definition().sink_name;
        const SourceDefinition* made = engine_.catalog_.find(sink);
        if (made != nullptr && made->maker == id && seen.insert(sink).second) sources.push_back(sink);
      }
  }
  std::reverse(queries.begin(), queries.end());
  std::reverse(sources.begin(), sources.end());
  return {std::move(queries), std::move(sources)};
}

std::vector<std::string> StatementRunner::topics_shared(const std::map<std::string, uint64_t>& topics,
                                                        bool deleted) const {
  std::vector<std::string> warnings;
  if (!deleted || replayed_ != nullptr) return warnings;
  for (const auto& [name, definition] : engine_.catalog_.sources())
    if (topics.contains(definition.source->topic.name))
      warnings.push_back(
          fmt::format("the topic {} that was deleted was also that of {}", definition.source->topic.name, name));
  return warnings;
}

}  // namespace millrace
