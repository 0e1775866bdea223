#include "tests/conformance/rest_case.h"

#include <algorithm>

#include "server/http/front.h"
#include "server/live/live_hub.h"
#include "server/route_registry.h"
#include "shell/http_client.h"
#include "tests/conformance/case_engine.h"
#include "tests/conformance/comparison.h"

namespace millrace::conformance {

namespace {

using namespace std::chrono_literals;
using Kind = JsonValue::Kind;
constexpr int32_t partitions = 4;
constexpr auto quiet = 300ms;  // a followed query that sent nothing for so long has sent what there is
constexpr std::string_view prefix = "|starts_with";

struct Answer {
  int status = 0;
  std::string body;
};

bool is_query(const std::string& statement) {
  const size_t begin = statement.find_first_not_of(" \t\r\n");
  return begin != std::string::npos && upper(std::string_view(statement).substr(begin, 6)) == "SELECT";
}

JsonValue parse_answer(const std::string& body) {
  try {
    return parse_json(body);
  } catch (const JsonError& error) {
    throw Miss("ours: an answer is not JSON", error.what());
  }
}

class RestCase {
 public:
  RestCase(const TestCase& test, const RunOptions& options)
      : test_(test),
        options_(options),
        bench_(test, options, partitions),
        live_(bench_.engine(), {}, 1),
        front_(settings(), routes(bench_.engine(), live_)) {
    front_.start();
    url_.port = std::to_string(front_.port());
    for (const std::string& statement : test.statements)
      (is_query(statement) ? queries_ : commands_).push_back(statement);
  }

  void run(Outcome& outcome) {
    run_commands(outcome);
    if (outcome.message_matches) return;
    if (!test_.feed_after_header) bench_.feed_all();
    for (size_t i = 0; i < queries_.size(); ++i) run_query(i, outcome);
    if (test_.refusal && !outcome.message_matches)
      throw Miss("ours: what should be refused is accepted", *test_.refusal);
    bench_.settle();
    bench_.check_outputs();
  }

 private:
  static HttpSettings settings() {
    HttpSettings settings;
    settings.listen = "127.0.0.1:0";
    settings.worker_threads = 2;
    return settings;
  }

  static RouteTable routes(Engine& engine, LiveHub& live) {
    RouteRegistry registry(engine, live, {"test", "default_"}, 1 << 20);
    register_all_routes(registry);
    return registry.take();
  }

  std::string request_body(const std::string& sql) const {
    JsonValue properties;
    properties.kind = Kind::object;
    properties.members.push_back({"auto.offset.reset", JsonValue::of_string("earliest")});
    for (const auto& property : test_.properties) {
      std::erase_if(properties.members, [&](const JsonMember& member) { return member.name == property.first; });
      properties.members.push_back({property.first, JsonValue::of_string(property.second)});
    }
    JsonValue body;
    body.kind = Kind::object;
    body.members = {{"ksql", JsonValue::of_string(sql)}, {"streamsProperties", properties}};
    return body.to_string();
  }

  // The expected answers of one kind, in order.
  std::vector<const JsonValue*> expected(bool admin) const {
    std::vector<const JsonValue*> out;
    for (const ExpectedResponse& response : test_.responses)
      if (response.admin == admin) out.push_back(&response.body);
    return out;
  }

  void run_commands(Outcome& outcome) {
    if (commands_.empty()) return;
    std::string sql;
    for (const std::string& command : commands_) sql += command + "\n";
    options_.say("{}", sql);
    bench_.make_topics_of(sql);
    shell::HttpExchange exchange(url_);
    exchange.send("POST", "/ksql", "application/json", request_body(sql));
    const std::string body = exchange.read_all();
    options_.say("  {} {}\n", exchange.status(), body);
    if (exchange.status() != 200) return check_error({exchange.status(), body}, queries_.empty(), outcome);
    bench_.learn_sources();
    bench_.settle();
    const JsonValue answers = parse_answer(body);
    const auto wanted = expected(true);
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (i >= answers.elements.size()) throw Miss("ours: an answer is missing");
      check_members(*wanted[i], answers.elements[i]);
    }
  }

  void run_query(size_t index, Outcome& outcome) {
    const bool last = index + 1 == queries_.size();
    options_.say("{}\n", queries_[index]);
    const auto wanted = expected(false);
    const JsonValue* rows = index < wanted.size() ? wanted[index] : nullptr;
    const Answer answer = ask(queries_[index], rows == nullptr ? 0 : rows->elements.size());
    options_.say("  {} {}\n", answer.status, answer.body);
    if (answer.status != 200) return check_error(answer, last, outcome);
    if (rows != nullptr) check_rows(*rows, parse_answer(answer.body));
  }

  // The answer when it is complete; of a query that is followed, when it has `lines` or nothing more comes.
  Answer ask(const std::string& sql, size_t lines) {
    shell::HttpExchange exchange(url_);
    exchange.send("POST", "/query", "application/json", request_body(sql));
    Answer answer;
    bool fed = !test_.feed_after_header;
    for (;;) {
      const auto event = exchange.read(answer.body, quiet);
      if (event == shell::HttpExchange::Event::ended) break;
      if (!fed && answer.body.find("\"header\"") != std::string::npos) {
        fed = true;
        bench_.feed_all();
        continue;
      }
      const auto came = static_cast<size_t>(std::count(answer.body.begin(), answer.body.end(), '\n'));
      const bool late = std::chrono::steady_clock::now() > bench_.deadline();
      if (event == shell::HttpExchange::Event::bytes && !late) continue;
      if (came < lines && !late) continue;
      close_list(answer.body);
      break;
    }
    answer.status = exchange.status();
    return answer;
  }

  // What has come of a list that goes on.
  static void close_list(std::string& body) {
    const size_t end = body.find_last_not_of(", \r\n");
    body.resize(end == std::string::npos ? 0 : end + 1);
    body += ']';
  }

  // The last request must fail with that status and message; no other may.
  void check_error(const Answer& answer, bool last, Outcome& outcome) const {
    const JsonValue error = parse_answer(answer.body);
    const std::string message = error.text_of("message");
    const std::string code = error.text_of("code", error.text_of("error_code"));
    if (!test_.refusal || !last) throw refused(test_, code, message);
    if (test_.status_code != 0 && test_.status_code != answer.status)
      throw Miss("ours: refused with another status",
                 fmt::format("expected {}, got {}: {}", test_.status_code, answer.status, message));
    outcome.not_built = lacks_something(code, message);
    if (message.find(*test_.refusal) == std::string::npos)
      throw Miss("ours: refused with another message", fmt::format("expected {}, got {}", *test_.refusal, message));
    outcome.message_matches = true;
  }

  // `got` has at least the members that `wanted` names, with equal values.
  static void check_members(const JsonValue& wanted, const JsonValue& got) {
    for (const JsonMember& member : wanted.members) {
      const bool beginning = member.name.ends_with(prefix);
      const std::string name = beginning ? member.name.substr(0, member.name.size() - prefix.size()) : member.name;
      const JsonValue* value = got.find(name);
      if (value == nullptr)
        throw Miss("ours: an answer lacks a member", "there is no " + name + " in " + got.to_string());
      const bool same = beginning          ? value->text.starts_with(member.value.text)
                        : name == "schema" ? same_schema(member.value.text, value->text)
                                           : !compare_values(member.value, *value);
      if (!same)
        throw Miss("ours: the " + name + " of an answer differs",
                   fmt::format("{}: expected {}, got {}", name, member.value.to_string(), value->to_string()));
    }
  }

  static std::vector<const JsonValue*> named(const JsonValue& list, std::string_view name) {
    std::vector<const JsonValue*> out;
    for (const JsonValue& element : list.elements)
      if (const JsonValue* value = element.find(name)) out.push_back(value);
    return out;
  }

  // Header and final message where they are expected; the rows in any order.
  static void check_rows(const JsonValue& wanted, const JsonValue& got) {
    for (const std::string_view name : {"header", "finalMessage"}) {
      const auto expected = named(wanted, name);
      const auto came = named(got, name);
      if (expected.empty()) continue;
      if (came.empty()) throw Miss(fmt::format("ours: there is no {}", name), "in " + got.to_string());
      if (expected[0]->is(Kind::object))
        check_members(*expected[0], *came[0]);
      else if (expected[0]->text != came[0]->text)
        throw Miss("ours: the final message differs",
                   fmt::format("expected {}, got {}", expected[0]->text, came[0]->text));
    }
    auto left = named(got, "row");
    const auto expected = named(wanted, "row");
    for (const JsonValue* row : expected) {
      const auto found = std::find_if(left.begin(), left.end(),
                                      [&](const JsonValue* candidate) { return same_row(*row, *candidate); });
      if (found == left.end())
        throw Miss("ours: a row is missing", fmt::format("expected {} in {}", row->to_string(), got.to_string()));
      left.erase(found);
    }
    if (!left.empty()) throw Miss("ours: there are further rows", left[0]->to_string());
  }

  static bool same_row(const JsonValue& wanted, const JsonValue& got) {
    const JsonValue* columns = wanted.find("columns");
    const JsonValue* values = got.find("columns");
    return columns != nullptr && values != nullptr && !compare_values(*columns, *values) &&
           wanted.text_of("tombstone", "false") == got.text_of("tombstone", "false");
  }

  const TestCase& test_;
  const RunOptions& options_;
  CaseEngine bench_;
  LiveHub live_;
  HttpFront front_;
  shell::ServerUrl url_;
  std::vector<std::string> commands_, queries_;
};

}  // namespace

Outcome run_rest_case(const TestCase& test, const RunOptions& options) {
  return outcome_of([&](Outcome& outcome) {
    try {
      RestCase(test, options).run(outcome);
    } catch (const shell::ConnectionError& error) {
      throw Miss("ours: the connection was lost", error.what());
    }
  });
}

}  // namespace millrace::conformance
