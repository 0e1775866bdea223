#include "shell/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>

#include "shell/entity_view.h"
#include "shell/json_text.h"

namespace millrace::shell {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr const char* json_lines = "application/vnd.ksqlapi.delimited.v1";
// How long a query that was closed may take to say its last.
constexpr auto closing_time = 3s;
constexpr auto redraw_interval = 100ms;
constexpr std::chrono::milliseconds reconnect_interval = 300ms;
// The columns of a result are shown when no row came for so long.
constexpr auto header_time = 300ms;

// How long to wait for the next rows before something else is to be done.
std::chrono::milliseconds silence(ShellSession::Outcome outcome, const std::optional<RowPrinter>& printer) {
  if (outcome == ShellSession::Outcome::interrupted) return 100ms;
  return printer && !printer->header_printed() ? header_time : 24h;
}

// Takes the complete lines off the front of a text.
std::vector<std::string> take_lines(std::string& text, bool with_rest) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  text.erase(0, begin);
  if (with_rest && !text.empty()) lines.push_back(std::exchange(text, {}));
  return lines;
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

}  // namespace

std::string ShellSession::request_body(const std::string& sql, const char* text_name,
                                       const char* properties_name) const {
  return Json{{text_name, sql}, {properties_name, properties_}, {"sessionVariables", variables_}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

ShellSession::Outcome ShellSession::run(const StatementText& statement, const std::string& source) {
  interrupt_.take();
  const std::string word = first_word(statement.text);
  try {
    return word == "SELECT" || word == "PRINT" ? run_query(statement, source) : run_command(statement, source);
  } catch (const ServerUnreachable& error) {
    if (interrupt_.take()) return Outcome::interrupted;
    errors_ << error.what() << std::endl;
    return Outcome::failed;
  } catch (const ConnectionError& error) {
    const bool reads = word == "SELECT" || word == "PRINT" || word == "SHOW" || word == "LIST" || word == "DESCRIBE";
    errors_ << error.what() << (reads ? "" : "; the statement may have been carried out and is not sent again")
            << std::endl;
    return Outcome::failed;
  } catch (const Json::exception& error) {
    errors_ << "cannot understand what the server at " << url_.to_string() << " says: " << error.what() << std::endl;
    return Outcome::failed;
  }
}

std::unique_ptr<HttpExchange> ShellSession::connect() {
  const HttpExchange::Patience patience{.interrupt_descriptor = interrupt_.descriptor()};
  for (bool told = false;; told = true) {
    try {
      auto exchange = std::make_unique<HttpExchange>(url_, patience);
      if (told) errors_ << "the server is back" << std::endl;
      return exchange;
    } catch (const ServerUnreachable& error) {
      if (!waits_for_server_) throw;
      if (!told) errors_ << error.what() << "; waiting for it, Ctrl-C gives up" << std::endl;
      pollfd poll{interrupt_.descriptor(), POLLIN, 0};
      if (::poll(&poll, 1, static_cast<int>(reconnect_interval.count())) > 0) throw;
    }
  }
}

ShellSession::Outcome ShellSession::run_command(const StatementText& statement, const std::string& source) {
  const auto exchange = connect();
  exchange->send("POST", "/ksql", "application/json", request_body(statement.text, "ksql", "streamsProperties"));
  std::string body;
  for (Event event = Event::bytes; event != Event::ended;) {
    event = exchange->read(body, 24h);
    if (event != Event::interrupted) continue;
    interrupt_.take();
    errors_ << "\nnot waited for; the server may still carry the statement out" << std::endl;
    return Outcome::interrupted;
  }
  if (exchange->status() != 200) {
    show_error(body, statement, source);
    return Outcome::failed;
  }
  const Json entities = Json::parse(body);
  for (const Json& entity : entities) print_entity(entity, format_, out_);
  out_ << std::flush;
  keep_setting(statement.text);
  return Outcome::done;
}

// The server keeps nothing of a shell between two statements: its settings go along with each.
void ShellSession::keep_setting(const std::string& statement) {
  const std::string word = first_word(statement);
  const auto words = words_of(statement);
  if (word == "SET" && words.size() >= 3) properties_[words[1]] = words[2];
  if (word == "UNSET" && words.size() >= 2) properties_.erase(words[1]);
  if (word == "DEFINE" && words.size() >= 3) variables_[words[1]] = words[2];
  if (word == "UNDEFINE" && words.size() >= 2) variables_.erase(words[1]);
}

ShellSession::Outcome ShellSession::run_query(const StatementText& statement, const std::string& source) {
  const auto exchange = connect();
  exchange->send("POST", "/query-stream", json_lines, request_body(statement.text, "sql", "properties"));
  std::string body;
  std::string query_id;
  std::optional<RowPrinter> printer;
  Outcome outcome = Outcome::done;
  auto deadline = std::chrono::steady_clock::time_point::max();
  for (Event event = Event::bytes; event != Event::ended;) {
    event = exchange->read(body, silence(outcome, printer));
    if (event == Event::timed_out && printer) printer->print_header_once();
    if (event == Event::interrupted) {
      interrupt_.take();
      if (isatty(STDOUT_FILENO) != 0) out_ << std::endl;  // after the ^C
      if (outcome == Outcome::interrupted) break;         // pressed again
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
        printer.emplace(format_, out_, columns_of(object));
      } else if (object.contains("error_code")) {
        if (printer && !rows.empty()) printer->print(std::exchange(rows, {}));
        show_error(line, statement, source);
        outcome = Outcome::failed;
      }
    }
    if (printer && !rows.empty()) printer->print(rows);
  }
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

// The message, and where there is one the place: the line of the statement with a caret under it.
void ShellSession::show_error(const std::string& body, const StatementText& statement, const std::string& source) {
  const Json error = Json::parse(body, nullptr, false);
  if (!error.is_object() || !error.contains("message")) {
    errors_ << "the server at " << url_.to_string() << " answers: " << body << std::endl;
    return;
  }
  const int line = error.value("line", 0);
  const int column = error.value("column", 0);
  std::string place;
  if (!source.empty()) place = fmt::format("{}:{}: ", source, statement.line + std::max(line, 1) - 1);
  errors_ << place << "error: " << error["message"].get<std::string>() << "\n";
  if (line >= 1 && column >= 1) {
    std::string_view text = statement.text;
    for (int i = 1; i < line && text.find('\n') != std::string_view::npos; ++i) text.remove_prefix(text.find('\n') + 1);
    text = text.substr(0, text.find('\n'));
    // Tabs stay tabs, so that the caret stands where the place is whatever their width.
    std::string before;
    int characters = 0;
    for (const char c : text) {
      const bool begins = (static_cast<unsigned char>(c) & 0xc0u) != 0x80;
      if (begins && ++characters >= column) break;
      before += c;
    }
    std::string indent;
    for (const char c : before) {
      if (c == '\t') indent += '\t';
    }
    std::erase(before, '\t');
    errors_ << "  " << text << "\n  " << indent << std::string(display_width(before), ' ') << "^\n";
  }
  errors_ << std::flush;
}

// Takes what came for a table. True: it looks different now.
bool ShellSession::take_changes(Watched& watched, bool ended) {
  bool changed = false;
  for (const std::string& line : take_lines(watched.body, ended)) {
    const auto part = parse_query_part(line);
    if (part.header) watched.table.emplace(*part.header);
    if (watched.table && part.row) watched.table->apply(*part.row, part.tombstone);
    changed = changed || part.header || part.row;
    if (part.error.empty()) continue;
    show_error(part.error, watched.statement, "");
    watched.failed = true;
  }
  return changed;
}

// Hears the server until there is news, or until the time has come. Sets `changed` where a table looks different.
ShellSession::Event ShellSession::hear(Watched& watched, std::chrono::milliseconds timeout, bool& changed) {
  const Event event = watched.exchange->read(watched.body, timeout);
  watched.ended = event == Event::ended;
  const int status = watched.exchange->status();
  if (status == 200) {
    changed = take_changes(watched, watched.ended) || changed;
  } else if (watched.ended) {
    show_error(watched.body, watched.statement, "");
    watched.failed = true;
  }
  return event;
}

ShellSession::Outcome ShellSession::watch(const std::vector<std::string>& statements) {
  interrupt_.take();
  // The table as it is, not only what changes from now on.
  properties_.emplace("auto.offset.reset", "earliest");
  try {
    std::deque<Watched> all;
    for (const std::string& sql : statements) {
      Watched& watched = all.emplace_back(Watched{{sql, 1}, connect(), {}, {}});
      watched.exchange->send("POST", "/query", "application/json", request_body(sql, "ksql", "streamsProperties"));
    }
    const auto running = [&] { return std::count_if(all.begin(), all.end(), [](auto& each) { return !each.ended; }); };
    LiveTable::Screen screen(out_, isatty(STDOUT_FILENO) != 0);
    auto drawn = std::chrono::steady_clock::time_point{};
    bool changed = false;
    while (running() > 0) {
      for (Watched& watched : all) {
        if (watched.ended) continue;
        // Several take turns.
        const auto patience = running() > 1 ? redraw_interval / 2 : changed ? redraw_interval : 24h;
        const Event event = hear(watched, patience, changed);
        if (event == Event::interrupted) return Outcome::interrupted;
      }
      const auto now = std::chrono::steady_clock::now();
      if (!changed || (running() > 0 && now - drawn < redraw_interval)) continue;
      std::vector<const LiveTable*> tables;
      for (const Watched& watched : all) {
        if (watched.table) tables.push_back(&*watched.table);
      }
      screen.draw(tables);
      drawn = now;
      changed = false;
    }
    const bool failed = std::any_of(all.begin(), all.end(), [](const Watched& each) { return each.failed; });
    return failed ? Outcome::failed : Outcome::done;
  } catch (const ConnectionError& error) {
    errors_ << error.what() << std::endl;
  } catch (const Json::exception& error) {
    errors_ << "cannot understand what the server at " << url_.to_string() << " says: " << error.what() << std::endl;
  }
  return Outcome::failed;
}

ShellSession::Outcome ShellSession::show_version(const std::string& own) {
  try {
    const std::string server = server_version();
    out_ << fmt::format("shell {}, server {} at {}\n", own, server, url_.to_string()) << std::flush;
    return Outcome::done;
  } catch (const ConnectionError& error) {
    out_ << fmt::format("shell {}\n", own) << std::flush;
    errors_ << error.what() << std::endl;
    return Outcome::failed;
  }
}

std::string ShellSession::server_version() {
  HttpExchange exchange(url_, {.interrupt_descriptor = interrupt_.descriptor()});
  exchange.send("GET", "/info", "application/json", "");
  std::string text;
  for (Event event = Event::bytes; event != Event::ended;) {
    event = exchange.read(text, 24h);
    if (event == Event::interrupted) throw ConnectionError("the server at " + url_.to_string() + " does not answer");
  }
  const Json body = Json::parse(text, nullptr, false);
  const Json server = body.is_object() ? body.value("KsqlServerInfo", Json::object()) : Json::object();
  return server.value("version", std::string("unknown"));
}

}  // namespace millrace::shell
