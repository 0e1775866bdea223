// What the containers of durable state have in common: deltas, images, loading, accounting.
//
// A container updates in place and knows which entries the current step touched. At the step's end their new values go
// into the state topic as delta blocks, one per bucket that changed; when a bucket's deltas have outgrown its last
// image, an image follows instead. Loading replays both in order.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/schema.h"

namespace millrace {

inline constexpr int bucket_count = 64;

// A record for the state topic: `block` holds the entries of one bucket.
struct StateBlock {
  uint8_t bucket = 0;
  bool image_start = false;  // the bucket is empty before this block
  bool image = false;        // this or a later piece of an image
  std::string block;
};

// Belongs to one operator, used on its lane only.
class StateContainer {
 public:
  virtual ~StateContainer() = default;

  // What the step changed, as blocks of at most about `bytes_max`; the next step begins. `images`: the buckets that are
  // to be written whole.
  virtual std::vector<StateBlock> take_changes(size_t bytes_max, uint64_t images) = 0;
  // Applies a block that take_changes made, of this or an older version. Throws Error{state_unreadable}.
  virtual void load(uint8_t bucket, bool image_start, std::string_view block) = 0;
  // Nothing in it, as at the start.
  virtual void clear() = 0;
  virtual size_t bytes() const = 0;
  virtual size_t entries() const = 0;
  // Types of keys and values: a plan whose layout differs cannot load the state.
  virtual std::string layout() const = 0;
};

}  // namespace millrace
