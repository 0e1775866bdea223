#include "shell/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <strings.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "shell/entity_view.h"
#include "shell/error_view.h"
#include "shell/json_text.h"
#include "shell/live_results.h"
#include "shell/progress.h"

namespace millrace::shell {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr const char* json_lines = "application/vnd.ksqlapi.delimited.v1";
// How long a query that was closed may take to say its last.
constexpr auto closing_time = 3s;
// How often there is a look at whether to show how far it is.
constexpr std::chrono::milliseconds progress_interval = 200ms;
constexpr std::chrono::milliseconds reconnect_interval = 300ms;
// The columns of a result are shown when no row came for so long.
constexpr auto header_time = 300ms;

// How long to wait for the next rows before something else is to be done.
std::chrono::milliseconds silence(Outcome outcome, const std::optional<RowPrinter>& printer) {
  if (outcome == Outcome::interrupted) return 100ms;
  return printer && !printer->header_printed() ? header_time : progress_interval;
}

std::vector<ResultColumn> columns_of(const Json& header) {
  std::vector<ResultColumn> columns;
  const Json names = header.value("columnNames", Json::array());
  const Json types = header.value("columnTypes", Json::array());
  for (size_t i = 0; i < names.size(); ++i) {
    columns.push_back({names[i].get<std::string>(), i < types.size() ? types[i].get<std::string>() : ""});
  }
  return columns;
}

// Where a word stands from there on, in any case; the number of words where it does not.
size_t find_word(const std::vector<std::string>& words, size_t from, const char* word) {
  while (from < words.size() && strcasecmp(words[from].c_str(), word) != 0) ++from;
  return from;
}

}  // namespace

std::string ShellSession::request_body(const std::string& sql, const char* text_name, const char* properties_name,
                                       const std::map<std::string, std::string>& properties) const {
  return Json{{text_name, sql}, {properties_name, properties}, {"sessionVariables", variables_}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

// What a connection's end means for a statement that begins with this word.
Outcome ShellSession::guarded(const std::string& word, const std::function<Outcome()>& statement) {
  try {
    return statement();
  } catch (const ServerUnreachable& error) {
    if (interrupt_.take()) return Outcome::interrupted;
    errors_ << error.what() << std::endl;
  } catch (const ConnectionError& error) {
    const bool reads = word == "SELECT" || word == "PRINT" || word == "SHOW" || word == "LIST" || word == "DESCRIBE";
    errors_ << error.what() << (reads ? "" : "; the statement may have been carried out and is not sent again")
            << std::endl;
  } catch (const Json::exception& error) {
    errors_ << "cannot understand what the server at " << url_.to_string() << " says: " << error.what() << std::endl;
  }
  return Outcome::failed;
}

Outcome ShellSession::run(const StatementText& statement, const std::string& source) {
  const std::string word = first_word(statement.text);
  return guarded(word, [&] {
    if (word != "SELECT" && word != "PRINT") return run_command(statement, source);
    const bool live = format_ == OutputFormat::table && terminal_.present() && moves_in_place(statement.text);
    return live ? run_live({statement}, source) : run_query(statement, source);
  });
}

// Behind the ^C that a terminal shows.
void ShellSession::interrupted_on_terminal() {
  interrupt_.take();
  if (terminal_.present()) out_ << std::endl;
}

// A server that listens again may still read its log.
std::unique_ptr<HttpExchange> ShellSession::try_connect() {
  if (waits_for_server_ && server_went_) {
    const Json state = get("/v1/health/ready");
    if (state.is_object() && state.value("state", "") == "starting")
      throw ServerUnreachable("the server at " + url_.to_string() + " reads its log");
    server_went_ = false;
  }
  return std::make_unique<HttpExchange>(url_, HttpExchange::Patience{.interrupt_descriptor = interrupt_.descriptor()});
}

std::unique_ptr<HttpExchange> ShellSession::connect() {
  for (bool told = false;; told = true) {
    try {
      auto exchange = try_connect();
      if (told) errors_ << "the server is back" << std::endl;
      return exchange;
    } catch (const ServerUnreachable& error) {
      server_went_ = true;
      if (!waits_for_server_) throw;
      if (!told) errors_ << error.what() << "; waiting for it, Ctrl-C gives up" << std::endl;
      pollfd poll{interrupt_.descriptor(), POLLIN, 0};
      if (::poll(&poll, 1, static_cast<int>(reconnect_interval.count())) > 0) throw;
    }
  }
}

Outcome ShellSession::run_command(const StatementText& statement, const std::string& source) {
  const auto exchange = connect();
  exchange->send("POST", "/ksql", "application/json",
                 request_body(statement.text, "ksql", "streamsProperties", properties_));
  std::string body;
  Progress progress(errors_, error_terminal_);
  for (Event event = Event::bytes; event != Event::ended;) {
    event = exchange->read(body, progress_interval);
    if (progress.due()) progress.show(fmt::format("waiting for the server, {:.0f} s", progress.seconds()));
    if (event != Event::interrupted) continue;
    interrupt_.take();
    progress.clear();
    errors_ << "\nnot waited for; the server may still carry the statement out" << std::endl;
    return Outcome::interrupted;
  }
  progress.clear();
  if (exchange->status() != 200) {
    show_error(body, statement, source);
    return Outcome::failed;
  }
  const Json entities = Json::parse(body);
  for (const Json& entity : entities) print_entity(entity, format_, out_, terminal_);
  out_ << std::flush;
  keep_setting(statement.text);
  return Outcome::done;
}

// The server keeps nothing of a shell between two statements: its settings go along with each.
void ShellSession::keep_setting(const std::string& statement) {
  const std::string word = first_word(statement);
  const auto words = words_of(statement);
  // A name without quotes is in capitals, as the server has it.
  const auto name = [&] { return statement.find('`') == std::string::npos ? upper(words[1]) : words[1]; };
  if (word == "SET" && words.size() >= 3) properties_[words[1]] = words[2];
  if (word == "UNSET" && words.size() >= 2) properties_.erase(words[1]);
  if (word == "DEFINE" && words.size() >= 3) variables_[name()] = words[2];
  if (word == "UNDEFINE" && words.size() >= 2) variables_.erase(name());
}

Outcome ShellSession::run_query(const StatementText& statement, const std::string& source) {
  const auto exchange = connect();
  exchange->send("POST", "/query-stream", json_lines, request_body(statement.text, "sql", "properties", properties_));
  std::string body;
  std::string query_id;
  std::optional<RowPrinter> printer;
  // Rows on the terminal show by themselves how far it is.
  Progress progress(errors_, terminal_.present() ? Terminal() : error_terminal_);
  Outcome outcome = Outcome::done;
  auto deadline = std::chrono::steady_clock::time_point::max();
  for (Event event = Event::bytes; event != Event::ended;) {
    event = exchange->read(body, silence(outcome, printer));
    if (event == Event::timed_out && printer) printer->print_header_once();
    if (event == Event::interrupted) {
      interrupted_on_terminal();
      if (outcome == Outcome::interrupted) break;  // pressed again
      outcome = Outcome::interrupted;
      deadline = std::chrono::steady_clock::now() + closing_time;
      if (query_id.empty()) break;
      close_query(query_id);
    }
    if (std::chrono::steady_clock::now() > deadline) break;
    if (exchange->status() != 0 && exchange->status() != 200) continue;
    std::vector<ResultRow> rows;
    for (const std::string& line : take_lines(body, event == Event::ended)) {
      if (line.starts_with('[')) {
        rows.push_back(split_array(line));
      } else if (const Json object = Json::parse(line); !printer && object.contains("columnNames")) {
        query_id = object.value("queryId", Json()).is_string() ? object["queryId"].get<std::string>() : "";
        printer.emplace(format_, out_, columns_of(object), terminal_);
      } else if (object.contains("error_code")) {
        if (printer && !rows.empty()) printer->print(std::exchange(rows, {}));
        progress.clear();
        show_error(line, statement, source);
        outcome = Outcome::failed;
      }
    }
    if (printer && !rows.empty()) printer->print(rows);
    if (progress.due()) progress.show(progress.rate_of(printer ? printer->rows() : 0, "rows"));
  }
  progress.clear();
  if (exchange->status() != 200 && outcome != Outcome::interrupted) {
    show_error(body, statement, source);
    return Outcome::failed;
  }
  if (printer && outcome != Outcome::failed) printer->end(true);
  return outcome;
}

void ShellSession::close_query(const std::string& query_id) {
  HttpExchange exchange(url_, {.connect = closing_time});
  exchange.send("POST", "/close-query", "application/json", Json{{"queryId", query_id}}.dump());
  std::string ignored;
  exchange.read(ignored, closing_time);
}

void ShellSession::show_error(const std::string& body, const StatementText& statement, const std::string& source) {
  errors_ << error_text(body, statement, source, error_terminal_) << std::flush;
}

// Groups, and tables where no stream is read first.
bool ShellSession::has_row_per_key(const std::string& statement) {
  const auto words = words_of(statement);
  const size_t from = find_word(words, 0, "FROM");
  if (from + 1 >= words.size()) return false;
  if (find_word(words, from, "GROUP") < words.size()) return true;
  const auto& tables = names_.of(NameKind::tables);
  return std::any_of(tables.begin(), tables.end(),
                     [&](const std::string& each) { return strcasecmp(each.c_str(), words[from + 1].c_str()) == 0; });
}

// What goes on, and is kept by key.
bool ShellSession::moves_in_place(const std::string& statement) {
  const auto words = words_of(statement);
  return find_word(words, 0, "CHANGES") < words.size() && find_word(words, 0, "LIMIT") >= words.size() &&
         has_row_per_key(statement);
}

Outcome ShellSession::run_live(const std::vector<StatementText>& statements, const std::string& source) {
  // Tables as they are, not only what changes from now on.
  auto from_the_first = properties_;
  from_the_first.emplace("auto.offset.reset", "earliest");
  LiveResults results(out_, terminal_, [&](const std::string& error, const StatementText& statement) {
    show_error(error, statement, source);
  });
  for (const StatementText& statement : statements) {
    const bool by_key = has_row_per_key(statement.text);
    auto exchange = connect();
    exchange->send("POST", "/query", "application/json",
                   request_body(statement.text, "ksql", "streamsProperties", by_key ? from_the_first : properties_));
    results.add(statement, by_key, std::move(exchange));
  }
  const Outcome outcome = results.run();
  if (outcome == Outcome::interrupted) interrupted_on_terminal();
  return outcome;
}

Outcome ShellSession::watch(const std::vector<std::string>& statements) {
  std::vector<StatementText> texts;
  for (const std::string& sql : statements) texts.push_back({sql, 1});
  return guarded("SELECT", [&] {
    const bool flows = texts.size() == 1 && !has_row_per_key(texts.front().text);
    return flows ? run_query(texts.front(), "") : run_live(texts, "");
  });
}

void ShellSession::print_line(const char* name, const std::string& text) {
  if (format_ == OutputFormat::table) {
    out_ << text << std::endl;
  } else {
    RowPrinter(format_, out_, {{name, "STRING"}}).print({{json_string(text)}});
  }
}

Outcome ShellSession::show_version(const std::string& own) {
  try {
    const std::string server = server_version();
    print_line("Version", fmt::format("shell {}, server {} at {}", own, server, url_.to_string()));
    return Outcome::done;
  } catch (const ConnectionError& error) {
    print_line("Version", "shell " + own);
    errors_ << error.what() << std::endl;
    return Outcome::failed;
  }
}

Json ShellSession::get(const std::string& path) {
  HttpExchange exchange(url_, {.interrupt_descriptor = interrupt_.descriptor()});
  exchange.send("GET", path, "application/json", "");
  std::string text;
  for (Event event = Event::bytes; event != Event::ended;) {
    event = exchange.read(text, 24h);
    if (event == Event::interrupted) throw ConnectionError("the server at " + url_.to_string() + " does not answer");
  }
  return Json::parse(text, nullptr, false);
}

std::string ShellSession::server_version() {
  const Json body = get("/info");
  const Json server = body.is_object() ? body.value("KsqlServerInfo", Json::object()) : Json::object();
  return server.value("version", std::string("unknown"));
}

}  // namespace millrace::shell
