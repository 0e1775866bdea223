#include "tests/log/log_fixture.h"

using namespace millrace;
using namespace millrace::testing;

TEST(Smoke, Embedded) {
  TemporaryDirectory dir;
  TopicId id;
  for (int round = 0; round < 3; ++round) {
    EmbeddedLogOptions options;
    options.directory = dir.path();
    auto log = open_embedded_log(options);
    if (round == 0) id = log->create({"a", 2, {}}).id;
    auto w = log->open_writer("w");
    auto got = commit(*w, one_block(id, 1, {{1, "k", "v", "h"}, {2, std::nullopt, ""}}));
    EXPECT_EQ(got.outcome, CommitOutcome::committed) << got.reason;
    EXPECT_EQ(got.sequence, round + 1);
    EXPECT_EQ(rows_of(read_all(*log, id, 1, 0)).size(), 2u * (round + 1));
    EXPECT_EQ(rows_of(read_all(*log, id, 1, 1))[0], (Row{2, std::nullopt, ""}));
  }
}
