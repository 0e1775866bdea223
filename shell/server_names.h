// What the server knows by name, for completion: asked when it is needed, and never waited for long.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "shell/http_client.h"

namespace millrace::shell {

enum class NameKind { streams, tables, queries, topics, types, functions, properties };

// Belongs to one thread. A server that is slow or away gives no names.
class ServerNames {
 public:
  // Ctrl-C, by its descriptor, ends a wait.
  ServerNames(ServerUrl url, int interrupt_descriptor) : url_(std::move(url)), interrupt_(interrupt_descriptor) {}

  const std::vector<std::string>& of(NameKind kind);
  // Of a stream or table, named as in SQL.
  const std::vector<std::string>& columns_of(const std::string& source);

 private:
  struct Known {
    std::vector<std::string> names;
    std::chrono::steady_clock::time_point until;
  };
  // The answer to a statement; empty: none came in time.
  std::string ask(const std::string& statement);
  template <typename Take>
  const std::vector<std::string>& look_up(const std::string& statement, std::chrono::seconds lifetime,
                                          const Take& take);

  const ServerUrl url_;
  const int interrupt_;
  std::map<std::string, Known> known_;  // by statement
  std::chrono::steady_clock::time_point silent_until_;
};

}  // namespace millrace::shell
