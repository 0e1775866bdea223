// A running server, for what programs do with it under /v1.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/program/server_process.h"
#include "tests/program/sql_client.h"

namespace millrace::testing {

class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override;

  // More of "NAME=VALUE"; before SetUp(), in a constructor.
  std::vector<std::string> settings = {"log.level=off", "auto.offset.reset=earliest"};

  ServerProcess& server() { return *server_; }
  const shell::ServerUrl& url() const { return server_->url(); }

  nlohmann::json execute_well(const std::string& sql) { return testing::execute_well(url(), sql); }
  // POST /v1/streams/{stream}/records.
  Answer post_records(const std::string& stream, const std::string& body,
                      const std::string& content_type = "application/json", const std::string& parameters = "");
  // The rows of a query that ends by itself.
  std::vector<nlohmann::json> rows(const std::string& sql) { return query(url(), sql); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
};

}  // namespace millrace::testing
