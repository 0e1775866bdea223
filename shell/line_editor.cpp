#include "shell/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>

namespace millrace::shell {
namespace {

constexpr int history_size = 2000;

}  // namespace

struct LineEditor::State {
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string history_file;
  std::string prompt;
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
      pollfd polls[2] = {{STDIN_FILENO, POLLIN, 0}, {state.interrupt_descriptor, POLLIN, 0}};
      const int ready = poll(polls, 2, -1);
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
};

LineEditor::LineEditor(const std::string& history_file, int interrupt_descriptor) : state_(std::make_unique<State>()) {
  std::setlocale(LC_CTYPE, "");
  state_->history_file = history_file;
  state_->interrupt_descriptor = interrupt_descriptor;
  state_->editor = el_init("millrace", stdin, stdout, stderr);
  state_->history = history_init();
  HistEvent event;
  history(state_->history, &event, H_SETSIZE, history_size);
  history(state_->history, &event, H_SETUNIQUE, 1);
  if (!history_file.empty()) history(state_->history, &event, H_LOAD, history_file.c_str());
  EditLine* editor = state_->editor;
  el_set(editor, EL_CLIENTDATA, state_.get());
  el_set(editor, EL_PROMPT, &State::prompt_of);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, history, state_->history);
  el_set(editor, EL_GETCFN, &State::read_character);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_source(editor, nullptr);
}

LineEditor::~LineEditor() {
  HistEvent event;
  if (!state_->history_file.empty()) history(state_->history, &event, H_SAVE, state_->history_file.c_str());
  history_end(state_->history);
  el_end(state_->editor);
}

LineEditor::Event LineEditor::read(const std::string& prompt, std::string& line) {
  state_->prompt = prompt;
  state_->interrupted = false;
  int length = 0;
  const char* text = el_gets(state_->editor, &length);
  if (state_->interrupted) {
    el_reset(state_->editor);
    std::fputs("^C\n", stdout);
    return Event::interrupted;
  }
  if (text == nullptr || length <= 0) return Event::ended;
  line.assign(text, static_cast<size_t>(length));
  return Event::line;
}

void LineEditor::remember(const std::string& statement) {
  std::string line = statement;
  std::replace(line.begin(), line.end(), '\n', ' ');
  HistEvent event;
  history(state_->history, &event, H_ENTER, line.c_str());
}

}  // namespace millrace::shell
