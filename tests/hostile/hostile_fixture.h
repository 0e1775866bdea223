// A running server, a stream NOTES, and a query over it that must go on whatever a test does to the server.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/program/server_process.h"
#include "tests/program/sql_client.h"
#include "tests/server/raw_client.h"

namespace millrace::testing {

// NOTES (id BIGINT, note VARCHAR), and SEEN, its rows whose id is not negative. After each test the server must be
// healthy, take a row and bring it to SEEN, in bounded memory.
class HostileTest : public ::testing::Test {
 protected:
  HostileTest();
  void SetUp() override;
  void TearDown() override;

  // More of "NAME=VALUE"; before SetUp(), in a constructor.
  std::vector<std::string> settings = {"log.level=off", "http.header.timeout.ms=1000", "http.body.timeout.ms=1500",
                                       "http.write.timeout.ms=3000", "result.rows.max=10000"};

  // Bytes of memory by which the server may have grown at the end of a test.
  size_t growth_max;

  ServerProcess& server() { return *server_; }
  uint16_t port() const { return static_cast<uint16_t>(std::stoi(server_->url().port)); }

  // One request with a whole body, and its answer.
  Answer post(const std::string& path, const std::string& body);
  // The lines that /inserts-stream answers to these, which are its whole body. What is no JSON is null.
  std::vector<nlohmann::json> insert(const std::string& lines);
  // The answer on the wire, to the end of the connection.
  Answer raw(const std::string& request);
  static Answer answer_on_wire(const std::string& received);

  // A statement over its JSON text, so that any byte can be said.
  static std::string request_of(const std::string& sql) { return nlohmann::json{{"ksql", sql}}.dump(); }
  std::string http_post(const std::string& path, const std::string& body, const std::string& headers = "") const;

  // Inserts a row and waits for it in SEEN.
  void expect_rows_pass();
  bool seen(int64_t id);
  bool wait_seen(int64_t id, std::chrono::milliseconds time = std::chrono::seconds(20));

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
  size_t resident_before_ = 0;
  int64_t next_id_ = 1'000'000'000;
};

// An error as documented: `status`, and in the body `error_code`, and `code` unless it is "".
void expect_error(const Answer& answer, int status, int error_code, const std::string& code,
                  const std::string& message = "");
// An error as /inserts-stream tells it of one row.
void expect_row_error(const nlohmann::json& line, size_t row, int error_code, const std::string& code,
                      const std::string& message = "");

}  // namespace millrace::testing
