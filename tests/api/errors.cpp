// docs/errors.md says of each error how it looks, and of each refusal a statement: all of it is tried.
#include <fstream>
#include <sstream>

#include "runtime/error.h"
#include "server/http/http_error.h"
#include "shell/session.h"
#include "tests/api/api_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string read_file(const std::string& path) {
  std::ifstream file(std::string(MILLRACE_ROOT) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "| a | `b \| c` |" → {"a", "`b | c`"}; nothing where it is no row.
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  if (!line.starts_with("| ")) return out;
  std::string cell;
  for (size_t i = 2; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cell += line[++i];
    } else if (line[i] == '|') {
      cell.erase(cell.find_last_not_of(' ') + 1);
      out.push_back(std::exchange(cell, ""));
      ++i;  // the space behind
    } else {
      cell += line[i];
    }
  }
  return out;
}

// Without its back-ticks, one or two on each side.
std::string code_text(std::string cell) {
  const size_t ticks = cell.starts_with("`` ") ? 3 : 1;
  return cell.substr(ticks, cell.size() - 2 * ticks);
}

struct Code {
  std::string name, shown_by;
  int number = 0, error_code = 0, status = 0;
};
struct Refusal {
  std::string code, statement, place, message;
};
struct Document {
  std::vector<Code> codes;
  std::map<int, std::string> front_codes;  // by ksqlDB's number
  std::vector<std::string> setup;
  std::vector<Refusal> refusals;
};

Document read_document() {
  Document out;
  std::istringstream text(read_file("docs/errors.md"));
  std::string heading;
  bool sql = false;
  for (std::string line; std::getline(text, line);) {
    const std::vector<std::string> row = cells(line);
    if (line.starts_with("```")) {
      sql = line == "```sql";
    } else if (sql) {
      out.setup.push_back(line);
    } else if (line.starts_with("### `")) {
      heading = code_text(line.substr(4));
    } else if (row.size() == 7 && row[0].starts_with("`")) {
      out.codes.push_back({code_text(row[0]), row[6], std::stoi(row[1]), std::stoi(row[2]), std::stoi(row[3])});
    } else if (row.size() == 4 && row[0].starts_with("`")) {
      out.front_codes[std::stoi(row[1])] = code_text(row[0]);
      EXPECT_EQ(std::stoi(row[1]) / 100, std::stoi(row[2])) << line;
    } else if (row.size() == 3 && row[0].starts_with("`")) {
      out.refusals.push_back({heading, code_text(row[0]), row[1], row[2]});
    }
  }
  return out;
}

// Every code that there is has its row, and is shown by a row below or by a test that speaks of it.
TEST(Errors, AllCodesAreDocumented) {
  const Document document = read_document();
  std::map<int, Code> by_number;
  for (const Code& code : document.codes) by_number[code.number] = code;
  std::set<std::string> refused;
  for (const Refusal& refusal : document.refusals) refused.insert(refusal.code);
  for (int number = 1000; number < 2000; ++number) {
    const auto code = static_cast<ErrorCode>(number);
    const std::string name(error_name(code));
    if (name == "internal" && code != ErrorCode::internal) continue;
    ASSERT_TRUE(by_number.contains(number)) << name << " is not in docs/errors.md";
    const Code& row = by_number[number];
    EXPECT_EQ(row.name, name);
    EXPECT_EQ(row.status, row.error_code / 100) << name;
    if (row.shown_by == "below") {
      EXPECT_TRUE(refused.contains(name)) << name;
    } else {
      EXPECT_THAT(read_file(code_text(row.shown_by)), ::testing::ContainsRegex("\\b" + name + "\\b")) << name;
    }
  }
}

TEST(Errors, CodesOfTheFrontAreDocumented) {
  std::map<int, std::string> named;
  for (int code = 40000; code < 60000; ++code)
    if (!http_error_name(code).empty()) named[code] = http_error_name(code);
  EXPECT_EQ(read_document().front_codes, named);
}

class ErrorsTest : public ApiTest {
 protected:
  Answer send(const std::string& statement) {
    const bool gives_rows = statement.starts_with("SELECT") || statement.starts_with("PRINT");
    shell::HttpExchange exchange(url());
    exchange.send("POST", gives_rows ? "/query-stream" : "/ksql", "application/json",
                  Json{{"ksql", statement + ";"}}.dump());
    const std::string body = exchange.read_all();
    return {exchange.status(), Json::parse(body, nullptr, false)};
  }
};

TEST_F(ErrorsTest, EachStatementIsRefusedAsDocumented) {
  const Document document = read_document();
  ASSERT_GT(document.refusals.size(), 200U);
  for (const std::string& statement : document.setup) execute_well(statement);
  std::map<std::string, Code> codes;
  for (const Code& code : document.codes) codes[code.name] = code;
  for (const Refusal& refusal : document.refusals) {
    SCOPED_TRACE(refusal.statement);
    const Answer answer = send(refusal.statement);
    ASSERT_TRUE(answer.body.is_object()) << answer.status << " " << answer.body;
    EXPECT_EQ(answer.status, codes[refusal.code].status);
    EXPECT_EQ(answer.body.value("error_code", 0), codes[refusal.code].error_code);
    EXPECT_EQ(answer.body.value("code", ""), refusal.code);
    const std::string place =
        answer.body.contains("line") ? answer.body["line"].dump() + ":" + answer.body["column"].dump() : "—";
    EXPECT_EQ(place, refusal.place);
    EXPECT_THAT(answer.body.value("message", ""), HasSubstr(refusal.message));
  }
}

// What it was about, and a mark below the place.
TEST_F(ErrorsTest, EachIsShownByTheShellWithItsPlace) {
  const Document document = read_document();
  ASSERT_GT(document.refusals.size(), 200U);
  for (const std::string& statement : document.setup) execute_well(statement);
  for (const Refusal& refusal : document.refusals) {
    SCOPED_TRACE(refusal.statement);
    std::ostringstream out, errors;
    shell::ShellSession session(url(), shell::OutputFormat::table, out, errors);
    EXPECT_EQ(session.run({refusal.statement + ";", 1}, ""), shell::Outcome::failed) << out.str();
    const std::string shown = errors.str();
    EXPECT_THAT(shown, ::testing::StartsWith("error: "));
    EXPECT_THAT(shown, HasSubstr(refusal.message));
    if (refusal.place == "—") continue;
    const size_t column = std::stoul(refusal.place.substr(refusal.place.find(':') + 1));
    EXPECT_THAT(shown, HasSubstr(refusal.statement));
    EXPECT_THAT(shown, ::testing::EndsWith("\n  " + std::string(column - 1, ' ') + "^\n"));
  }
}

}  // namespace
}  // namespace millrace::testing
