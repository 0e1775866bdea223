// millrace shell: statements from a person, from the command line and from files, over the public API only.
#pragma once

#include <string>
#include <vector>

#include "shell/http_client.h"
#include "shell/row_printer.h"

namespace millrace::shell {

struct ShellOptions {
  ServerUrl url;
  std::vector<std::string> files;       // -f, run first
  std::vector<std::string> statements;  // -e
  std::vector<std::string> watched;     // then these, until they end or Ctrl-C
  OutputFormat output = OutputFormat::table;
  bool keep_going = false;   // after a statement that failed
  std::string version = {};  // of this program
};

// The exit status: 0, 1 when a statement failed, 130 when Ctrl-C ended a script.
int run_shell(const ShellOptions& options);

}  // namespace millrace::shell
