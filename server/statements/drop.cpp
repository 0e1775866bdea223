// DROP STREAM | TABLE.
#include <fmt/format.h>

#include "server/statement_runner.h"

namespace millrace {

StatementRunner::Body StatementRunner::apply(const syntax::Drop& s) {
  const std::string kind = s.table ? "table" : "stream";
  const std::string command = fmt::format("{}/`{}`/drop", kind, s.name.text);
  const SourceDefinition* found = engine_.catalog_.find(s.name.text);
  if (found == nullptr) {
    if (s.if_exists) return CommandDone{command, fmt::format("Source `{}` does not exist.", s.name.text), "", -1, {}};
    refuse(ErrorCode::source_unknown, s.name.position,
           fmt::format("{} {} does not exist.{}", s.table ? "Table" : "Stream", s.name.text,
                       engine_.catalog_.did_you_mean(s.name.text)));
  }
  if (found->system) refuse(ErrorCode::operation_forbidden, s.name.position, s.name.text + " belongs to the server");
  if (s.cascade) refuse_unsupported(position(), "DROP … CASCADE");
  if (found->source->table != s.table)
    refuse(ErrorCode::source_kind, s.name.position,
           fmt::format("Incompatible data source type is {}, but statement was DROP {}",
                       found->source->table ? "TABLE" : "STREAM", s.table ? "TABLE" : "STREAM"));
  auto list = [](const std::set<std::string>& ids) { return fmt::format("{}", fmt::join(ids, ", ")); };
  // The query that made it goes with it; others are in the way.
  std::set<std::string> others = found->writers;
  const std::string maker = others.erase(found->maker) > 0 ? found->maker : "";
  if (!found->readers.empty() || !others.empty())
    refuse(
        ErrorCode::source_in_use, s.name.position,
        fmt::format(
            "Cannot drop {}. The following queries read from this source: [{}]. The following queries write into this "
            "source: [{}]. You need to terminate them before dropping {}",
            s.name.text, list(found->readers), list(others), s.name.text));
  const TopicDescription topic = found->source->topic;
  std::vector<Position> ends;
  if (replayed_ != nullptr) {
    ends = replayed_->start;
  } else if (s.delete_topic && engine_.log_->describe(topic.id)) {
    ends = latest_positions(*engine_.log_, topic);
  }
  StatementRecord said;
  said.start = ends;
  said.topics[topic.name] = topic.id.value;
  const int64_t sequence = record(std::move(said));
  if (!maker.empty()) engine_.end_query(maker);
  engine_.drop_source(s.name.text);
  if (s.delete_topic)
    engine_.delete_topic(replayed_ != nullptr ? TopicId{replayed_->topics.at(topic.name)} : topic.id, ends, sequence);
  return CommandDone{
      command,
      fmt::format("Source `{}` (topic: {}) was dropped.", s.name.text, s.delete_topic ? "deleted" : "kept"),
      "",
      sequence,
      {}};
}

}  // namespace millrace
