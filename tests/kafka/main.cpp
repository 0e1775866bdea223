#include "tests/kafka/kafka_fixture.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  millrace::testing::read_patience = std::chrono::milliseconds(600);
  return RUN_ALL_TESTS();
}
