#include "runtime/column.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace millrace {

namespace {

size_t element_bytes(const Type& type) {
  if (type.is_nested()) return 0;
  return with_element(type.kind(), [](auto zero) { return sizeof(zero); });
}

constexpr size_t arena_chunk = 4096;

}  // namespace

Column::Column(Type type, size_t size) : type_(std::move(type)), size_(size) {
  values_.resize(size * element_bytes(type_));
  switch (type_.kind()) {
    case TypeKind::array:
      offsets_.resize(size + 1);
      children_.push_back(std::make_shared<Column>(type_.element(), 0));
      break;
    case TypeKind::map:
      offsets_.resize(size + 1);
      children_.push_back(std::make_shared<Column>(type_.key(), 0));
      children_.push_back(std::make_shared<Column>(type_.value(), 0));
      break;
    case TypeKind::struct_:
      for (const Type& field : type_.field_types()) children_.push_back(std::make_shared<Column>(field, size));
      break;
    default:
      break;
  }
}

std::shared_ptr<Column> Column::constant(Type type, size_t size) {
  auto column = std::make_shared<Column>(std::move(type), 1);
  column->size_ = size;
  column->mask_ = 0;
  return column;
}

ColumnPtr Column::nulls(Type type, size_t size) {
  auto column = constant(std::move(type), size);
  column->set_null(0);
  return column;
}

void Column::set_null(size_t row) {
  if (validity_.empty()) validity_.assign((std::max(is_constant() ? 1 : size_, row + 1) + 63) / 64, ~uint64_t{0});
  validity_[row / 64] &= ~(uint64_t{1} << (row % 64));
}

void Column::resize(size_t size) {
  values_.resize(size * element_bytes(type_));
  if (!validity_.empty()) {
    validity_.resize((size + 63) / 64, ~uint64_t{0});
    // Bits beyond the old size may be stale after a shrink: rows that come anew are valid.
    for (size_t row = size_; row < size; ++row) validity_[row / 64] |= uint64_t{1} << (row % 64);
  }
  size_ = size;
}

void Column::truncate(size_t size) {
  if (!type_.is_nested()) return resize(size);
  if (!offsets_.empty()) offsets_.resize(size + 1);
  for (auto& child : children_) child->truncate(offsets_.empty() ? size : offsets_.back());
  size_ = size;
}

void Column::append_null() {
  if (!type_.is_nested()) {
    resize(size_ + 1);
  } else {
    if (type_.is(TypeKind::struct_))
      for (auto& child : children_) child->append_null();
    append_nested();
  }
  set_null(size_ - 1);
}

void Column::append_nested() {
  ++size_;
  if (!validity_.empty()) {
    validity_.resize((size_ + 63) / 64, ~uint64_t{0});
    validity_[(size_ - 1) / 64] |= uint64_t{1} << ((size_ - 1) % 64);
  }
  if (!offsets_.empty()) offsets_.push_back(static_cast<uint32_t>(children_[0]->size()));
}

std::string_view Column::keep(std::string_view text) {
  if (text.empty()) return std::string_view("");  // not null
  if (text.size() > arena_left_) {
    const size_t chunk = std::max(arena_chunk, text.size());
    arena_.push_back(std::make_unique_for_overwrite<char[]>(chunk));
    arena_next_ = arena_.back().get();
    arena_left_ = chunk;
  }
  std::memcpy(arena_next_, text.data(), text.size());
  std::string_view kept(arena_next_, text.size());
  arena_next_ += text.size();
  arena_left_ -= text.size();
  return kept;
}

size_t Column::bytes() const {
  size_t sum = values_.size() + validity_.size() * 8 + offsets_.size() * 4 + arena_.size() * arena_chunk;
  for (const auto& child : children_) sum += child->bytes();
  return sum;
}

void append_value(Column& out, const Column& from, size_t row) {
  if (!from.valid(row)) {
    out.append_null();
    return;
  }
  switch (from.type().kind()) {
    case TypeKind::array:
    case TypeKind::map: {
      const auto [begin, end] = from.range(row);
      for (size_t c = 0; c < from.child_count(); ++c)
        for (uint32_t i = begin; i < end; ++i) append_value(out.child(c), from.child(c), i);
      out.append_nested();
      return;
    }
    case TypeKind::struct_: {
      const size_t at = from.is_constant() ? 0 : row;
      for (size_t c = 0; c < from.child_count(); ++c) append_value(out.child(c), from.child(c), at);
      out.append_nested();
      return;
    }
    case TypeKind::varchar:
    case TypeKind::bytes:
      out.append(out.keep(from.at<std::string_view>(row)));
      return;
    default:
      with_element(from.type().kind(), [&](auto zero) { out.append(from.at<decltype(zero)>(row)); });
  }
}

ColumnPtr gather(const ColumnPtr& column, std::span<const uint32_t> rows) {
  const Type& type = column->type();
  if (type.is_nested()) {
    auto out = std::make_shared<Column>(type, 0);
    for (uint32_t row : rows) append_value(*out, *column, row);
    return out;
  }
  if (column->is_constant()) {
    auto out = Column::constant(type, rows.size());
    with_element(type.kind(), [&](auto zero) { out->set(0, column->at<decltype(zero)>(0)); });
    if (!column->valid(0)) out->set_null(0);
    out->pin(column);
    return out;
  }
  auto out = std::make_shared<Column>(type, rows.size());
  with_element(type.kind(), [&](auto zero) {
    using T = decltype(zero);
    T* to = out->values<T>();
    const T* from = column->values<T>();
    for (size_t i = 0; i < rows.size(); ++i) to[i] = from[rows[i]];
  });
  if (column->has_nulls())
    for (size_t i = 0; i < rows.size(); ++i)
      if (!column->valid(rows[i])) out->set_null(i);
  if (type.is_text()) out->pin(column);
  return out;
}

namespace {

bool same_nested(const Column& a, size_t row_a, const Column& b, size_t row_b) {
  if (a.type().is(TypeKind::struct_)) {
    const size_t at_a = a.is_constant() ? 0 : row_a;
    const size_t at_b = b.is_constant() ? 0 : row_b;
    for (size_t c = 0; c < a.child_count(); ++c)
      if (!same_value(a.child(c), at_a, b.child(c), at_b)) return false;
    return true;
  }
  const auto range_a = a.range(row_a);
  const auto range_b = b.range(row_b);
  if (range_a.end - range_a.begin != range_b.end - range_b.begin) return false;
  for (uint32_t i = 0; i < range_a.end - range_a.begin; ++i)
    for (size_t c = 0; c < a.child_count(); ++c)
      if (!same_value(a.child(c), range_a.begin + i, b.child(c), range_b.begin + i)) return false;
  return true;
}

constexpr uint64_t null_hash = 0x9E3779B97F4A7C15;

uint64_t mix(uint64_t x) {  // the finaliser of MurmurHash3
  x ^= x >> 33;
  x *= 0xFF51AFD7ED558CCD;
  x ^= x >> 33;
  x *= 0xC4CEB9FE1A85EC53;
  return x ^ (x >> 33);
}

uint64_t hash_element(std::string_view v) { return XXH3_64bits(v.data(), v.size()); }
uint64_t hash_element(double v) {
  // Zeros and NaNs that compare alike hash alike.
  if (v == 0) v = 0;
  if (std::isnan(v)) return null_hash + 1;
  return mix(std::bit_cast<uint64_t>(v));
}
uint64_t hash_element(Decimal v) { return mix(static_cast<uint64_t>(v) ^ mix(static_cast<uint64_t>(v >> 64))); }
template <class T>
uint64_t hash_element(T v) {
  return mix(static_cast<uint64_t>(v));
}

uint64_t combine(uint64_t seed, uint64_t hash) { return mix(seed * 31 + hash); }

uint64_t hash_value(const Column& column, size_t row) {
  if (!column.valid(row)) return null_hash;
  uint64_t hash = 17;
  switch (column.type().kind()) {
    case TypeKind::struct_:
      for (size_t c = 0; c < column.child_count(); ++c)
        hash = combine(hash, hash_value(column.child(c), column.is_constant() ? 0 : row));
      return hash;
    case TypeKind::array:
    case TypeKind::map: {
      const auto [begin, end] = column.range(row);
      for (uint32_t i = begin; i < end; ++i)
        for (size_t c = 0; c < column.child_count(); ++c) hash = combine(hash, hash_value(column.child(c), i));
      return hash;
    }
    default:
      return with_element(column.type().kind(),
                          [&](auto zero) { return hash_element(column.at<decltype(zero)>(row)); });
  }
}

}  // namespace

bool same_value(const Column& a, size_t row_a, const Column& b, size_t row_b) {
  const bool valid = a.valid(row_a);
  if (valid != b.valid(row_b)) return false;
  if (!valid) return true;
  if (a.type().is_nested()) return same_nested(a, row_a, b, row_b);
  return with_element(a.type().kind(), [&](auto zero) {
    using T = decltype(zero);
    const T x = a.at<T>(row_a);
    const T y = b.at<T>(row_b);
    if constexpr (std::is_same_v<T, double>) return x == y || (std::isnan(x) && std::isnan(y));
    return x == y;
  });
}

void hash_values(const Column& column, std::span<uint64_t> hashes) {
  if (column.is_constant()) {
    const uint64_t hash = hash_value(column, 0);
    for (uint64_t& h : hashes) h = combine(h, hash);
    return;
  }
  if (column.type().is_nested() || column.has_nulls()) {
    for (size_t row = 0; row < hashes.size(); ++row) hashes[row] = combine(hashes[row], hash_value(column, row));
    return;
  }
  with_element(column.type().kind(), [&](auto zero) {
    const auto* values = column.values<decltype(zero)>();
    for (size_t row = 0; row < hashes.size(); ++row) hashes[row] = combine(hashes[row], hash_element(values[row]));
  });
}

}  // namespace millrace
