// Values of all types, drawn at random and from their edges, through each format and back.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "runtime/date_time.h"
#include "runtime/decimal.h"
#include "tests/formats/format_fixture.h"

namespace millrace {
namespace {

class Values {
 public:
  explicit Values(uint64_t seed) : random_(seed) {}

  // Appends a value, or null, to a column of any type.
  void append(Column& out) {
    if (below(6) == 0) return out.append_null();
    const Type& type = out.type();
    switch (type.kind()) {
      case TypeKind::boolean:
        return out.append<uint8_t>(below(2) == 0);
      case TypeKind::integer:
      case TypeKind::date:
        return out.append(integer<int32_t>());
      case TypeKind::time:
        return out.append(static_cast<int32_t>(below(milliseconds_per_day)));
      case TypeKind::bigint:
      case TypeKind::timestamp:
        return out.append(integer<int64_t>());
      case TypeKind::double_:
        return out.append(number());
      case TypeKind::decimal:
        return out.append(decimal(type.precision()));
      case TypeKind::varchar:
        return out.append(out.keep(text()));
      case TypeKind::bytes:
        return out.append(out.keep(bytes()));
      case TypeKind::array:
        append_elements(out.child(0));
        break;
      case TypeKind::map:
        append_entries(out);
        break;
      case TypeKind::struct_:
        for (size_t c = 0; c < out.child_count(); ++c) append(out.child(c));
        break;
    }
    out.append_nested();
  }

 private:
  uint64_t below(uint64_t limit) { return random_() % limit; }

  template <class T>
  T integer() {
    constexpr T edges[] = {0, 1, -1, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    if (below(2) == 0) return edges[below(std::size(edges))];
    return static_cast<T>(static_cast<T>(random_()) >> below(sizeof(T) * 8 - 1));
  }
  double number() {
    constexpr double edges[] = {0.0, -0.0, 0.1, 9007199254740993.0, 1e7, 1e-3, 4.9e-324, 1.7976931348623157e308};
    if (below(2) == 0) return edges[below(std::size(edges))];
    const auto value = std::bit_cast<double>(random_());
    return std::isfinite(value) ? value : static_cast<double>(random_()) / 1000;
  }
  Decimal decimal(int precision) {
    Decimal value = static_cast<Decimal>(random_()) * static_cast<Decimal>(random_() >> 2);
    if (below(4) == 0) value = power_of_ten(precision) - 1;
    value %= power_of_ten(1 + static_cast<int>(below(static_cast<uint64_t>(precision))));
    return below(2) == 0 ? value : -value;
  }
  std::string text() {
    constexpr std::string_view pieces[] = {"a",    "xyz", " ", "\"", "\\", "/",  "\n",   "\t", "\b",
                                           "\x01", "é",   "€", "😀",  ",",  "\r", "\x7f", "#",  "\\u0041"};
    std::string text = "t";  // DELIMITED does not tell an empty text from null
    for (uint64_t n = below(6); n > 0; --n) text += pieces[below(std::size(pieces))];
    return text;
  }
  std::string bytes() {
    std::string bytes(1 + below(9), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }
  void append_elements(Column& out) {
    for (uint64_t n = below(4); n > 0; --n) append(out);
  }
  void append_entries(Column& out) {
    const uint64_t count = below(4);
    for (uint64_t i = 0; i < count; ++i) {
      out.child(0).append(out.child(0).keep(text() + std::to_string(i)));
      append(out.child(1));
    }
  }

  std::mt19937_64 random_;
};

const std::vector<Type> flat_types = {
    boolean_type,       integer_type, bigint_type,    double_type,          varchar_type,          bytes_type,
    date_type,          time_type,    timestamp_type, Type::decimal(38, 0), Type::decimal(38, 38), Type::decimal(10, 2),
    Type::decimal(1, 1)};

void round_trip(std::string_view format, const std::vector<Field>& fields, bool key, const FormatOptions& options) {
  constexpr size_t rows = 500;
  Values values(fields.size());
  std::vector<ColumnPtr> columns;
  for (const Field& field : fields) {
    auto column = std::make_shared<Column>(field.type, 0);
    for (size_t row = 0; row < rows; ++row) values.append(*column);
    columns.push_back(column);
  }
  const auto records = encode_rows(format, fields, columns, rows, key, options);
  const bool bare = fields.size() == 1;
  for (size_t row = 0; row < rows; ++row) {
    if (bare && !columns[0]->valid(row)) continue;  // a payload that is null
    const auto read = decode_records(format, fields, {records[row]}, key, options);
    ASSERT_EQ(read.error(), "none") << records[row];
    for (size_t f = 0; f < fields.size(); ++f)
      ASSERT_TRUE(same_value(*columns[f], row, *read.columns[f], 0)) << fields[f].type.to_string() << records[row];
  }
  // All in one batch as well, so that rows do not disturb each other.
  if (bare) return;
  const auto read = decode_records(format, fields, records, key, options);
  for (size_t row = 0; row < rows; ++row)
    for (size_t f = 0; f < fields.size(); ++f) ASSERT_TRUE(same_value(*columns[f], row, *read.columns[f], row)) << row;
}

std::vector<Field> named(const std::vector<Type>& types) {
  std::vector<Field> fields;
  for (const Type& type : types) fields.push_back(field("F" + std::to_string(fields.size()), type));
  return fields;
}

TEST(RoundTrip, JsonRows) {
  std::vector<Type> types = flat_types;
  for (const Type& type : flat_types) {
    types.push_back(Type::array(type));
    types.push_back(Type::map(varchar_type, Type::structure({"A", "é\""}, {type, Type::array(Type::array(type))})));
  }
  round_trip("JSON", named(types), false, {});
}

TEST(RoundTrip, JsonBareValues) {
  for (const Type& type : flat_types) {
    round_trip("JSON", named({type}), true, {});
    round_trip("JSON", named({Type::array(type)}), false, {.delimiter = ',', .wrap_single = false});
    round_trip("JSON", named({Type::structure({"A"}, {type})}), true, {});
  }
}

TEST(RoundTrip, Delimited) {
  for (const char delimiter : {',', '\t', ' ', '|'})
    round_trip("DELIMITED", named(flat_types), false, {.delimiter = delimiter, .wrap_single = {}});
}

TEST(RoundTrip, Kafka) {
  for (const Type& type : {integer_type, bigint_type, double_type, varchar_type, bytes_type})
    round_trip("KAFKA", named({type}), true, {});
}

}  // namespace
}  // namespace millrace
