// Sessions with the shell as they stand in a document: run again, and compared.
#pragma once

#include <string>
#include <vector>

#include "shell/http_client.h"

namespace millrace::testing {

// The blocks "```console" of a Markdown text, in order, over one server. In them
//   millrace> a line that is typed to a shell on a terminal, with further lines behind "->",
//   $ a line for the shell of the system, where MILLRACE_URL names the server,
// and everything else is what is shown then. A block whose fence names a file, as in "```sql demo.sql", is written to
// it. In what is shown "…" stands for any text of a line, and as the only text of a line for any lines.
struct Transcript {
  std::string expected;
  std::string shown;
  bool agrees() const;
};

// One for each block. With MILLRACE_UPDATE in the environment the document gets what is shown where it says otherwise.
// Throws std::runtime_error.
std::vector<Transcript> run_transcripts(const std::string& document, const shell::ServerUrl& url,
                                        const std::string& folder);

}  // namespace millrace::testing
