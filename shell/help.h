// What the shell tells about the language and itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::shell {

struct HelpTopic {
  const char* name;  // "CREATE STREAM"
  const char* summary;
  const char* grammar;
  const char* example;  // statements that a server without streams carries out; empty: none
};

const std::vector<HelpTopic>& all_help_topics();
std::vector<std::string> help_topics();

// The topics by their names and summaries, and how to go on.
std::string help_overview();
// Of one topic, or of all that begin with these words, such as CREATE. Absent: there is none.
std::optional<std::string> help_on(std::string_view words);
// The name most like what was written, of those given; empty: none is like it.
std::string nearest_name(std::string_view written, const std::vector<std::string>& names);

}  // namespace millrace::shell
