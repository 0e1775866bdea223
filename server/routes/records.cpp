// POST /v1/streams/{name}/records: rows into a stream or table, one or many.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "server/error_answer.h"
#include "server/observation/audit.h"
#include "server/record_rows.h"
#include "server/route_registry.h"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t rejected_max = 1000;  // that are told
// A request of so many bytes, and values of its rows, is small.
constexpr size_t small_bytes = 16 << 10, small_values = 4000;

struct Rejection {
  size_t index;  // among the rows of the request
  Error error;
};

// 200 or 202 where any row was taken, or there was none; else the status of the first error.
void answer(ResponseStream& response, size_t taken, const std::vector<Rejection>& rejections, InsertStream::Ack ack) {
  const bool received = ack == InsertStream::Ack::received;
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

// The rows of a request that can be read, and what became of the others.
struct Reading {
  std::vector<std::string_view> texts;  // in the request
  std::vector<size_t> indexes;          // of the texts, among the rows
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

void answer(ResponseStream& response, const Reading& reading, const std::vector<InsertStream::Outcome>& outcomes,
            InsertStream::Ack ack) {
  std::vector<Rejection> all = reading.rejections;
  for (const auto& outcome : outcomes)
    if (outcome.error) all.push_back({reading.indexes[outcome.row], *outcome.error});
  std::sort(all.begin(), all.end(), [](const Rejection& a, const Rejection& b) { return a.index < b.index; });
  answer(response, reading.indexes.size() + reading.rejections.size() - all.size(), all, ack);
}

void insert_rows(InsertStream& inserts, const RecordRows& records, InsertStream::Ack ack,
                 const ResponseStreamPtr& response) {
  const auto reading = std::make_shared<const Reading>(read_rows(records.rows()));
  if (ack == InsertStream::Ack::received)
    return answer(*response, *reading, inserts.insert(reading->texts, ack, [](const auto&) {}), ack);
  inserts.insert(reading->texts, ack, [response, reading, ack](const std::vector<InsertStream::Outcome>& outcomes) {
    answer(*response, *reading, outcomes, ack);
  });
}

// Absent: the answer says that there is no such thing.
std::optional<InsertStream::Ack> read_ack(const Request& request, ResponseStream& response) {
  auto ack = InsertStream::Ack::commit;
  for (const auto& [name, value] : request.query) {
    if (name != "ack") {
      reply_bad_request(response, "there is no parameter " + name + ", only ack");
      return std::nullopt;
    }
    if (value == "received") {
      ack = InsertStream::Ack::received;
    } else if (value != "commit") {
      reply_bad_request(response, "ack must be commit or received, not " + value);
      return std::nullopt;
    }
  }
  return ack;
}

void refuse(const Error& error, ResponseStream& response) {
  if (error.code() != ErrorCode::source_unknown) return reply_error(response, error);
  reply_json(response, 404, error_json(error));  // it is the target that is not there
}

// The request is not small: false, and nothing was done.
bool insert_if_small(InsertStream& inserts, const Request& request, InsertStream::Ack ack,
                     const ResponseStreamPtr& response) {
  if (request.body.size() > small_bytes) return false;
  const RecordRows records(request.body, request.headers.get("Content-Type"), inserts.schema());
  if (records.rows().size() * inserts.width() > small_values) return false;
  insert_rows(inserts, records, ack, response);
  return true;
}

// A small request is done at once: to hand it to a worker takes longer.
void receive(Engine& engine, const Request& request, const ResponseStreamPtr& response) {
  const auto ack = read_ack(request, *response);
  if (!ack) return;
  if (request.body.empty())
    return reply_bad_request(*response, "the request has no body: expected rows as JSON, JSON lines or CSV");
  if (request.audit) request.audit->say(request.body);
  Session session;
  session.audit = request.audit;
  const std::string& target = request.parameters.at("name");
  const std::shared_ptr<InsertStream> found = engine.find_inserts(session, target);
  try {
    if (found && insert_if_small(*found, request, *ack, response)) return;
  } catch (const Error& error) {
    return refuse(error, *response);
  }
  response->run_on_worker([&engine, &request, &target, session, found, ack = *ack, response]() mutable {
    try {
      const auto inserts = found ? found : engine.open_inserts(session, target);
      insert_rows(*inserts, {request.body, request.headers.get("Content-Type"), inserts->schema()}, ack, response);
    } catch (const Error& error) {
      refuse(error, *response);
    }
  });
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
