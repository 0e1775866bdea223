#include "runtime/function_registry.h"

namespace millrace {

namespace {

// Characters are counted as UTF-16 counts them, which is what the base language does.
int32_t utf16_length(std::string_view text) {
  int32_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

}  // namespace

void register_len(FunctionRegistry& registry) {
  registry.add({
      .name = "LEN",
      .group = "Strings",
      .help = "The number of characters of a string, or of bytes.",
      .example = {"LEN('millrace')", "8"},
      .overloads = {{Signature("(VARCHAR) -> INT"),
                     row_kernel<std::string_view>([](Cell& out, std::string_view text) { out.set(utf16_length(text)); })},
                    {Signature("(BYTES) -> INT"), row_kernel<std::string_view>([](Cell& out, std::string_view bytes) {
                       out.set(static_cast<int32_t>(bytes.size()));
                     })}},
  });
}

}  // namespace millrace
