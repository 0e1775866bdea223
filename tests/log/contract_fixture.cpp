#include "tests/log/contract_fixture.h"

namespace millrace::testing {

LogContract::LogContract()
    : log_(GetParam().open(directory_.path(), [this] { return now_.load(); })), writer_(log_->open_writer("test")) {}

TopicId LogContract::make_topic(const std::string& name, int32_t partitions, Retention retention) {
  return log_->create({name, partitions, retention}).id;
}

}  // namespace millrace::testing
