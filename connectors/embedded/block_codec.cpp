#include "connectors/embedded/block_codec.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace millrace {

namespace {

static_assert(std::endian::native == std::endian::little, "blocks are little-endian and copied as they are");

constexpr uint8_t block_version = 1;
constexpr uint8_t flag_offsets = 1;
constexpr uint8_t flag_headers = 2;
constexpr size_t checksum_at = 8;
constexpr size_t checked_from = 16;

uint64_t checksum(Bytes stored, const BlockKey& key) {
  const uint64_t place[] = {key.topic.value, static_cast<uint64_t>(key.partition), static_cast<uint64_t>(key.first)};
  const uint64_t seed = XXH3_64bits_withSeed(stored.data(), checksum_at, XXH3_64bits(place, sizeof(place)));
  return XXH3_64bits_withSeed(stored.data() + checked_from, stored.size() - checked_from, seed);
}

class Output {
 public:
  explicit Output(char* at) : at_(at) {}

  template <typename T>
  void number(T value) {
    std::memcpy(at_, &value, sizeof(T));
    at_ += sizeof(T);
  }
  template <typename T>
  void numbers(const std::vector<T>& values) {
    std::memcpy(at_, values.data(), values.size() * sizeof(T));
    at_ += values.size() * sizeof(T);
  }
  void lengths(const std::vector<Bytes>& all) {
    for (Bytes bytes : all) number(is_null(bytes) ? int32_t{-1} : static_cast<int32_t>(bytes.size()));
  }
  void bytes(const std::vector<Bytes>& all) {
    for (Bytes bytes : all) {
      if (bytes.empty()) continue;
      std::memcpy(at_, bytes.data(), bytes.size());
      at_ += bytes.size();
    }
  }

 private:
  char* at_;
};

bool has_gaps(const RecordBlock& piece) {
  return piece.offsets.back() - piece.offsets.front() + 1 != static_cast<int64_t>(piece.size());
}

// What a block's front says of the places of its parts; all within the stored bytes.
struct Layout {
  uint32_t pieces = 0;
  uint32_t records = 0;
  const char* piece_at = nullptr;
  const char* timestamps = nullptr;
  const char* offsets = nullptr;  // null: none listed
  const char* keys = nullptr;     // lengths
  const char* values = nullptr;
  const char* headers = nullptr;  // null: none
  const char* bytes = nullptr;
  const char* end = nullptr;
};

template <typename T>
T number_at(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

constexpr size_t piece_bytes = 20;

std::optional<Layout> read_layout(Bytes stored) {
  if (stored.size() < checked_from + 4 || static_cast<uint8_t>(stored[0]) != block_version) return std::nullopt;
  const auto flags = static_cast<uint8_t>(stored[1]);
  Layout layout;
  layout.pieces = number_at<uint32_t>(stored.data() + 4);
  layout.records = number_at<uint32_t>(stored.data() + checked_from);
  layout.end = stored.data() + stored.size();
  const char* at = stored.data() + checked_from + 4;
  bool fits = true;
  auto take = [&](size_t count, size_t width) -> const char* {
    if (static_cast<size_t>(layout.end - at) < count * width) fits = false;
    if (!fits) return nullptr;
    const char* begin = at;
    at += count * width;
    return begin;
  };
  layout.piece_at = take(layout.pieces, piece_bytes);
  layout.timestamps = take(layout.records, 8);
  if (flags & flag_offsets) layout.offsets = take(layout.records, 8);
  layout.keys = take(layout.records, 4);
  layout.values = take(layout.records, 4);
  if (flags & flag_headers) layout.headers = take(layout.records, 4);
  layout.bytes = at;
  if (!fits) return std::nullopt;
  return layout;
}

// Views of the next records of one column.
class ColumnInput {
 public:
  ColumnInput(const char* lengths, const char* bytes) : lengths_(lengths), bytes_(bytes) {}

  // False where a length cannot be.
  bool take(uint32_t count, const char* end, std::vector<Bytes>& out) {
    out.resize(count);
    for (uint32_t i = 0; i < count; ++i, lengths_ += 4) {
      const auto length = number_at<int32_t>(lengths_);
      if (length < 0) continue;
      if (end - bytes_ < length) return false;
      out[i] = Bytes(bytes_, static_cast<size_t>(length));
      bytes_ += length;
    }
    return true;
  }

 private:
  const char* lengths_;
  const char* bytes_;
};

size_t column_bytes(const char* lengths, uint32_t records) {
  size_t sum = 0;
  for (uint32_t i = 0; i < records; ++i) sum += static_cast<size_t>(std::max(0, number_at<int32_t>(lengths + 4 * i)));
  return sum;
}

}  // namespace

void encode_block(const NewBlock& block, std::string& out) {
  uint8_t flags = 0;
  size_t records = 0;
  size_t payload = 0;
  for (const auto& piece : block.pieces) {
    if (has_gaps(*piece)) flags |= flag_offsets;
    if (!piece->headers.empty()) flags |= flag_headers;
    records += piece->size();
    payload += piece->bytes();
  }
  const size_t per_record = 16 + (flags & flag_offsets ? 8 : 0) + (flags & flag_headers ? 4 : 0);
  const size_t begin = out.size();
  out.resize(begin + checked_from + 4 + block.pieces.size() * piece_bytes + records * per_record + payload);
  char* const front = out.data() + begin;
  Output to(front);
  to.number(block_version);
  to.number(flags);
  to.number(uint16_t{0});
  to.number(static_cast<uint32_t>(block.pieces.size()));
  to.number(uint64_t{0});
  to.number(static_cast<uint32_t>(records));
  for (const auto& piece : block.pieces) {
    to.number(piece->sequence);
    to.number(piece->offsets.front());
    to.number(static_cast<uint32_t>(piece->size()));
  }
  for (const auto& piece : block.pieces) to.numbers(piece->timestamps);
  if (flags & flag_offsets) {
    for (const auto& piece : block.pieces) to.numbers(piece->offsets);
  }
  for (const auto& piece : block.pieces) to.lengths(piece->keys);
  for (const auto& piece : block.pieces) to.lengths(piece->values);
  if (flags & flag_headers) {
    for (const auto& piece : block.pieces) {
      to.lengths(piece->headers.empty() ? std::vector<Bytes>(piece->size()) : piece->headers);
    }
  }
  for (const auto& piece : block.pieces) to.bytes(piece->keys);
  for (const auto& piece : block.pieces) to.bytes(piece->values);
  for (const auto& piece : block.pieces) to.bytes(piece->headers);
  const uint64_t sum = checksum({front, out.size() - begin}, {block.topic, block.partition, block.entry.first});
  std::memcpy(front + checksum_at, &sum, sizeof(sum));
}

std::optional<std::vector<RecordBlockPtr>> decode_block(Bytes stored, const BlockKey& key,
                                                        const std::shared_ptr<const void>& pin) {
  const auto layout = read_layout(stored);
  if (!layout || number_at<uint64_t>(stored.data() + checksum_at) != checksum(stored, key)) return std::nullopt;
  const char* const end = layout->end;
  const size_t key_bytes = column_bytes(layout->keys, layout->records);
  const size_t value_bytes = column_bytes(layout->values, layout->records);
  if (static_cast<size_t>(end - layout->bytes) < key_bytes + value_bytes) return std::nullopt;
  ColumnInput keys(layout->keys, layout->bytes);
  ColumnInput values(layout->values, layout->bytes + key_bytes);
  ColumnInput headers(layout->headers, layout->bytes + key_bytes + value_bytes);
  std::vector<RecordBlockPtr> pieces;
  uint32_t done = 0;
  for (uint32_t p = 0; p < layout->pieces; ++p) {
    const char* at = layout->piece_at + p * piece_bytes;
    const auto first = number_at<int64_t>(at + 8);
    const auto records = number_at<uint32_t>(at + 16);
    if (records == 0 || records > layout->records - done) return std::nullopt;
    RecordBlock piece;
    piece.topic = key.topic.value;
    piece.partition = key.partition;
    piece.sequence = number_at<int64_t>(at);
    piece.timestamps.resize(records);
    std::memcpy(piece.timestamps.data(), layout->timestamps + 8 * static_cast<size_t>(done),
                8 * static_cast<size_t>(records));
    piece.offsets.resize(records);
    if (layout->offsets) {
      std::memcpy(piece.offsets.data(), layout->offsets + 8 * static_cast<size_t>(done),
                  8 * static_cast<size_t>(records));
    } else {
      for (uint32_t i = 0; i < records; ++i) piece.offsets[i] = first + i;
    }
    if (!keys.take(records, end, piece.keys) || !values.take(records, end, piece.values)) return std::nullopt;
    if (layout->headers) {
      if (!headers.take(records, end, piece.headers)) return std::nullopt;
      if (std::all_of(piece.headers.begin(), piece.headers.end(), is_null)) piece.headers.clear();
    }
    piece.pin = pin;
    done += records;
    pieces.push_back(std::make_shared<const RecordBlock>(std::move(piece)));
  }
  if (pieces.empty() || done != layout->records) return std::nullopt;
  return pieces;
}

}  // namespace millrace
