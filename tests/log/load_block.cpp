// A block that the index names and the store has not: it may be on its way from one to the other.
#include "connectors/block_log/log_state.h"
#include "tests/log/log_fixture.h"

#include <thread>

namespace millrace::testing {
namespace {

class LoadBlock : public ::testing::Test {
 protected:
  LoadBlock() {
    state_.store = std::make_unique<NoStore>();
    Partition partition;
    partition.end = 1;
    partition.blocks.emplace_back();
    Topic topic{{topic_, "t", 1, {}}, {}};
    topic.partitions.push_back(std::move(partition));
    state_.topics.add(std::move(topic));
  }
  Partition& partition() { return state_.topics.at(topic_).partitions[0]; }

  const TopicId topic_{1};
  LogState state_;
};

TEST_F(LoadBlock, MissingIsSaid) {
  const Error error = error_of([&] { load_block(state_, topic_, 0, 0, 1); });
  EXPECT_EQ(error.code(), ErrorCode::log_corrupt);
  EXPECT_EQ(error.message(), "the block at offset 0 of t[0] is corrupt, the next one begins at 1: it is missing");
}

// However long the thread that rewrites it is kept from its work.
TEST_F(LoadBlock, RewrittenIsWaitedFor) {
  const auto block = std::make_shared<const RecordBlock>(make_block(topic_, 0, values({"a"})));
  partition().rewrites = 1;
  std::thread rewriting([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    {
      const std::lock_guard lock(state_.mutex);
      partition().blocks[0].block = block;
      ++partition().rewrites;
    }
    state_.changed.notify_all();
  });
  EXPECT_EQ(load_block(state_, topic_, 0, 0, 1), std::vector<RecordBlockPtr>{block});
  rewriting.join();
}

}  // namespace
}  // namespace millrace::testing
