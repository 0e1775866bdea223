// millrace replay: a file into a stream through the public API, paced.
#pragma once

#include <optional>
#include <string>

#include "shell/http_client.h"

namespace millrace::shell {

struct ReplayOptions {
  ServerUrl url;
  std::string file;             // CSV with a header line, or JSON lines; .gz too; "-": standard input, JSON lines
  std::string stream;           // as in SQL
  std::string time_column;      // paces by event time where speed is given
  std::optional<double> speed;  // times as fast as real time
  std::optional<double> rate;   // rows a second; neither: as fast as rows are acknowledged
};

// Prints totals. The exit status: 0, 1 when rows were rejected or the replay broke off, 130 after Ctrl-C.
int run_replay(const ReplayOptions& options);

}  // namespace millrace::shell
