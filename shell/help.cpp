#include "shell/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace millrace::shell {
namespace {

// Names longer than this are not compared.
constexpr size_t compared_max = 100;

// Upper-cased, words parted by one space, without a semicolon.
std::string as_topic(std::string_view words) {
  std::string out;
  for (const char c : words) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0 || c == ';';
    if (!blank) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string indented(std::string_view text) {
  std::string out = "  ";
  for (const char c : text) out.append(1, c).append(c == '\n' ? "  " : "");
  return out + "\n";
}

std::string text_of(const HelpTopic& topic) {
  std::string out = fmt::format("{}: {}\n\n{}", topic.name, topic.summary, indented(topic.grammar));
  if (topic.example[0] != '\0') out += "\nExample:\n" + indented(topic.example);
  return out;
}

// How many letters are to be changed, added or left out.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j + 1] + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> help_topics() {
  std::vector<std::string> names;
  for (const HelpTopic& topic : all_help_topics()) names.emplace_back(topic.name);
  return names;
}

std::string help_overview() {
  std::string out =
      "Statements end with a semicolon. HELP followed by one of these tells more; HELP ABS, of a function.\n\n";
  for (const HelpTopic& topic : all_help_topics()) out += fmt::format("  {:<18} {}\n", topic.name, topic.summary);
  return out;
}

std::optional<std::string> help_on(std::string_view words) {
  const std::string wanted = as_topic(words);
  std::string out;
  for (const HelpTopic& topic : all_help_topics()) {
    if (topic.name == wanted) return text_of(topic);
    if (std::string(topic.name).starts_with(wanted + " ")) out += (out.empty() ? "" : "\n") + text_of(topic);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::string nearest_name(std::string_view written, const std::vector<std::string>& names) {
  const std::string wanted = as_topic(written.substr(0, compared_max));
  std::string nearest;
  size_t least = std::max<size_t>(2, wanted.size() / 3 + 1);
  for (const std::string& name : names) {
    const size_t distance = edit_distance(wanted, as_topic(name));
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

}  // namespace millrace::shell
