// Where text for people goes: a terminal, or a file or pipe, where nothing is cut, coloured or drawn over.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::shell {

// Asked anew each time, for a terminal's size may change.
class Terminal {
 public:
  // Of nothing: no terminal. Nor is one that knows no codes, as TERM says.
  Terminal() = default;
  explicit Terminal(int descriptor);
  // One that is not there, for what is drawn to be looked at.
  static Terminal of_size(size_t width, size_t height);

  bool present() const { return descriptor_ >= 0 || width_ > 0; }
  // In characters; without a terminal SIZE_MAX.
  size_t width() const;
  size_t height() const;

  // With the codes of a terminal around them, where it is one and NO_COLOR is not set.
  std::string bold(std::string_view text) const { return styled(text, "1"); }
  std::string faint(std::string_view text) const { return styled(text, "2"); }
  std::string red(std::string_view text) const { return styled(text, "1;31"); }
  std::string yellow(std::string_view text) const { return styled(text, "33"); }

 private:
  std::string styled(std::string_view text, const char* style) const;

  int descriptor_ = -1;
  size_t width_ = 0;  // given
  size_t height_ = 0;
  bool styles_ = false;
};

// Text in UTF-8 is read, measured and edited as such, also where the environment names no locale. Process-wide.
void use_locale_of_terminal();

}  // namespace millrace::shell
