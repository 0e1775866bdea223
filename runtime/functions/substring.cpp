#include <algorithm>

#include "runtime/function_registry.h"
#include "runtime/unicode.h"

namespace millrace {

namespace {

// Positions count from 1, or from the end where they are negative; 0 is 1. What lies outside is cut off.
struct Part {
  size_t begin;
  size_t size;
};

Part part_of(size_t size, int32_t position, int32_t length) {
  const auto total = static_cast<int64_t>(size);
  const int64_t begin =
      position < 0 ? std::max<int64_t>(total + position, 0) : std::clamp<int64_t>(int64_t{position} - 1, 0, total);
  const int64_t end = std::clamp<int64_t>(begin + length, begin, total);
  return {static_cast<size_t>(begin), static_cast<size_t>(end - begin)};
}

void text_part(Cell& cell, std::string_view text, int32_t position, int32_t length) {
  const Part part = part_of(utf16_length(text), position, length);
  text.remove_prefix(utf16_offset(text, part.begin));
  cell.set(text.substr(0, utf16_offset(text, part.size)));
}

void bytes_part(Cell& cell, std::string_view bytes, int32_t position, int32_t length) {
  const Part part = part_of(bytes.size(), position, length);
  cell.set(bytes.substr(part.begin, part.size));
}

template <class F>
Kernel to_the_end(F part) {
  return row_kernel<std::string_view, int32_t>(
      [part](Cell& cell, std::string_view whole, int32_t position) { part(cell, whole, position, INT32_MAX); });
}

}  // namespace

void register_substring(FunctionRegistry& registry) {
  registry.add(
      {.name = "SUBSTRING",
       .group = "Strings",
       .help = "The part of a text, or of bytes, from a position on, of a length or to the end; the first position "
               "is 1, negative ones count from the end.",
       .example = {"SUBSTRING('Zürich', 2, 3)", "'üri'"},
       .overloads = {
           {Signature("(VARCHAR, INT) -> VARCHAR"), to_the_end(text_part)},
           {Signature("(VARCHAR, INT, INT) -> VARCHAR"), row_kernel<std::string_view, int32_t, int32_t>(text_part)},
           {Signature("(BYTES, INT) -> BYTES"), to_the_end(bytes_part)},
           {Signature("(BYTES, INT, INT) -> BYTES"), row_kernel<std::string_view, int32_t, int32_t>(bytes_part)}}});
}

}  // namespace millrace
