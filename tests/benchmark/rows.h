// The rows of the benchmarks: JSON records of 205 bytes with 8 fields, 10,000 different keys.
#pragma once

#include <fmt/format.h>

#include <random>
#include <string>

#include "runtime/schema.h"

namespace millrace::benchmark {

inline constexpr size_t row_bytes = 205;

inline std::vector<Field> row_fields() {
  return {{"ID", bigint_type},       {"AIRPORT", varchar_type},   {"DELAY", integer_type},   {"FARE", double_type},
          {"CARRIER", varchar_type}, {"CANCELLED", boolean_type}, {"DEPARTED", bigint_type}, {"REMARK", varchar_type}};
}

inline std::string make_row(std::mt19937_64& random) {
  std::string record = fmt::format(
      R"({{"ID":{},"AIRPORT":"AP{:04}","DELAY":{},"FARE":{}.{:02},"CARRIER":"C{:02}","CANCELLED":{},"DEPARTED":{},"REMARK":")",
      random() % 1'000'000'000, random() % 10'000, random() % 600, random() % 900, random() % 100, random() % 20,
      random() % 50 == 0, 1'700'000'000'000 + static_cast<int64_t>(random() % 86'400'000));
  record.append(row_bytes - 2 - record.size(), 'x');
  return record + "\"}";
}

}  // namespace millrace::benchmark
