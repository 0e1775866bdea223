#pragma once
namespace millrace::testing {
inline constexpr const char* kill_child_argument = "--kill-child";
int run_kill_child(int argc, char** argv);
}  // namespace millrace::testing
