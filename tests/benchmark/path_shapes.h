// What a row costs in queries of different shapes.
#pragma once

#include <cstddef>

namespace millrace::benchmark {

void path_shapes(size_t rows);

}  // namespace millrace::benchmark
