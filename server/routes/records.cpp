// POST /v1/streams/{name}/records: rows into a stream or table, one or many.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <span>

#include "server/error_answer.h"
#include "server/observation/audit.h"
#include "server/record_rows.h"
#include "server/route_registry.h"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t rejected_max = 1000;  // that are told

struct Rejection {
  size_t index;  // among the rows of the request
  Error error;
};

// 200 or 202 where any row was taken, or there was none; else the status of the first error.
void answer(ResponseStream& response, size_t taken, const std::vector<Rejection>& rejections, bool received) {
  Json rejected = Json::array();
  for (const Rejection& rejection : std::span(rejections).first(std::min(rejections.size(), rejected_max)))
    rejected.push_back({{"index", rejection.index},
                        {"code", error_name(rejection.error.code())},
                        {"message", rejection.error.message()}});
  const int taken_status = received ? 202 : 200;
  const bool none = taken == 0 && !rejections.empty();
  Json body = {{received ? "received" : "committed", taken}, {"rejected", std::move(rejected)}};
  if (rejections.size() > rejected_max) body["rejected_count"] = rejections.size();
  reply_json(response, none ? error_answer(rejections.front().error.code()).status : taken_status, body);
}

// Rows that were received, and then could not be committed: nobody waits for the answer.
void report_lost(const std::vector<InsertStream::Outcome>& outcomes) {
  size_t lost = 0;
  std::string reason;
  for (const auto& outcome : outcomes) {
    if (!outcome.error || outcome.error->code() < ErrorCode::log_failed) continue;  // the row itself was refused
    reason = outcome.error->message();
    ++lost;
  }
  if (lost > 0) spdlog::error("{} rows that were received (ack=received) are not committed: {}", lost, reason);
}

void insert_rows(InsertStream& inserts, const RecordRows& records, bool received, const ResponseStreamPtr& response) {
  std::vector<std::string_view> texts;
  std::vector<size_t> indexes;
  std::vector<Rejection> rejections;
  const size_t count = records.rows().size();
  for (size_t i = 0; i < count; ++i) {
    const RecordRow& row = records.rows()[i];
    if (row.error) {
      rejections.push_back({i, *row.error});
    } else {
      texts.push_back(row.text);
      indexes.push_back(i);
    }
  }
  const auto answer_with = [=](const std::vector<InsertStream::Outcome>& outcomes) {
    std::vector<Rejection> all = rejections;
    for (const auto& outcome : outcomes)
      if (outcome.error) all.push_back({indexes[outcome.row], *outcome.error});
    std::sort(all.begin(), all.end(), [](const Rejection& a, const Rejection& b) { return a.index < b.index; });
    answer(*response, count - all.size(), all, received);
  };
  const std::vector<InsertStream::Outcome> refused =
      received ? inserts.insert(texts, report_lost) : inserts.insert(texts, answer_with);
  if (received) answer_with(refused);
}

void insert(Engine& engine, const Request& request, const ResponseStreamPtr& response) {
  const auto ack = request.query.find("ack");
  if (ack != request.query.end() && ack->second != "commit" && ack->second != "received")
    return reply_bad_request(*response, "ack must be commit or received, not " + ack->second);
  for (const auto& [name, value] : request.query)
    if (name != "ack") return reply_bad_request(*response, "there is no parameter " + name + ", only ack");
  if (request.body.empty())
    return reply_bad_request(*response, "the request has no body: expected rows as JSON, JSON lines or CSV");
  Session session;
  session.audit = request.audit;
  if (request.audit) request.audit->say(request.body);
  try {
    const auto inserts = engine.open_inserts(session, request.parameters.at("name"));
    const RecordRows records(request.body, request.headers.get("Content-Type"), inserts->schema());
    insert_rows(*inserts, records, ack != request.query.end() && ack->second == "received", response);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::source_unknown) return reply_error(*response, error);
    reply_json(*response, 404, error_json(error));  // it is the target that is not there
  }
}

}  // namespace

void register_records(RouteRegistry& registry) {
  registry.add({"POST", "/v1/streams/{name}/records",
                [&engine = registry.engine()](Request& request, const ResponseStreamPtr& response) {
                  insert(engine, request, response);
                }},
               "INSERT");
}

}  // namespace millrace
