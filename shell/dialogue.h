// The shell with a person at a terminal.
#pragma once

#include "shell/script.h"

namespace millrace::shell {

// Until EXIT or Ctrl-D. `script` runs what is typed over `session`. The exit status: 1 where the server is away from
// the beginning, else 0.
int run_dialogue(ShellSession& session, Script& script);

}  // namespace millrace::shell
