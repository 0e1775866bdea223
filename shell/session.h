// What a shell does with one statement: send it, show what comes, keep what SET and DEFINE say.
#pragma once

#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "shell/http_client.h"
#include "shell/interrupt.h"
#include "shell/live_table.h"
#include "shell/row_printer.h"
#include "shell/statement_splitter.h"
#include "shell/terminal.h"

namespace millrace::shell {

// Belongs to one thread.
class ShellSession {
 public:
  ShellSession(ServerUrl url, OutputFormat format, std::ostream& out, std::ostream& errors)
      : url_(std::move(url)), format_(format), out_(out), errors_(errors) {}

  // A server that cannot be reached is waited for, until an interrupt, and not a failure like any other.
  void wait_for_server() { waits_for_server_ = true; }

  enum class Outcome { done, failed, interrupted };
  // `source` names where the statement was read, such as a file, or is empty. An interrupt ends a SELECT at the server,
  // and its rows; of any other statement only the answer is not waited for. A statement is sent at most once.
  Outcome run(const StatementText& statement, const std::string& source);
  // Shows each SELECT as a table that changes in place, one below the other, until all end or an interrupt.
  Outcome watch(const std::vector<std::string>& statements);

  const ServerUrl& url() const { return url_; }
  void set_format(OutputFormat format) { format_ = format; }
  // Where results for people go.
  const Terminal& terminal() const { return terminal_; }

  // For a line editor: readable on Ctrl-C, and to be told that it was heard.
  int interrupt_descriptor() const { return interrupt_.descriptor(); }
  void take_interrupt() { interrupt_.take(); }

  // Prints the shell's own and the server's.
  Outcome show_version(const std::string& own);
  // "0.1.0" as the server says it. Throws ConnectionError.
  std::string server_version();

 private:
  using Event = HttpExchange::Event;
  // A SELECT that is shown as a table.
  struct Watched {
    StatementText statement;
    std::unique_ptr<HttpExchange> exchange;
    std::string body;                // not taken yet
    std::optional<LiveTable> table;  // once its columns are known
    bool ended = false;
    bool failed = false;
  };

  // Throws ConnectionError; before anything was sent, only where nobody waits for the server.
  std::unique_ptr<HttpExchange> connect();
  void say_broken(const ConnectionError& error, bool carried_out_maybe);
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
  OutputFormat format_;
  const Terminal terminal_{STDOUT_FILENO};
  std::ostream& out_;
  std::ostream& errors_;
  Interrupt interrupt_;
  bool waits_for_server_ = false;
  std::map<std::string, std::string> properties_;
  std::map<std::string, std::string> variables_;
};

}  // namespace millrace::shell
