// `millrace health`: for scripts and containers.
#pragma once

#include "shell/http_client.h"

namespace millrace::shell {

// Asks /healthcheck and prints what it says. 0: the server is well; 1: it is not, or does not answer.
int run_health(const ServerUrl& url);

}  // namespace millrace::shell
