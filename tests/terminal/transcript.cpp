#include "tests/terminal/transcript.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/program/sql_client.h"
#include "tests/terminal/shell_process.h"

namespace millrace::testing {
namespace {

using namespace std::chrono_literals;

const std::string prompt = "millrace> ";
const std::string further_prompt = "       -> ";
const std::string wildcard = "…";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(line);
  }
  return lines;
}

bool line_agrees(std::string_view expected, std::string_view shown) {
  const size_t at = expected.find(wildcard);
  if (at == std::string_view::npos) return expected == shown;
  if (!shown.starts_with(expected.substr(0, at))) return false;
  const std::string_view rest = expected.substr(at + wildcard.size());
  for (size_t skip = at; skip <= shown.size(); ++skip) {
    if (line_agrees(rest, shown.substr(skip))) return true;
  }
  return false;
}

bool lines_agree(const std::vector<std::string>& expected, size_t i, const std::vector<std::string>& shown, size_t j) {
  for (; i < expected.size(); ++i, ++j) {
    if (expected[i] == wildcard) {
      for (size_t skip = j; skip <= shown.size(); ++skip) {
        if (lines_agree(expected, i + 1, shown, skip)) return true;
      }
      return false;
    }
    if (j >= shown.size() || !line_agrees(expected[i], shown[j])) return false;
  }
  return j == shown.size();
}

// Every query has read all that its inputs hold; one that began later than its input never has.
bool settled(const shell::ServerUrl& url) {
  for (const std::string kind : {"streams", "tables"}) {
    const auto listing = execute_well(url, "SHOW " + kind + ";");
    for (const auto& each : listing[0][kind]) {
      const auto answer = execute_well(url, "DESCRIBE `" + each["name"].get<std::string>() + "` EXTENDED;");
      const auto& source = answer[0]["sourceDescription"];
      int64_t rows = 0;
      for (const auto& partition : source["offsets"]) rows += partition["end"].get<int64_t>();
      for (const auto& query : source["readQueries"]) {
        if (query["state"] == "RUNNING" && query["counters"]["rowsIn"] < rows) return false;
      }
    }
  }
  return true;
}

class Session {
 public:
  Session(const shell::ServerUrl& url, const std::string& folder)
      : server_(url), url_(url.to_string()), folder_(folder) {}

  std::string run(const std::string& block) {
    std::string shown;
    const auto lines = lines_of(block);
    for (const std::string& line : lines) {
      if (std::exchange(inserted_, false)) {
        for (int i = 0; i < 100 && !settled(server_); ++i) std::this_thread::sleep_for(10ms);
      }
      inserted_ = line.find("INSERT") != std::string::npos || line.find("VALUES") != std::string::npos;
      if (line.starts_with("$ ")) {
        shown += line + "\n" + run_command(line.substr(2));
      } else if (line.starts_with(prompt)) {
        shown += prompt + say(line.substr(prompt.size()));
      } else if (line.starts_with(further_prompt)) {
        shown += further_prompt + say(line.substr(further_prompt.size()));
      }
    }
    return shown;
  }

 private:
  // The line itself, and what is shown up to the next prompt.
  std::string say(const std::string& line) {
    if (!shell_) {
      shell_ = std::make_unique<ShellProcess>(std::vector{url_}, folder_, ShellProcess::Size{50, 120});
      shell_->wait_for(prompt);
    }
    shell_->type(line + enter);
    std::string shown = shell_->wait_for("\n");
    if (line == "EXIT;") {
      shell_.reset();
      return shown;
    }
    for (;;) {
      shown += shell_->wait_for("> ");
      for (const std::string& each : {prompt, further_prompt}) {
        if (shown.ends_with("\n" + each)) return shown.substr(0, shown.size() - each.size());
      }
    }
  }

  std::string run_command(const std::string& line) const {
    const std::string out = folder_ + "/transcript_output";
    const std::string command = "cd '" + folder_ + "' && export MILLRACE_URL=" + url_ + " HOME='" + folder_ +
                                "' PATH=\"$(dirname '" MILLRACE_PROGRAM "'):$PATH\" && (" + line + ") >'" + out +
                                "' 2>&1 </dev/null";
    static_cast<void>(std::system(command.c_str()));
    std::ifstream file(out);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const shell::ServerUrl server_;
  const std::string url_;
  const std::string folder_;
  bool inserted_ = false;
  std::unique_ptr<ShellProcess> shell_;
};

}  // namespace

bool Transcript::agrees() const { return lines_agree(lines_of(expected), 0, lines_of(shown), 0); }

std::vector<Transcript> run_transcripts(const std::string& document, const shell::ServerUrl& url,
                                        const std::string& folder) {
  std::ifstream file(document);
  if (!file) throw std::runtime_error("cannot read " + document);
  std::vector<Transcript> transcripts;
  Session session(url, folder);
  std::string updated;
  for (std::string line; std::getline(file, line);) {
    updated += line + "\n";
    if (!line.starts_with("```")) continue;
    const std::string fence = line.substr(3);
    std::string block;
    while (std::getline(file, line) && line != "```") block += line + "\n";
    if (const size_t space = fence.find(' '); space != std::string::npos) {
      std::ofstream(folder + "/" + fence.substr(space + 1)) << block;
    } else if (fence == "console") {
      transcripts.push_back({block, session.run(block)});
      if (!transcripts.back().agrees()) block = transcripts.back().shown;
    }
    updated += block + "```\n";
  }
  file.close();
  if (std::getenv("MILLRACE_UPDATE") != nullptr) std::ofstream(document) << updated;
  return transcripts;
}

}  // namespace millrace::testing
