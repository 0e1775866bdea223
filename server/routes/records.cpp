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
// Rows of so many bytes are read on the front's thread: handing them to another takes longer.
constexpr size_t small_bytes_max = 16 << 10;

struct Rejection {
  size_t index;  // among the rows of the request
  Error error;
};

// 200 or 202 where any row was taken, or there was none; else the status of the first error.
void answer(ResponseStream& response, size_t taken, const std::vector<Rejection>& rejections, bool received) {
  const char* const taken_name = received ? "received" : "committed";
  const int taken_status = received ? 202 : 200;
  // The common case, in which making JSON of it would cost as much as reading a row.
  if (rejections.empty())
    return response.reply(taken_status, {{"Content-Type", "application/json"}},
                          fmt::format("{{\"{}\":{},\"rejected\":[]}}\n", taken_name, taken));
  Json rejected = Json::array();
  for (const Rejection& rejection : std::span(rejections).first(std::min(rejections.size(), rejected_max)))
    rejected.push_back({{"index", rejection.index},
                        {"code", error_name(rejection.error.code())},
                        {"message", rejection.error.message()}});
  Json body = {{taken_name, taken}, {"rejected", std::move(rejected)}};
  if (rejections.size() > rejected_max) body["rejected_count"] = rejections.size();
  reply_json(response, taken == 0 ? error_answer(rejections.front().error.code()).status : taken_status, body);
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

// The rows of a request that can be read, and what became of the others.
struct Reading {
  std::vector<std::string_view> texts;
  std::vector<size_t> indexes;  // of the texts, among the rows
  std::vector<Rejection> rejections;
};

Reading read_rows(const std::vector<RecordRow>& rows) {
  Reading reading;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].error) {
      reading.rejections.push_back({i, *rows[i].error});
    } else {
      reading.texts.push_back(rows[i].text);
      reading.indexes.push_back(i);
    }
  }
  return reading;
}

void answer(ResponseStream& response, Reading reading, const std::vector<InsertStream::Outcome>& outcomes,
            bool received) {
  const size_t count = reading.indexes.size() + reading.rejections.size();
  std::vector<Rejection>& all = reading.rejections;
  for (const auto& outcome : outcomes)
    if (outcome.error) all.push_back({reading.indexes[outcome.row], *outcome.error});
  std::sort(all.begin(), all.end(), [](const Rejection& a, const Rejection& b) { return a.index < b.index; });
  answer(response, count - all.size(), all, received);
}

void insert_rows(InsertStream& inserts, const RecordRows& records, bool received, const ResponseStreamPtr& response) {
  Reading reading = read_rows(records.rows());
  const std::vector<std::string_view> texts = std::move(reading.texts);
  if (!received) {
    inserts.insert(texts, [response, reading = std::move(reading)](const std::vector<InsertStream::Outcome>& outcomes) {
      answer(*response, reading, outcomes, false);
    });
    return;
  }
  // The response is held until the commit: so long the rows count to what requests have in memory.
  const auto refused =
      inserts.insert(texts, InsertStream::Ack::received,
                     [response](const std::vector<InsertStream::Outcome>& outcomes) { report_lost(outcomes); });
  answer(*response, std::move(reading), refused, true);
}

bool is_received(const Request& request) {
  const auto ack = request.query.find("ack");
  return ack != request.query.end() && ack->second == "received";
}

// Answers what is no insert of rows.
bool refuse(const Request& request, ResponseStream& response) {
  const auto ack = request.query.find("ack");
  if (ack != request.query.end() && ack->second != "commit" && ack->second != "received")
    return reply_bad_request(response, "ack must be commit or received, not " + ack->second), true;
  for (const auto& [name, value] : request.query)
    if (name != "ack") return reply_bad_request(response, "there is no parameter " + name + ", only ack"), true;
  if (request.body.empty())
    return reply_bad_request(response, "the request has no body: expected rows as JSON, JSON lines or CSV"), true;
  return false;
}

using FindInserts = std::unique_ptr<InsertStream> (Engine::*)(Session& session, std::string_view target);

// False where nothing is found.
bool insert(Engine& engine, FindInserts find, const Request& request, const ResponseStreamPtr& response) {
  Session session;
  session.audit = request.audit;
  try {
    const auto inserts = (engine.*find)(session, request.parameters.at("name"));
    if (!inserts) return false;
    const RecordRows records(request.body, request.headers.get("Content-Type"), inserts->schema());
    insert_rows(*inserts, records, is_received(request), response);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::source_unknown) return reply_error(*response, error), true;
    reply_json(*response, 404, error_json(error));  // it is the target that is not there
  }
  return true;
}

void receive(Engine& engine, const Request& request, const ResponseStreamPtr& response) {
  if (refuse(request, *response)) return;
  if (request.audit) request.audit->say(request.body);
  const bool small = request.body.size() <= small_bytes_max;
  if (small && insert(engine, &Engine::find_inserts, request, response)) return;
  response->run_on_worker([&engine, &request, response] { insert(engine, &Engine::open_inserts, request, response); });
}

}  // namespace

void register_records(RouteRegistry& registry) {
  Route route{"POST", "/v1/streams/{name}/records",
              [&engine = registry.engine()](Request& request, const ResponseStreamPtr& response) {
                receive(engine, request, response);
              }};
  route.thread = Route::Thread::front;
  registry.add(std::move(route), "INSERT");
}

}  // namespace millrace
