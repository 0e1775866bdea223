#include "connectors/embedded/block_codec.h"

#include <set>

#include "connectors/block_log/compaction.h"
#include "runtime/record_headers.h"
#include "tests/log/log_fixture.h"

namespace millrace::testing {

namespace {

NewBlock block_of(std::vector<RecordBlock> pieces) {
  NewBlock block{TopicId{3}, 1, {}, {}};
  for (RecordBlock& piece : pieces) block.pieces.push_back(std::make_shared<const RecordBlock>(std::move(piece)));
  block.entry = make_entry(block.pieces, 0);
  return block;
}

RecordBlock piece_of(int64_t sequence, std::vector<int64_t> offsets, const std::vector<Row>& rows) {
  RecordBlock piece = make_block(TopicId{3}, 1, rows);
  piece.sequence = sequence;
  piece.offsets = std::move(offsets);
  return piece;
}

}  // namespace

TEST(BlockCodec, PiecesComeBackAsGiven) {
  const NewBlock block =
      block_of({piece_of(4, {10, 11}, {{-5, "k", "", "h"}, {6, std::nullopt, std::nullopt}}),
                piece_of(9, {20}, {{7, "", "v"}}), piece_of(12, {31, 35}, {{8, "a", "b"}, {9, "c", "d", ""}})});
  std::string stored;
  encode_block(block, stored);
  const auto decoded = decode_block(stored, {TopicId{3}, 1, 10}, nullptr);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 3u);
  EXPECT_EQ(rows_of(*decoded), rows_of(block.pieces));
  EXPECT_EQ(offsets_of(*decoded), (std::vector<int64_t>{10, 11, 20, 31, 35}));
  EXPECT_EQ((*decoded)[1]->sequence, 9);
  EXPECT_TRUE((*decoded)[1]->headers.empty());
  EXPECT_EQ((*decoded)[2]->topic, 3u);
  EXPECT_EQ((*decoded)[2]->partition, 1);
}

TEST(BlockCodec, EveryFlippedBitAndEveryMissingEndIsNoticed) {
  const NewBlock block = block_of(
      {piece_of(4, {10, 11}, {{5, "key", "value", "h"}, {6, std::nullopt, "v"}}), piece_of(5, {14}, {{7, "", "v"}})});
  std::string stored;
  encode_block(block, stored);
  const BlockKey key{TopicId{3}, 1, 10};
  ASSERT_TRUE(decode_block(stored, key, nullptr));
  for (size_t bit = 0; bit < stored.size() * 8; ++bit) {
    std::string changed = stored;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_block(changed, key, nullptr)) << "bit " << bit;
  }
  for (size_t size = 0; size < stored.size(); ++size) {
    // A copy of its own, so that a read beyond its end is seen.
    const std::vector<char> cut(stored.begin(), stored.begin() + static_cast<int64_t>(size));
    EXPECT_FALSE(decode_block({cut.data(), cut.size()}, key, nullptr)) << size;
  }
  EXPECT_FALSE(decode_block(stored, {TopicId{3}, 1, 11}, nullptr));
  EXPECT_FALSE(decode_block(stored, {TopicId{4}, 1, 10}, nullptr));
}

TEST(RecordHeaders, WhatIsNotAListOfHeadersIsNoticed) {
  const std::string encoded =
      encode_record_headers({{"name", "value"}, {"", std::string(300, 'x')}, {"n", null_bytes()}});
  ASSERT_TRUE(decode_record_headers(encoded));
  EXPECT_EQ(decode_record_headers(encoded)->size(), 3u);
  EXPECT_EQ(decode_record_headers(null_bytes())->size(), 0u);
  int whole = 0;
  for (size_t size = 1; size < encoded.size(); ++size)
    whole += decode_record_headers(encoded.substr(0, size)).has_value();
  EXPECT_EQ(whole, 2);  // after the first header, and after the second
  EXPECT_FALSE(decode_record_headers(std::string(20, '\xff')));
}

TEST(RecordHash, TellsNullFromEmptyAndKeyFromValue) {
  const std::vector<std::pair<Bytes, Bytes>> records = {{null_bytes(), null_bytes()},
                                                        {empty_bytes(), null_bytes()},
                                                        {null_bytes(), empty_bytes()},
                                                        {empty_bytes(), empty_bytes()},
                                                        {"a", "b"},
                                                        {"b", "a"},
                                                        {"ab", ""},
                                                        {"null", null_bytes()}};
  std::set<uint64_t> hashes;
  for (const auto& [key, value] : records) hashes.insert(record_hash(key, value));
  EXPECT_EQ(hashes.size(), records.size());
}

}  // namespace millrace::testing
