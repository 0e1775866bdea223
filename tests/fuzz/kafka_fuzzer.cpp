// Any bytes: what is read is written as the same bytes.
// LINK connectors
#include "tests/fuzz/decoding.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace millrace;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Format& kafka = fuzz::find_format("KAFKA");
  for (const Type& type : {integer_type, bigint_type, double_type, varchar_type, bytes_type}) {
    const std::vector<Field> fields = {{"V", type}};
    const fuzz::Row row = fuzz::decode(kafka, fields, text);
    const bool fits = type.is_text() || size == (type.is(TypeKind::integer) ? 4U : 8U);
    fuzz::require(fits || row.rejected(), "other lengths are rejected", text);
    if (!row.rejected()) fuzz::require(fuzz::encode(kafka, fields, row) == text, "the bytes are the same", text);
  }
  return 0;
}
