// What a shell does with one statement: send it, show what comes, keep what SET and DEFINE say.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "shell/http_client.h"
#include "shell/interrupt.h"
#include "shell/outcome.h"
#include "shell/row_printer.h"
#include "shell/server_names.h"
#include "shell/statement_splitter.h"
#include "shell/terminal.h"

namespace millrace::shell {

// Belongs to one thread.
class ShellSession {
 public:
  // What `out` and `errors` are shown on decides how: on no terminal nothing is fitted, coloured or moved.
  ShellSession(ServerUrl url, OutputFormat format, std::ostream& out, std::ostream& errors,
               const Terminal& terminal = {}, const Terminal& error_terminal = {})
      : url_(std::move(url)),
        format_(format),
        out_(out),
        errors_(errors),
        terminal_(terminal),
        error_terminal_(error_terminal) {}

  // A server that cannot be reached is waited for, until an interrupt, and not a failure like any other.
  void wait_for_server() { waits_for_server_ = true; }

  // `source` names where the statement was read, such as a file, or is empty. An interrupt ends a SELECT at the server,
  // and its rows; of any other statement only the answer is not waited for. A statement is sent at most once.
  Outcome run(const StatementText& statement, const std::string& source);
  // Shows each SELECT as a table that changes in place, one below the other, until all end or an interrupt; of a stream
  // the latest rows, and where it is alone all of them as they come.
  Outcome watch(const std::vector<std::string>& statements);

  const ServerUrl& url() const { return url_; }
  void set_format(OutputFormat format) { format_ = format; }
  // Where results for people go.
  const Terminal& terminal() const { return terminal_; }
  // And what is said of them and their mistakes.
  const Terminal& error_terminal() const { return error_terminal_; }
  ServerNames& names() { return names_; }

  // Readable on Ctrl-C until it is heard: by a statement that runs, or here, which says whether there was one.
  int interrupt_descriptor() const { return interrupt_.descriptor(); }
  bool take_interrupt() { return interrupt_.take(); }

  // Something of one line, for people or programs.
  void print_line(const char* name, const std::string& text);
  // Prints the shell's own and the server's.
  Outcome show_version(const std::string& own);
  // "0.1.0" as the server says it. Throws ConnectionError.
  std::string server_version();

 private:
  using Event = HttpExchange::Event;

  Outcome guarded(const std::string& word, const std::function<Outcome()>& statement);
  // Throws ConnectionError; before anything was sent, only where nobody waits for the server.
  std::unique_ptr<HttpExchange> connect();
  std::unique_ptr<HttpExchange> try_connect();
  // What the server says there. Throws ConnectionError.
  nlohmann::ordered_json get(const std::string& path);
  bool has_row_per_key(const std::string& statement);
  bool moves_in_place(const std::string& statement);
  Outcome run_live(const std::vector<StatementText>& statements, const std::string& source);
  void interrupted_on_terminal();
  Outcome run_query(const StatementText& statement, const std::string& source);
  Outcome run_command(const StatementText& statement, const std::string& source);
  void keep_setting(const std::string& statement);
  std::string request_body(const std::string& sql, const char* text_name, const char* properties_name,
                           const std::map<std::string, std::string>& properties) const;
  void show_error(const std::string& body, const StatementText& statement, const std::string& source);
  // Ends the query at the server; what it still sends is read elsewhere.
  void close_query(const std::string& query_id);

  const ServerUrl url_;
  OutputFormat format_;
  std::ostream& out_;
  std::ostream& errors_;
  const Terminal terminal_;
  const Terminal error_terminal_;
  Interrupt interrupt_;
  ServerNames names_{url_, interrupt_.descriptor()};
  bool waits_for_server_ = false;
  bool server_went_ = false;  // and it is not known yet whether it takes statements again
  std::map<std::string, std::string> properties_;
  std::map<std::string, std::string> variables_;
};

}  // namespace millrace::shell
