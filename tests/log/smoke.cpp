#include <gtest/gtest.h>
#include "connectors/memory_log.h"
using namespace millrace;
TEST(Smoke, Memory) {
  auto log = make_memory_log();
  auto t = log->create({"a", 2, {}});
  auto w = log->open_writer("w");
  RecordBlockBuilder b(t.id.value, 1);
  b.add(1, "k", "v");
  b.add(2, {}, empty_bytes());
  std::vector<RecordBlock> blocks;
  blocks.push_back(b.build());
  CommitResult got;
  w->commit(std::move(blocks), [&](CommitResult r) { got = r; });
  EXPECT_EQ(got.sequence, 1);
  auto r = log->open_reader({{t.id, 0}, {t.id, 1}});
  auto out = r->read(1000, std::chrono::steady_clock::now());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0]->size(), 2u);
}
