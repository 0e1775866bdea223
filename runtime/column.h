// A column of values: flat elements, validity bits, and child columns where the type nests.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/check.h"
#include "runtime/type.h"

namespace millrace {

class Column;
using ColumnPtr = std::shared_ptr<const Column>;

// Filled by its maker, immutable once shared as ColumnPtr; then safe to read from any thread.
//
// A constant column holds one element that stands for every row. Text elements point into memory that the column keeps
// alive: its own arena (keep) or pinned owners (pin).
class Column {
 public:
  // `size` rows, values zero, all valid.
  Column(Type type, size_t size);
  static std::shared_ptr<Column> constant(Type type, size_t size);
  // A constant column of nulls.
  static ColumnPtr nulls(Type type, size_t size);

  const Type& type() const { return type_; }
  size_t size() const { return size_; }
  bool is_constant() const { return mask_ == 0; }

  bool valid(size_t row) const {
    row &= mask_;
    return validity_.empty() || ((validity_[row / 64] >> (row % 64)) & 1) != 0;
  }
  bool has_nulls() const { return !validity_.empty(); }
  void set_null(size_t row);

  // T is the C++ type of the kind, see TypeKind.
  template <class T>
  const T& at(size_t row) const {
    return reinterpret_cast<const T*>(values_.data())[row & mask_];
  }
  template <class T>
  void set(size_t row, T value) {
    reinterpret_cast<T*>(values_.data())[row] = value;
  }
  template <class T>
  T* values() {
    return reinterpret_cast<T*>(values_.data());
  }
  template <class T>
  const T* values() const {
    return reinterpret_cast<const T*>(values_.data());
  }

  // Adds one row at the end; nested kinds close the elements that were added to their children since the last row.
  template <class T>
  void append(T value) {
    resize(size_ + 1);
    set(size_ - 1, value);
  }
  void append_null();
  void append_nested();  // ARRAY and MAP: the elements since the last row; STRUCT: one element of each child
  // Grows or shrinks; new rows are zero and valid. Not for nested kinds.
  void resize(size_t size);
  // Drops the rows from `size` on, and what was added to the children since then.
  void truncate(size_t size);

  // ARRAY and MAP: the elements [begin, end) of a row in the child columns.
  struct Range {
    uint32_t begin, end;
  };
  Range range(size_t row) const {
    row &= mask_;
    return {offsets_[row], offsets_[row + 1]};
  }
  // ARRAY: the elements. MAP: keys, values. STRUCT: the fields.
  size_t child_count() const { return children_.size(); }
  const Column& child(size_t i) const { return *children_[i]; }
  Column& child(size_t i) { return *children_[i]; }

  // Copies text into the column's arena.
  std::string_view keep(std::string_view text);
  // Keeps the memory alive that text elements point into.
  void pin(std::shared_ptr<const void> owner) { pins_.push_back(std::move(owner)); }

  // Bytes that this column holds itself, pinned memory not counted.
  size_t bytes() const;

 private:
  Type type_;
  size_t size_;
  size_t mask_ = ~size_t{0};  // 0: constant
  std::vector<std::byte> values_;
  std::vector<uint64_t> validity_;  // empty: all valid
  std::vector<uint32_t> offsets_;   // ARRAY and MAP: one more than rows
  std::vector<std::shared_ptr<Column>> children_;
  std::vector<std::shared_ptr<const void>> pins_;
  std::vector<std::unique_ptr<char[]>> arena_;
  size_t arena_left_ = 0;
  char* arena_next_ = nullptr;
};

// The rows of `column` named by `rows`, in that order; text and nested values share the memory of `column`.
ColumnPtr gather(const ColumnPtr& column, std::span<const uint32_t> rows);
// Appends the value of one row, null included. `out` copies text into its arena. Types must be equal.
void append_value(Column& out, const Column& from, size_t row);
// Whether two values are the same; null equals null. Types must be equal. Doubles compare by value, NaN equals NaN.
bool same_value(const Column& a, size_t row_a, const Column& b, size_t row_b);
// Mixes the hash of each row's value into `hashes`, null included; equal values of equal types hash alike everywhere.
void hash_values(const Column& column, std::span<uint64_t> hashes);

}  // namespace millrace
