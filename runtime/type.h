// Types of columns. A Type is a small immutable value; nested ones share their parts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

enum class TypeKind : uint8_t {
  boolean,    // uint8_t, 0 or 1
  integer,    // int32_t
  bigint,     // int64_t
  double_,    // double
  decimal,    // Decimal, the unscaled value
  varchar,    // std::string_view, UTF-8
  bytes,      // std::string_view
  date,       // int32_t, days since 1970-01-01
  time,       // int32_t, milliseconds since midnight
  timestamp,  // int64_t, milliseconds since 1970-01-01T00:00:00Z
  array,      // offsets into the element column
  map,        // offsets into the key and value columns; keys are VARCHAR unless said otherwise
  struct_,    // one child column per field
};

// Unscaled value of a DECIMAL(p, s), |value| < 10^38.
__extension__ typedef __int128 Decimal;

class Type {
 public:
  Type() : Type(TypeKind::boolean) {}
  explicit Type(TypeKind kind) : kind_(kind) {}

  static Type decimal(int precision, int scale);
  static Type array(Type element);
  static Type map(Type key, Type value);
  static Type structure(std::vector<std::string> names, std::vector<Type> types);

  TypeKind kind() const { return kind_; }
  bool is(TypeKind kind) const { return kind_ == kind; }
  int precision() const { return precision_; }
  int scale() const { return scale_; }
  const Type& element() const { return nested_->types[0]; }
  const Type& key() const { return nested_->types[0]; }
  const Type& value() const { return nested_->types[1]; }
  const std::vector<std::string>& field_names() const { return nested_->names; }
  const std::vector<Type>& field_types() const { return nested_->types; }

  bool is_numeric() const;  // INTEGER, BIGINT, DECIMAL, DOUBLE
  bool is_nested() const { return kind_ >= TypeKind::array; }
  bool is_text() const { return kind_ == TypeKind::varchar || kind_ == TypeKind::bytes; }

  // As SQL writes it: DECIMAL(10, 2), ARRAY<STRUCT<`A` INTEGER>>. VARCHAR is shown as STRING.
  std::string to_string() const;

  bool operator==(const Type& other) const;

 private:
  struct Nested {
    std::vector<std::string> names;
    std::vector<Type> types;
  };

  TypeKind kind_;
  uint8_t precision_ = 0;
  uint8_t scale_ = 0;
  std::shared_ptr<const Nested> nested_;
};

inline const Type boolean_type{TypeKind::boolean};
inline const Type integer_type{TypeKind::integer};
inline const Type bigint_type{TypeKind::bigint};
inline const Type double_type{TypeKind::double_};
inline const Type varchar_type{TypeKind::varchar};
inline const Type bytes_type{TypeKind::bytes};
inline const Type date_type{TypeKind::date};
inline const Type time_type{TypeKind::time};
inline const Type timestamp_type{TypeKind::timestamp};

// Calls `f` with a value-initialised element of the C++ type that holds this kind: the one switch from kinds to
// kernels. Not for nested kinds.
template <class F>
decltype(auto) with_element(TypeKind kind, F&& f) {
  switch (kind) {
    case TypeKind::boolean:
      return f(uint8_t{});
    case TypeKind::integer:
    case TypeKind::date:
    case TypeKind::time:
      return f(int32_t{});
    case TypeKind::double_:
      return f(double{});
    case TypeKind::decimal:
      return f(Decimal{});
    case TypeKind::varchar:
    case TypeKind::bytes:
      return f(std::string_view{});
    default:
      return f(int64_t{});
  }
}

}  // namespace millrace
