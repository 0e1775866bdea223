// Queries over rows that lie in a log, and what they take.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/engine.h"

namespace millrace::benchmark {

// Ends the program where the statement is refused.
Engine::Execution must(Engine& engine, Session& session, std::string_view sql);
EngineOptions options(const std::string& service);

// CREATE STREAM over such rows; CREATE TABLE over such rows with the key K, see load().
std::string create_rows(std::string_view name, std::string_view topic, int32_t partitions = 1);
std::string create_table(std::string_view name, std::string_view topic);

struct LoadShape {
  size_t keys = 0;             // > 0: with keys "0", "1", … in turn
  int32_t partitions = 1;      // row by row in turn
  size_t commit_rows = 1'000;  // in one block for each partition
};
// Makes the topic and fills it with rows of rows.h, a millisecond apart, the same each time.
void load(Log& log, const std::string& topic, size_t rows, const LoadShape& shape = {});

// CPU of the process from the queries' statements to the last commit, per row.
double run_queries(const std::shared_ptr<Log>& log, const std::string& service, const std::vector<std::string>& sources,
                   const std::vector<std::string>& queries, size_t rows);

}  // namespace millrace::benchmark
