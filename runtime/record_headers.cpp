#include "runtime/record_headers.h"

namespace millrace {

namespace {

void append_length(std::string& out, uint64_t length) {
  for (; length >= 0x80; length >>= 7) out.push_back(static_cast<char>((length & 0x7f) | 0x80));
  out.push_back(static_cast<char>(length));
}

// Both take what they read from the front of `bytes`.
std::optional<uint64_t> take_length(Bytes& bytes) {
  uint64_t length = 0;
  for (unsigned shift = 0; shift < 35 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    length |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return length;
  }
  return std::nullopt;
}

std::optional<Bytes> take_bytes(Bytes& bytes, uint64_t length) {
  if (length > bytes.size()) return std::nullopt;
  Bytes taken = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return taken;
}

}  // namespace

std::string encode_record_headers(const std::vector<RecordHeader>& headers) {
  std::string out;
  for (const RecordHeader& header : headers) {
    append_length(out, header.name.size());
    out.append(header.name);
    append_length(out, is_null(header.value) ? 0 : header.value.size() + 1);
    out.append(header.value);
  }
  return out;
}

std::optional<std::vector<RecordHeader>> decode_record_headers(Bytes bytes) {
  std::vector<RecordHeader> headers;
  while (!bytes.empty()) {
    const auto name_length = take_length(bytes);
    if (!name_length) return std::nullopt;
    const auto name = take_bytes(bytes, *name_length);
    if (!name) return std::nullopt;
    const auto value_length = take_length(bytes);
    if (!value_length) return std::nullopt;
    Bytes value = null_bytes();
    if (*value_length > 0) {
      const auto taken = take_bytes(bytes, *value_length - 1);
      if (!taken) return std::nullopt;
      value = *taken;
    }
    headers.push_back({*name, value});
  }
  return headers;
}

}  // namespace millrace
