#include "server/phase_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "runtime/error.h"

namespace millrace {
namespace {

class PhaseFileTest : public testing::Test {
 protected:
  ~PhaseFileTest() override { std::filesystem::remove(path_); }

  std::string read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string path_ = testing::TempDir() + "phase." + std::to_string(::getpid());
};

TEST_F(PhaseFileTest, ShowsWhatWasReached) {
  const PhaseHook hook = show_phases(path_);
  EXPECT_EQ(read(), std::string(sizeof(PhaseBoard), '\0'));
  hook(StepPhase::read);
  hook(StepPhase::read);
  hook(StepPhase::commit_sent);
  const std::string bytes = read();
  ASSERT_EQ(bytes.size(), sizeof(PhaseBoard));
  EXPECT_EQ(static_cast<StepPhase>(bytes[0]), StepPhase::commit_sent);
  uint64_t reads = 0;
  std::memcpy(&reads, bytes.data() + offsetof(PhaseBoard, reached) + 8 * static_cast<size_t>(StepPhase::read), 8);
  EXPECT_EQ(reads, 2U);
}

TEST_F(PhaseFileTest, BeginsAnew) {
  show_phases(path_)(StepPhase::computed);
  show_phases(path_);
  EXPECT_EQ(read(), std::string(sizeof(PhaseBoard), '\0'));
}

TEST_F(PhaseFileTest, CannotBeMade) {
  try {
    show_phases("/nowhere/phase");
    FAIL() << "it was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::property_invalid);
    EXPECT_NE(error.message().find("/nowhere/phase"), std::string::npos);
  }
}

}  // namespace
}  // namespace millrace
