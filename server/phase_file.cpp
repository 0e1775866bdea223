#include "server/phase_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "runtime/error.h"

namespace millrace {

PhaseHook show_phases(const std::string& path) {
  static_assert(std::atomic<uint64_t>::is_always_lock_free, "the file is shared with another process");
  const auto fail = [&](int error) {
    return Error(ErrorCode::property_invalid, fmt::format("debug.phase.file {}: {}", path, std::strerror(error)));
  };
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) throw fail(errno);
  // The file keeps its identity: who watches has it mapped already.
  void* memory = MAP_FAILED;
  if (::ftruncate(file, sizeof(PhaseBoard)) == 0) {
    memory = ::mmap(nullptr, sizeof(PhaseBoard), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  const int error = errno;
  ::close(file);
  if (memory == MAP_FAILED) throw fail(error);
  const std::shared_ptr<PhaseBoard> board(new (memory) PhaseBoard{},
                                          [](PhaseBoard* mapped) { ::munmap(mapped, sizeof(PhaseBoard)); });
  return [board](StepPhase phase) {
    board->reached[static_cast<size_t>(phase)].fetch_add(1, std::memory_order_relaxed);
    board->last.store(static_cast<uint8_t>(phase), std::memory_order_release);
  };
}

}  // namespace millrace
