// What a shell does with one statement: send it, show what comes, keep what SET and DEFINE say.
#pragma once

#include <map>
#include <ostream>
#include <string>

#include "shell/http_client.h"
#include "shell/interrupt.h"
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
  // Shows a SELECT as a table that changes in place, until it ends or is interrupted.
  Outcome watch(const std::string& sql);

  // For a line editor: readable on Ctrl-C, and to be told that it was heard.
  int interrupt_descriptor() const { return interrupt_.descriptor(); }
  void take_interrupt() { interrupt_.take(); }

  // "0.1.0" as the server says it. Throws ConnectionError.
  std::string server_version();

 private:
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
