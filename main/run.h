// millrace run: scripts against an engine in the same process.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shell/row_printer.h"

namespace millrace {

struct RunArguments {
  std::vector<std::string> scripts;
  struct Feed {
    std::string topic;
    std::string file;  // CSV with a header line or JSON lines; "-": standard input
  };
  std::vector<Feed> feeds;
  std::optional<std::string> data_dir;  // absent: a log in memory
  shell::OutputFormat output = shell::OutputFormat::table;
};

// The exit status: 0, 1 when a statement failed or a row was refused.
int run_scripts(const RunArguments& arguments);

}  // namespace millrace
