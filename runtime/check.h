// A check of what the program itself must guarantee: it aborts with the place, in every build.
#pragma once

namespace millrace {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace millrace

#define MILLRACE_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::millrace::check_failed(#condition, __FILE__, __LINE__))
