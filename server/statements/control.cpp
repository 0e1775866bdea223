// TERMINATE, PAUSE and RESUME; what becomes of queries when the server starts.
#include <fmt/format.h>

#include "runtime/nearest_name.h"
#include "server/statement_runner.h"

namespace millrace {

namespace {

constexpr std::string_view unfit_state =
    "the plan of this version does not fit the query's state; terminate it and create it anew";

}  // namespace

StatementRunner::Body StatementRunner::apply(const syntax::ControlQuery& s) {
  std::vector<std::string> ids;
  if (!s.id) {
    for (const auto& [id, query] : engine_.queries_)
      if (query->definition().sink || s.action != syntax::QueryAction::terminate) ids.push_back(id);
  } else if (engine_.queries_.contains(s.id->text)) {
    ids.push_back(s.id->text);
  } else {
    std::vector<std::string> known;
    for (const auto& [id, query] : engine_.queries_) known.push_back(id);
    refuse(ErrorCode::query_unknown, s.id->position,
           fmt::format("Unknown queryId: {}{}", s.id->text, did_you_mean(s.id->text, known)));
  }
  if (s.action == syntax::QueryAction::terminate && s.id && !engine_.queries_.at(s.id->text)->definition().sink)
    refuse(ErrorCode::operation_forbidden, s.id->position,
           fmt::format("{0} keeps the rows of the source table {1} and ends with it: DROP TABLE {1}", s.id->text,
                       engine_.queries_.at(s.id->text)->definition().plan.sources[0]->name));
  if (s.action == syntax::QueryAction::resume && s.id && !engine_.queries_.at(s.id->text)->definition().fits_state &&
      replayed_ == nullptr)
    refuse(ErrorCode::operation_forbidden, s.id->position,
           fmt::format("{} cannot be resumed: {}", s.id->text, unfit_state));
  const int64_t sequence = record({}, AppendKind::from_reserve);
  std::string done;
  for (const std::string& id : ids) {
    const auto query = engine_.queries_.at(id);
    switch (s.action) {
      case syntax::QueryAction::terminate:
        engine_.end_query(id);
        done = "Query terminated.";
        break;
      case syntax::QueryAction::pause:
        if (replayed_ != nullptr) engine_.paused_.insert(id);
        if (replayed_ == nullptr) query->pause();
        done = "Query paused.";
        break;
      case syntax::QueryAction::resume:
        engine_.paused_.erase(id);
        if (replayed_ == nullptr && query->definition().fits_state) query->resume();
        done = "Query resumed.";
        break;
    }
  }
  const std::string action = s.action == syntax::QueryAction::terminate ? "terminate"
                             : s.action == syntax::QueryAction::pause   ? "pause"
                                                                        : "resume";
  return CommandDone{fmt::format("query/{}/{}", s.id ? s.id->text : "ALL", action),
                     done.empty() ? "There are no queries." : done,
                     "",
                     sequence,
                     {}};
}

void StatementRunner::start_replayed() {
  for (const auto& [id, query] : engine_.queries_) {
    if (!query->definition().fits_state) {
      query->start(QueryState::failed, std::string(unfit_state));
    } else {
      query->start(engine_.paused_.contains(id) ? QueryState::paused : QueryState::running, "");
    }
  }
  engine_.paused_.clear();
}

}  // namespace millrace
