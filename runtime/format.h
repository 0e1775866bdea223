// Formats: bytes of a key or a value to columns and back. They know nothing of transport.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/batch.h"
#include "runtime/record_block.h"
#include "runtime/row_errors.h"
#include "runtime/schema.h"

namespace millrace {

struct FormatOptions {
  char delimiter = ',';         // DELIMITED
  bool refuse_unknown = false;  // JSON: a field that is not declared is a violation
  std::optional<bool>
      wrap_single;  // wrap_single_value: one column as {"C": 1} (true) or bare (false); absent: the default
};

// Belongs to one thread at a time.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Fills row i of every column that is wanted from payload i. columns[f] is the column of field f, of the payloads'
  // number of rows, or null where nobody needs it: the field is then checked all the same, for a record is rejected if
  // and only if it violates the declared schema. A payload that is null gives nulls. A rejected record gives one entry
  // in `rejected` (RowError::row is i) and nulls.
  //
  // Text may point into the payloads: the caller pins their memory. A payload is read within its bounds only.
  virtual void decode(std::span<const Bytes> payloads, std::span<const std::shared_ptr<Column>> columns,
                      RowErrors& rejected) = 0;
};

// Rows as bytes, one after the other.
struct EncodedRows {
  std::string buffer;
  std::vector<size_t> ends;  // of each row in the buffer

  size_t size() const { return ends.size(); }
  // Null where the row was encoded as null.
  Bytes operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends[i - 1] & ~null_bit;
    if ((ends[i] & null_bit) != 0) return null_bytes();
    return ends[i] == begin ? empty_bytes() : Bytes(buffer.data() + begin, ends[i] - begin);
  }
  void close(bool null = false) { ends.push_back(buffer.size() | (null ? null_bit : 0)); }
  static constexpr size_t null_bit = size_t{1} << 63;
};

// Belongs to one thread at a time.
class Encoder {
 public:
  virtual ~Encoder() = default;

  // Appends each selected row, in order. columns[f] is the column of field f. Whether a row as a whole is null (a
  // tombstone) is the caller's affair; a format in which a single null value is a null payload (KAFKA, an unwrapped
  // column) closes the row as null.
  virtual void encode(std::span<const ColumnPtr> columns, Selection rows, EncodedRows& out) = 0;
};

// What a planner must know of a format, and the makers of its two halves.
class Format {
 public:
  virtual ~Format() = default;

  virtual std::string_view name() const = 0;  // upper-cased
  // Why these fields cannot be the key (or the value) in this format, in words; nothing where they can.
  virtual std::optional<std::string> refusal(const std::vector<Field>& fields, bool key,
                                             const FormatOptions& options) const = 0;
  virtual std::unique_ptr<Decoder> make_decoder(const std::vector<Field>& fields, bool key,
                                                const FormatOptions& options) const = 0;
  virtual std::unique_ptr<Encoder> make_encoder(const std::vector<Field>& fields, bool key,
                                                const FormatOptions& options) const = 0;
};

// The formats that there are.
class FormatDirectory {
 public:
  virtual ~FormatDirectory() = default;
  // `name` in any case; null where there is none.
  virtual const Format* find(std::string_view name) const = 0;
  virtual std::vector<std::string> names() const = 0;
};

}  // namespace millrace
