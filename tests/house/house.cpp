// The house keeps its rules, and each rule sees what it is there to see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/house/rules.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

// Every source of the project, by its path from the root.
std::map<std::string, std::string> sources() {
  std::map<std::string, std::string> files;
  for (const char* folder :
       {"grammar", "runtime", "planner", "connectors", "server", "shell", "main", "console", "tests"}) {
    const fs::path root = fs::path(MILLRACE_ROOT) / folder;
    if (!fs::exists(root)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp" && extension != ".g4")) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      files[fs::relative(entry.path(), MILLRACE_ROOT).generic_string()] =
          std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
  return files;
}

void expect_kept(Complaints (*rule)(const std::string&, std::string_view)) {
  const auto files = sources();
  ASSERT_GT(files.size(), 100U) << "where are the sources? Not in " << MILLRACE_ROOT;
  for (const auto& [path, text] : files)
    for (const std::string& complaint : rule(path, text)) ADD_FAILURE() << complaint;
}

TEST(House, IncludesFollowTheArrows) { expect_kept(check_includes); }
TEST(House, HeadersAreIncludedOnce) { expect_kept(check_pragma_once); }
TEST(House, NamesSaySomething) { expect_kept(check_type_names); }
TEST(House, FilesHaveOneTopic) { expect_kept(check_length); }
TEST(House, FoldersHaveANameOfTheirOwn) { expect_kept(check_folder_names); }

TEST(HouseRules, Includes) {
  EXPECT_THAT(check_includes("runtime/a.cpp", "#include <map>\n#include \"planner/plan.h\"\n"),
              ElementsAre("runtime/a.cpp:2: runtime may not include \"planner/plan.h\""));
  EXPECT_THAT(check_includes("connectors/a.h", "#include \"grammar/parser.h\"\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_includes("shell/a.h", "  #  include \"server/engine.h\"\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_includes("server/a.h", "#include \"shell/shell.h\"\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_includes("server/a.h", "#include \"tests/a.h\"\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_includes("server/http/front.cpp", "#include \"front.h\"\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_includes("server/a.h", "#include \"runtime/log.h\"\n#include \"server/engine.h\"\n"), IsEmpty());
  EXPECT_THAT(check_includes("main/a.cpp", "#include \"server/server.h\"\n#include \"shell/shell.h\"\n"), IsEmpty());
  EXPECT_THAT(check_includes("tests/a.cpp", "#include \"server/server.h\"\n#include \"shell/shell.h\"\n"), IsEmpty());
}

TEST(HouseRules, PragmaOnce) {
  EXPECT_THAT(check_pragma_once("runtime/a.h", "// #pragma once\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_pragma_once("runtime/a.h", "// what\n#pragma once\n"), IsEmpty());
  EXPECT_THAT(check_pragma_once("runtime/a.cpp", ""), IsEmpty());
}

TEST(HouseRules, TypeNames) {
  EXPECT_THAT(check_type_names("a.h", "class LogManager;\n"), ElementsAre("a.h:1: the name LogManager says nothing"));
  EXPECT_THAT(check_type_names("a.h", "struct TopicInfo {\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_type_names("a.h", "enum class StringUtils {\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_type_names("a.h", "using Helper = int;\n"), ElementsAre(::testing::_));
  EXPECT_THAT(check_type_names("a.h", "class Information;\nclass Log;  // no class Helper\n"), IsEmpty());
}

TEST(HouseRules, Length) {
  EXPECT_THAT(check_length("a.h", std::string(601, '\n')), ElementsAre(::testing::_));
  EXPECT_THAT(check_length("a.h", std::string(600, '\n')), IsEmpty());
}

TEST(HouseRules, Folders) {
  EXPECT_THAT(check_folder_names("runtime/util/a.h", ""), ElementsAre(::testing::_));
  EXPECT_THAT(check_folder_names("runtime/utility.h", ""), IsEmpty());
}

}  // namespace
}  // namespace millrace::testing
