// What a container of state must hold, and a log of its blocks as the state topic would keep it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "runtime/state/container.h"

namespace millrace {

// Blocks by bucket; an image drops what came before it. `apply` gives them to a container, oldest first.
class StateLog {
 public:
  void add(const std::vector<StateBlock>& blocks) {
    for (const StateBlock& block : blocks) {
      auto& kept = blocks_[block.bucket];
      if (block.image_start) kept.clear();
      kept.push_back(block);
    }
  }
  void apply(StateContainer& container) const {
    for (const auto& [bucket, blocks] : blocks_)
      for (const StateBlock& block : blocks) container.load(block.bucket, block.image_start, block.block);
  }

 private:
  std::map<uint8_t, std::vector<StateBlock>> blocks_;
};

inline void load_all(StateContainer& container, const std::vector<StateBlock>& blocks) {
  for (const StateBlock& block : blocks) container.load(block.bucket, block.image_start, block.block);
}

// Mostly none, sometimes a few buckets, sometimes all.
inline uint64_t random_images(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return random() & random() & random();
    case 1:
      return random() % 8 == 0 ? ~uint64_t{0} : 0;
    default:
      return 0;
  }
}

// Columns of one batch.
inline std::shared_ptr<Column> bigint_column(const std::vector<int64_t>& values) {
  auto column = std::make_shared<Column>(bigint_type, values.size());
  for (size_t i = 0; i < values.size(); ++i) column->set(i, values[i]);
  return column;
}
inline std::shared_ptr<Column> integer_column(const std::vector<int32_t>& values) {
  auto column = std::make_shared<Column>(integer_type, values.size());
  for (size_t i = 0; i < values.size(); ++i) column->set(i, values[i]);
  return column;
}
// The empty text stands for null.
inline std::shared_ptr<Column> text_column(const std::vector<std::string>& values) {
  auto column = std::make_shared<Column>(varchar_type, values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].empty()) {
      column->set_null(i);
    } else {
      column->set(i, column->keep(values[i]));
    }
  }
  return column;
}

}  // namespace millrace
