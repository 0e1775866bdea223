// PRINT: the records of a topic as they lie there.
#include <fmt/format.h>

#include "connectors/recognised_format.h"
#include "planner/whole_source.h"
#include "runtime/nearest_name.h"
#include "server/statement_runner.h"

namespace millrace {

StatementRunner::Body StatementRunner::apply(const syntax::Print&) {
  refuse(ErrorCode::query_invalid, position(), "PRINT gives rows: send it to /query-stream");
}

std::unique_ptr<ResultStream> StatementRunner::open_print(const syntax::Print& s) {
  const auto topic = engine_.log_->describe(s.topic.text);
  if (!topic) {
    std::vector<std::string> names;
    for (const TopicDescription& each : engine_.log_->list()) names.push_back(each.name);
    refuse(ErrorCode::topic_unknown, s.topic.position,
           fmt::format("Could not find topic '{}'{}. Topic names are case-sensitive.", s.topic.text,
                       did_you_mean(s.topic.text, names)));
  }
  if (s.interval == 0) refuse(ErrorCode::query_invalid, s.topic.position, "INTERVAL is at least 1: each record");
  auto source = std::make_shared<Source>();
  source->name = topic->name;
  source->topic = *topic;
  source->schema = Schema({{"KEY", varchar_type, true},
                           {"KEY_FORMAT", varchar_type, true},
                           {"VALUE", varchar_type},
                           {"VALUE_FORMAT", varchar_type}});
  source->key_format = source->value_format = &recognised_format();
  TransientOptions options;
  options.plan = plan_print(source);
  options.plan.limit = s.limit;
  options.every = s.interval.value_or(1);
  options.readers = {engine_.make_reader(source)};
  options.start =
      s.from_beginning ? earliest_positions(*engine_.log_, *topic) : latest_positions(*engine_.log_, *topic);
  return start_transient(std::move(options));
}

}  // namespace millrace
