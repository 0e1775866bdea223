#include "tests/kill/phase_view.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace millrace::testing {

PhaseView::PhaseView(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || ::ftruncate(file, sizeof(PhaseBoard)) != 0) throw std::runtime_error("cannot make " + path);
  void* memory = ::mmap(nullptr, sizeof(PhaseBoard), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + path);
  board_ = static_cast<PhaseBoard*>(memory);
}

PhaseView::~PhaseView() { ::munmap(board_, sizeof(PhaseBoard)); }

}  // namespace millrace::testing
