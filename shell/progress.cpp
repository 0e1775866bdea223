#include "shell/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "shell/row_printer.h"

namespace millrace::shell {

constexpr auto interval = std::chrono::milliseconds(200);

bool Progress::due() { return terminal_.present() && Clock::now() >= next_; }

void Progress::show(const std::string& text) {
  if (!terminal_.present()) return;
  next_ = Clock::now() + interval;
  shown_ = true;
  out_ << "\r" << terminal_.faint(cut(text, terminal_.width() - 1)) << "\x1b[K" << std::flush;
}

void Progress::clear() {
  if (!shown_) return;
  shown_ = false;
  out_ << "\r\x1b[K" << std::flush;
}

double Progress::seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

std::string Progress::rate_of(size_t count, const char* what) const {
  return fmt::format("{} {}, {:.0f}/s", count, what, static_cast<double>(count) / std::max(seconds(), 1e-3));
}

}  // namespace millrace::shell
