#include "shell/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace millrace::shell {
namespace {

// A signal handler can reach nothing but what is global.
int pipe_ends[2] = {-1, -1};
struct sigaction previous_action;

void on_signal(int) {
  const int saved = errno;
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &byte, 1);
  errno = saved;
}

}  // namespace

Interrupt::Interrupt() {
  if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // or what is being written would be lost; waits end by the descriptor
  sigaction(SIGINT, &action, &previous_action);
}

Interrupt::~Interrupt() {
  if (pipe_ends[0] < 0) return;
  sigaction(SIGINT, &previous_action, nullptr);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  pipe_ends[0] = pipe_ends[1] = -1;
}

int Interrupt::descriptor() const { return pipe_ends[0]; }

bool Interrupt::take() {
  bool any = false;
  for (char bytes[16]; read(pipe_ends[0], bytes, sizeof bytes) > 0;) any = true;
  return any;
}

}  // namespace millrace::shell
