// A case of the conformance suite: statements, records in, records out.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/json_value.h"

namespace millrace::conformance {

struct CaseHeader {
  std::string name;
  std::optional<std::string> value;  // base64
  bool operator==(const CaseHeader&) const = default;
};

struct CaseWindow {
  int64_t start = 0, end = 0;
  bool session = false;
};

struct CaseRecord {
  std::string topic;
  JsonValue key, value;
  std::optional<int64_t> timestamp;
  std::optional<CaseWindow> window;
  std::optional<std::vector<CaseHeader>> headers;
};

struct CaseTopic {
  std::string name;
  std::optional<int32_t> partitions;
  std::string key_format, value_format;  // empty: not said
};

struct CaseSource {
  std::string name;
  bool table = false;
  std::string schema;  // empty: any
};

// An answer of the REST API.
struct ExpectedResponse {
  bool admin = false;  // of /ksql: an object with these members; else of /query: a list of header, rows, final message
  JsonValue body;
};

enum class CaseKind { data, registry, refusal };
enum class CaseStatus { active, disabled, foreign };  // foreign: needs a function of the other engine's own tests

struct TestCase {
  std::string file;  // without its directory
  std::string name;  // with the variant in brackets
  CaseKind kind = CaseKind::data;
  CaseStatus status = CaseStatus::active;
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<CaseTopic> topics;
  std::vector<std::string> statements;
  std::vector<CaseRecord> inputs, outputs;
  std::optional<std::string> refusal;  // the last statement must be refused; a part of the message
  int status_code = 0;                 // of a REST case's refusal; 0: any
  std::vector<ExpectedResponse> responses;
  bool feed_after_header = false;   // the records come when the push query's header has arrived
  std::vector<CaseSource> sources;  // that must exist at the end
  std::vector<std::string> topics_after;
};

// All cases of a file, one for each format and configuration that a case lists. Throws JsonError.
std::vector<TestCase> read_cases(const std::filesystem::path& file);
// Of a JSON file, or of all of a directory and those below it, by name.
std::vector<TestCase> read_all_cases(const std::vector<std::string>& paths);

std::string upper(std::string_view text);
std::string read_file(const std::filesystem::path& file);
std::vector<std::filesystem::path> find_case_files(const std::vector<std::string>& paths);

}  // namespace millrace::conformance
