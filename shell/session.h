// What a shell does with one statement: send it, show what comes, keep what SET and DEFINE say.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "shell/http_client.h"
#include "shell/interrupt.h"
#include "shell/live_table.h"
#include "shell/row_printer.h"
#include "shell/statement_splitter.h"

namespace millrace::shell {

// Belongs to one thread.
class ShellSession {
 public:
  ShellSession(ServerUrl url, OutputFormat format, std::ostream& out, std::ostream& errors)
      : url_(std::move(url)), format_(format), out_(out), errors_(errors) {}

  enum class Outcome { done, failed, interrupted };
  // `source` names where the statement was read, such as a file, or is empty. A server that cannot be reached is a
  // failure like any other. An interrupt ends a SELECT at the server, and its rows.
  Outcome run(const StatementText& statement, const std::string& source);
  // Shows each SELECT as a table that changes in place, one below the other, until all end or an interrupt.
  Outcome watch(const std::vector<std::string>& statements);

  // For a line editor: readable on Ctrl-C, and to be told that it was heard.
  int interrupt_descriptor() const { return interrupt_.descriptor(); }
  void take_interrupt() { interrupt_.take(); }

  // "0.1.0" as the server says it. Throws ConnectionError.
  std::string server_version();

 private:
  using Event = HttpExchange::Event;
  // A SELECT that is shown as a table.
  struct Watched {
    Watched(const ServerUrl& url, const std::string& sql) : statement{sql, 1}, exchange(url) {}
    StatementText statement;
    HttpExchange exchange;
    std::string body;                // not taken yet
    std::optional<LiveTable> table;  // once its columns are known
    bool ended = false;
    bool failed = false;
  };

  bool take_changes(Watched& watched, bool ended);
  Event hear(Watched& watched, std::chrono::milliseconds timeout, bool& changed);
  Outcome run_query(const StatementText& statement, const std::string& source);
  Outcome run_command(const StatementText& statement, const std::string& source);
  void keep_setting(const std::string& statement);
  std::string request_body(const std::string& sql, const char* text_name, const char* properties_name) const;
  void show_error(const std::string& body, const StatementText& statement, const std::string& source);
  // Ends the query at the server; what it still sends is read elsewhere.
  void close_query(const std::string& query_id);

  const ServerUrl url_;
  const OutputFormat format_;
  std::ostream& out_;
  std::ostream& errors_;
  Interrupt interrupt_;
  std::map<std::string, std::string> properties_;
  std::map<std::string, std::string> variables_;
};

}  // namespace millrace::shell
