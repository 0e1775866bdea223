#include "shell/line_editor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <cwchar>
#include <fstream>

#include "shell/row_printer.h"
#include "shell/statement_splitter.h"
#include "shell/terminal.h"

namespace millrace::shell {
namespace {

constexpr int history_size = 2000;
// A history file with more lines is written anew with the latest ones.
constexpr int history_lines_max = 2 * history_size;
constexpr size_t pasted_bytes_max = 64 << 20;
constexpr const char* paste_end = "\x1b[201~";

volatile sig_atomic_t resized = 0;
volatile sig_atomic_t resumed = 0;
void on_signal(int signal) { (signal == SIGWINCH ? resized : resumed) = 1; }

// Candidates in columns, as many lines as the terminal has room for.
std::string in_columns(const std::vector<std::string>& candidates) {
  size_t widest = 0;
  for (const std::string& each : candidates) widest = std::max(widest, display_width(each));
  const Terminal terminal(STDOUT_FILENO);
  const size_t columns = std::max<size_t>(1, terminal.width() / (widest + 2));
  const size_t lines_max = std::max<size_t>(3, terminal.height() - 3);
  const size_t shown = std::min(candidates.size(), columns * lines_max);
  const size_t lines = (shown + columns - 1) / columns;
  std::string out;
  for (size_t line = 0; line < lines; ++line) {
    for (size_t i = line; i < shown; i += lines) {
      out += candidates[i];
      if (i + lines < shown) out.append(widest + 2 - display_width(candidates[i]), ' ');
    }
    out += '\n';
  }
  if (shown < candidates.size()) out += fmt::format("and {} more\n", candidates.size() - shown);
  return out;
}

}  // namespace

struct LineEditor::State {
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string history_file;
  Completer completer;
  std::string prompt;
  std::string pasted;  // and not read yet
  int interrupt_descriptor = -1;
  bool interrupted = false;

  static State& of(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<State*>(data);
  }

  static const char* prompt_of(EditLine* editor) { return of(editor).prompt.c_str(); }

  // A character, or -1 on Ctrl-C: libedit's own reader would try again.
  static int read_character(EditLine* editor, wchar_t* character) {
    State& state = of(editor);
    std::mbstate_t decoding{};
    for (;;) {
      if (resized != 0) el_resize(editor);
      if (resumed != 0) {  // after Ctrl-Z the terminal was someone else's
        el_set(editor, EL_PREP_TERM, 0);
        el_set(editor, EL_PREP_TERM, 1);
        el_set(editor, EL_REFRESH);
      }
      resized = 0;
      resumed = 0;
      pollfd polls[2] = {{STDIN_FILENO, POLLIN, 0}, {state.interrupt_descriptor, POLLIN, 0}};
      const int ready = poll(polls, 2, -1);
      if (ready < 0 && errno == EINTR) continue;
      if ((polls[1].revents & POLLIN) != 0) {
        state.interrupted = true;
        errno = EINTR;
        return -1;
      }
      if (ready <= 0) continue;
      char byte = 0;
      const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
      if (count == 0) return 0;
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return -1;
      const size_t used = std::mbrtowc(character, &byte, 1, &decoding);
      if (used == static_cast<size_t>(-2)) continue;  // more bytes make up the character
      if (used != static_cast<size_t>(-1)) return 1;
      decoding = {};  // no character at all: left out
    }
  }

  // Tab.
  static unsigned char complete_word(EditLine* editor, int) {
    // What comes so fast behind is pasted, to a terminal that does not say so.
    if (pollfd poll{STDIN_FILENO, POLLIN, 0}; ::poll(&poll, 1, 0) > 0) {
      el_insertstr(editor, " ");
      return CC_REFRESH;
    }
    const LineInfo* line = el_line(editor);
    const std::string before(line->buffer, line->cursor);
    const Completion completion = of(editor).completer(before, std::string(line->cursor, line->lastchar));
    const auto& candidates = completion.candidates;
    if (candidates.empty()) return CC_REFRESH_BEEP;
    std::string text = common_beginning(candidates);
    if (candidates.size() == 1 && !text.ends_with('(') && !text.ends_with('/')) text += ' ';
    if (text.size() > completion.typed.size() || candidates.size() == 1) {
      // What was typed may differ from it by the case of its letters.
      el_deletestr(editor, static_cast<int>(characters(completion.typed)));
      el_insertstr(editor, text.c_str());
      return CC_REFRESH;
    }
    std::fputs(("\n" + in_columns(candidates)).c_str(), stdout);
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  // What a terminal sends before pasted text. It is taken to its end before anything of it is done.
  static unsigned char take_paste(EditLine* editor, int) {
    State& state = of(editor);
    std::string text;
    for (wchar_t character = 0; !text.ends_with(paste_end);) {
      if (el_wgetc(editor, &character) != 1) return CC_EOF;
      char bytes[MB_LEN_MAX];
      std::mbstate_t encoding{};
      const size_t count = std::wcrtomb(bytes, character, &encoding);
      if (count != static_cast<size_t>(-1)) text.append(bytes, count);
      if (text.size() > pasted_bytes_max) text.erase(0, text.size() - std::strlen(paste_end));
    }
    text.resize(text.size() - std::strlen(paste_end));
    std::replace(text.begin(), text.end(), '\r', '\n');
    std::replace(text.begin(), text.end(), '\t', ' ');
    const size_t end = text.find('\n');
    el_insertstr(editor, text.substr(0, end).c_str());
    if (end == std::string::npos) return CC_REFRESH;
    state.pasted = text.substr(end + 1);
    el_push(editor, "\n");
    return CC_REFRESH;
  }

  static size_t characters(const std::string& text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80; }));
  }

  void load_history();
  void keep_latest() const;
};

// Other shells append to the same file, so it is only written whole where it has grown too long.
void LineEditor::State::load_history() {
  HistEvent event;
  history_file.empty() ? 0 : ::history(history, &event, H_LOAD, history_file.c_str());
  std::ifstream file(history_file);
  const auto lines = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  if (lines > history_lines_max) ::history(history, &event, H_SAVE, history_file.c_str());
}

void LineEditor::State::keep_latest() const {
  const int descriptor =
      history_file.empty() ? -1 : open(history_file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  FILE* file = descriptor < 0 ? nullptr : fdopen(descriptor, "a");
  if (file == nullptr) return;
  std::fseek(file, 0, SEEK_END);
  HistEvent event;
  ::history(history, &event, H_NSAVE_FP, static_cast<size_t>(1), file);
  std::fclose(file);
}

LineEditor::LineEditor(const std::string& history_file, int interrupt_descriptor, Completer completer)
    : state_(std::make_unique<State>()) {
  state_->history_file = history_file;
  state_->completer = std::move(completer);
  state_->interrupt_descriptor = interrupt_descriptor;
  state_->editor = el_init("millrace", stdin, stdout, stderr);
  state_->history = history_init();
  HistEvent event;
  ::history(state_->history, &event, H_SETSIZE, history_size);
  ::history(state_->history, &event, H_SETUNIQUE, 1);
  state_->load_history();
  EditLine* editor = state_->editor;
  el_set(editor, EL_CLIENTDATA, state_.get());
  el_set(editor, EL_PROMPT, &State::prompt_of);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, ::history, state_->history);
  el_set(editor, EL_GETCFN, &State::read_character);
  el_set(editor, EL_ADDFN, "complete-word", "Completes what is before the cursor", &State::complete_word);
  el_set(editor, EL_ADDFN, "take-paste", "Takes pasted text as it stands", &State::take_paste);
  el_set(editor, EL_BIND, "^I", "complete-word", nullptr);
  el_set(editor, EL_BIND, "\\e[200~", "take-paste", nullptr);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  // While a statement runs, too: what is typed meanwhile is shown when it is read, and lines have no longest length.
  el_set(editor, EL_SETTY, "-x", "-echo", "-icanon", nullptr);
  el_source(editor, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGWINCH, &action, nullptr);
  sigaction(SIGCONT, &action, nullptr);
}

LineEditor::~LineEditor() {
  signal(SIGWINCH, SIG_DFL);
  signal(SIGCONT, SIG_DFL);
  history_end(state_->history);
  el_end(state_->editor);
}

LineEditor::Event LineEditor::read(const std::string& prompt, std::string& line) {
  state_->prompt = prompt;
  state_->interrupted = false;
  if (const size_t end = state_->pasted.find('\n'); end != std::string::npos) {
    line = state_->pasted.substr(0, end + 1);
    state_->pasted.erase(0, end + 1);
    std::fputs((prompt + line).c_str(), stdout);
    std::fflush(stdout);
    return Event::line;
  }
  if (!state_->pasted.empty()) el_push(state_->editor, std::exchange(state_->pasted, {}).c_str());
  // The terminal is to say where pasted text begins and ends.
  const bool marks = Terminal(STDOUT_FILENO).present();
  if (marks) std::fputs("\x1b[?2004h", stdout);
  int length = 0;
  const char* text = el_gets(state_->editor, &length);
  if (marks) std::fputs("\x1b[?2004l", stdout);
  std::fflush(stdout);
  if (state_->interrupted) {
    el_reset(state_->editor);
    std::fputs("^C\n", stdout);
    return Event::interrupted;
  }
  if (text == nullptr || length <= 0) return Event::ended;
  line.assign(text, static_cast<size_t>(length));
  return Event::line;
}

void LineEditor::drop_pasted() { state_->pasted.clear(); }

void LineEditor::remember(const std::string& statement) {
  HistEvent event;
  if (::history(state_->history, &event, H_ENTER, on_one_line(statement).c_str()) > 0) state_->keep_latest();
}

std::vector<std::string> LineEditor::history(size_t count) const {
  std::vector<std::string> latest;
  HistEvent event;
  for (int more = ::history(state_->history, &event, H_FIRST); more >= 0 && latest.size() < count;
       more = ::history(state_->history, &event, H_NEXT)) {
    latest.emplace_back(event.str);
  }
  std::reverse(latest.begin(), latest.end());
  return latest;
}

}  // namespace millrace::shell
