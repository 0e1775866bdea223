// One column of a container of state: growable, mutable, owning its text.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "runtime/column.h"
#include "runtime/same_bytes.h"
#include "runtime/state/state_bytes.h"

namespace millrace {

// Entries are addressed by number. A new one is null and zero. Nested values are kept as bytes.
class StateColumn {
 public:
  explicit StateColumn(Type type);

  const Type& type() const { return type_; }
  void resize(size_t entries);
  // Null and zero again.
  void reset(size_t entry);

  bool valid(size_t entry) const { return valid_[entry] != 0; }
  void set_valid(size_t entry, bool valid) { valid_[entry] = valid ? 1 : 0; }

  // T as in TypeKind, but for text: see text(). Not for nested types.
  template <class T>
  T& at(size_t entry) {
    return reinterpret_cast<T*>(values_.data())[entry];
  }
  template <class T>
  const T& at(size_t entry) const {
    return reinterpret_cast<const T*>(values_.data())[entry];
  }
  std::string& text(size_t entry) { return text_[entry]; }
  const std::string& text(size_t entry) const { return text_[entry]; }

  void prefetch(size_t entry) const {
    if (has_text()) {
      __builtin_prefetch(&text_[entry]);
    } else {
      __builtin_prefetch(values_.data() + entry * element_);
    }
  }
  // Takes over the value of a column's row, null included.
  void assign(size_t entry, const Column& from, size_t row);
  bool equals(size_t entry, const Column& other, size_t row) const {
    if (!valid(entry) || !other.valid(row)) return valid(entry) == other.valid(row);
    if (type_.kind() == TypeKind::varchar) {
      const auto value = other.at<std::string_view>(row);
      return text_[entry].size() == value.size() && same_bytes(text_[entry].data(), value.data(), value.size());
    }
    if (type_.kind() == TypeKind::bigint) return at<int64_t>(entry) == other.at<int64_t>(row);
    return equals_value(entry, other, row);
  }
  // < 0, 0, > 0; null comes first, text and nested values by their bytes.
  int compare(size_t a, size_t b) const;
  // The values of these entries, in that order; text is copied.
  std::shared_ptr<Column> read(std::span<const uint32_t> entries) const;

  // Bytes of the entries that `entries` names, to the end of a block; and back, into entries[i].
  void save(std::span<const uint32_t> entries, StateWriter& out) const;
  void load(std::span<const uint32_t> entries, StateReader& in);
  // A column of `count` values as save() wrote them; text points into the block.
  static std::shared_ptr<Column> load_column(const Type& type, size_t count, StateReader& in);

  // Heap bytes, text included.
  size_t bytes() const {
    return values_.capacity() + valid_.capacity() + text_.capacity() * sizeof(std::string) + text_bytes_;
  }
  // To be called after text(entry) was changed through the reference.
  void account_text(size_t before, size_t after) { text_bytes_ += heap(after) - heap(before); }

 private:
  bool equals_value(size_t entry, const Column& other, size_t row) const;
  static size_t heap(size_t length) { return length > 15 ? length + 1 : 0; }
  bool has_text() const { return element_ == 0; }
  // Writes the value's bytes into the entry.
  void assign_nested(size_t entry, const Column& from, size_t row);

  Type type_;
  size_t element_;  // bytes of one, 0 for text and nested values
  std::vector<std::byte> values_;
  std::vector<std::string> text_;  // of nested values their bytes
  std::vector<uint8_t> valid_;
  size_t text_bytes_ = 0;
};

}  // namespace millrace
