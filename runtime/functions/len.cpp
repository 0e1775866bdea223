#include "runtime/function_registry.h"
#include "runtime/unicode.h"

namespace millrace {

void register_len(FunctionRegistry& registry) {
  registry.add({
      .name = "LEN",
      .group = "Strings",
      .help = "The number of characters of a string, or of bytes.",
      .example = {"LEN('millrace')", "8"},
      .overloads = {{Signature("(VARCHAR) -> INT"), row_kernel<std::string_view>([](Cell& out, std::string_view text) {
                       out.set(static_cast<int32_t>(utf16_length(text)));
                     })},
                    {Signature("(BYTES) -> INT"), row_kernel<std::string_view>([](Cell& out, std::string_view bytes) {
                       out.set(static_cast<int32_t>(bytes.size()));
                     })}},
  });
}

}  // namespace millrace
