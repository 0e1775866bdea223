#include "tests/house/rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <functional>
#include <sstream>

namespace millrace::testing {

namespace {

constexpr size_t lines_max = 600;
// Files that may be longer, and why.
const std::map<std::string, std::string, std::less<>> long_files = {};

using EachLine = std::function<void(size_t number, const std::string& line)>;

void for_each_line(std::string_view text, const EachLine& each) {
  std::istringstream in{std::string(text)};
  size_t number = 0;
  for (std::string line; std::getline(in, line);) each(++number, line);
}

std::string folder_of(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }

}  // namespace

const std::map<std::string, std::set<std::string>, std::less<>>& allowed_includes() {
  static const std::map<std::string, std::set<std::string>, std::less<>> allowed = {
      {"grammar", {}},
      {"runtime", {}},
      {"planner", {"grammar", "runtime"}},
      {"connectors", {"runtime"}},
      {"server", {"planner", "connectors", "grammar", "runtime"}},
      {"shell", {}},
      {"main", {"server", "shell", "planner", "connectors", "grammar", "runtime"}},
  };
  return allowed;
}

Complaints check_includes(const std::string& path, std::string_view text) {
  // What ANTLR makes has no folder.
  static const RE2 include(R"re(^\s*#\s*include\s+"([^"]+)")re");
  static const std::set<std::string> generated = {"SqlLexer.h", "SqlParser.h", "antlr4-runtime.h"};
  Complaints wrong;
  const std::string folder = folder_of(path);
  const auto allowed = allowed_includes().find(folder);
  if (allowed == allowed_includes().end()) return wrong;
  for_each_line(text, [&](size_t number, const std::string& line) {
    std::string file;
    if (!RE2::PartialMatch(line, include, &file)) return;
    if (folder == "grammar" && generated.contains(file)) return;
    const std::string target = folder_of(file);
    if (target == folder || allowed->second.contains(target)) return;
    wrong.push_back(fmt::format("{}:{}: {} may not include \"{}\"", path, number, folder, file));
  });
  return wrong;
}

Complaints check_pragma_once(const std::string& path, std::string_view text) {
  static const RE2 pragma(R"(#pragma once\s*)");
  if (!path.ends_with(".h")) return {};
  bool found = false;
  for_each_line(text, [&](size_t, const std::string& line) { found = found || RE2::FullMatch(line, pragma); });
  return found ? Complaints{} : Complaints{path + ":1: a header without #pragma once"};
}

Complaints check_type_names(const std::string& path, std::string_view text) {
  static const RE2 type(
      R"(\b(?:class|struct|union|enum|enum class|using|concept)\s+(\w*(?:Utils?|Helpers?|Managers?|Impl|Info))\b)");
  static const RE2 text_literal(R"re("(?:[^"\\]|\\.)*")re");
  Complaints wrong;
  for_each_line(text, [&](size_t number, const std::string& line) {
    std::string code = line;
    RE2::GlobalReplace(&code, text_literal, R"("")");
    std::string name;
    if (RE2::PartialMatch(code.substr(0, code.find("//")), type, &name))
      wrong.push_back(fmt::format("{}:{}: the name {} says nothing", path, number, name));
  });
  return wrong;
}

Complaints check_length(const std::string& path, std::string_view text) {
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  if (lines <= lines_max || long_files.contains(path)) return {};
  return {fmt::format("{}:{}: a file of {} lines wants splitting", path, lines_max + 1, lines)};
}

Complaints check_folder_names(const std::string& path, std::string_view) {
  static constexpr std::array nameless = {"common", "util", "utils", "core", "helpers", "base", "src", "include"};
  std::istringstream parts(path);
  for (std::string part; std::getline(parts, part, '/');) {
    if (std::find(nameless.begin(), nameless.end(), part) != nameless.end())
      return {fmt::format("{}:1: a folder called {} is a concept without a name", path, part)};
  }
  return {};
}

}  // namespace millrace::testing
