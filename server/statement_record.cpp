#include "server/statement_record.h"

#include <nlohmann/json.hpp>

#include "runtime/error.h"

namespace millrace {

namespace {
constexpr int record_version = 1;
}

std::string encode_statement(const StatementRecord& record) {
  if (record.completes) return nlohmann::json{{"version", record_version}, {"completes", *record.completes}}.dump();
  nlohmann::json start = nlohmann::json::array();
  for (const Position& p : record.start)
    start.push_back({{"topic", p.topic.value}, {"partition", p.partition}, {"next", p.next}});
  return nlohmann::json{{"version", record_version},        {"sql", record.sql},
                        {"properties", record.properties},  {"start", start},
                        {"topics", record.topics},          {"partitions", record.partitions},
                        {"fingerprint", record.fingerprint}}
      .dump();
}

StatementRecord decode_statement(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("version"))
    throw Error(ErrorCode::state_unreadable, "a record of the statements topic is unreadable");
  if (json["version"].get<int>() != record_version)
    throw Error(ErrorCode::state_unreadable, "a statement record has version " +
                                                 std::to_string(json["version"].get<int>()) +
                                                 ", this program reads version " + std::to_string(record_version));
  StatementRecord record;
  if (json.contains("completes")) {
    record.completes = json["completes"].get<int64_t>();
    return record;
  }
  record.sql = json.at("sql").get<std::string>();
  record.properties = json.at("properties").get<std::map<std::string, std::string>>();
  record.topics = json.at("topics").get<std::map<std::string, uint64_t>>();
  record.partitions = json.value("partitions", std::map<std::string, int32_t>());
  record.fingerprint = json.at("fingerprint").get<std::string>();
  for (const auto& p : json.at("start")) {
    Position position;
    position.topic.value = p.at("topic").get<uint64_t>();
    position.partition = p.at("partition").get<int32_t>();
    position.next = p.at("next").get<int64_t>();
    record.start.push_back(position);
  }
  return record;
}

}  // namespace millrace
