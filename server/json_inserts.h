// Insert streams: JSON objects in, acknowledged when committed.
#pragma once

#include <functional>
#include <memory>

#include "runtime/format.h"
#include "runtime/log.h"
#include "server/engine.h"

namespace millrace {

struct JsonInsertOptions {
  std::shared_ptr<const Source> source;
  const Format* json = nullptr;
  size_t outstanding_max = 100'000;
  size_t record_bytes_max = 8 << 20;
  std::function<void(size_t rows, size_t bytes)> inserted;  // they are committed; any thread; may be absent
};

// `writer` outlives it, or answers what is outstanding before it goes.
std::unique_ptr<InsertStream> make_json_inserts(JsonInsertOptions options, const Log& log, LogWriter& writer);

}  // namespace millrace
