#include "shell/terminal.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace millrace::shell {
namespace {

// Where a terminal does not say how large it is.
constexpr winsize usual_size = {24, 80, 0, 0};

winsize size_of(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 ? size : usual_size;
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

Terminal::Terminal(int descriptor) {
  if (isatty(descriptor) == 0 || variable("TERM").empty() || variable("TERM") == "dumb") return;
  descriptor_ = descriptor;
  styles_ = variable("NO_COLOR").empty();
}

Terminal Terminal::of_size(size_t width, size_t height) {
  Terminal terminal;
  terminal.width_ = width;
  terminal.height_ = height;
  return terminal;
}

size_t Terminal::width() const {
  return descriptor_ >= 0 ? size_of(descriptor_).ws_col : width_ > 0 ? width_ : SIZE_MAX;
}

size_t Terminal::height() const {
  return descriptor_ >= 0 ? size_of(descriptor_).ws_row : height_ > 0 ? height_ : SIZE_MAX;
}

std::string Terminal::styled(std::string_view text, const char* style) const {
  return styles_ && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", style, text) : std::string(text);
}

void use_locale_of_terminal() {
  std::setlocale(LC_CTYPE, "");
  if (std::string_view(nl_langinfo(CODESET)) != "UTF-8") std::setlocale(LC_CTYPE, "C.UTF-8");
}

}  // namespace millrace::shell
