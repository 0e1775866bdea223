// What documents show of the shell is what it does.
#include "tests/terminal/terminal_fixture.h"
#include "tests/terminal/transcript.h"

namespace millrace::testing {
namespace {

class DocumentTest : public TerminalTest {
 protected:
  void expect_true(const std::string& document) {
    const auto transcripts = run_transcripts(std::string(MILLRACE_ROOT) + document, server->url(), directory.path());
    EXPECT_FALSE(transcripts.empty());
    for (const Transcript& each : transcripts) {
      if (!each.agrees()) ADD_FAILURE() << document << " says\n" << each.expected << "\nand shown is\n" << each.shown;
    }
  }
};

TEST_F(DocumentTest, EveryStatement) { expect_true("/tests/terminal/statements.md"); }
TEST_F(DocumentTest, HttpInterface) { expect_true("/docs/api.md"); }
TEST_F(DocumentTest, Operations) { expect_true("/docs/operations.md"); }
TEST_F(DocumentTest, GuideOfTheShell) { expect_true("/docs/shell.md"); }

TEST(TranscriptTest, Wildcards) {
  const auto agrees = [](const char* expected, const char* shown) { return Transcript{expected, shown}.agrees(); };
  EXPECT_TRUE(agrees("a … c\n", "a b c\n"));
  EXPECT_TRUE(agrees("a\n…\nd\n", "a\nb\nc\nd\n"));
  EXPECT_TRUE(agrees("a\n…\n", "a\n"));
  EXPECT_FALSE(agrees("a\n…\nd\n", "a\nb\nc\n"));
  EXPECT_FALSE(agrees("a … c\n", "a b d\n"));
  EXPECT_FALSE(agrees("a\n", "a\nb\n"));
}

}  // namespace
}  // namespace millrace::testing
