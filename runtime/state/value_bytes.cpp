#include "runtime/state/value_bytes.h"

#include <cmath>
#include <limits>

namespace millrace {

namespace {

template <class T>
void append_number(T value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

void append_value_bytes(const Column& column, size_t row, std::string& out) {
  const bool valid = column.valid(row);
  out.push_back(valid ? '\1' : '\0');
  if (!valid) return;
  switch (column.type().kind()) {
    case TypeKind::array:
    case TypeKind::map: {
      const auto [begin, end] = column.range(row);
      append_number(end - begin, out);
      for (uint32_t i = begin; i < end; ++i)
        for (size_t c = 0; c < column.child_count(); ++c) append_value_bytes(column.child(c), i, out);
      return;
    }
    case TypeKind::struct_:
      for (size_t c = 0; c < column.child_count(); ++c)
        append_value_bytes(column.child(c), column.is_constant() ? 0 : row, out);
      return;
    default:
      with_element(column.type().kind(), [&](auto zero) {
        using T = decltype(zero);
        if constexpr (std::is_same_v<T, std::string_view>) {
          const auto text = column.at<T>(row);
          append_number(static_cast<uint32_t>(text.size()), out);
          out.append(text);
        } else if constexpr (std::is_same_v<T, double>) {
          const double value = column.at<T>(row);
          append_number(std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value, out);
        } else {
          append_number(column.at<T>(row), out);
        }
      });
  }
}

void read_value_bytes(StateReader& in, Column& out) {
  if (in.number<uint8_t>() == 0) {
    out.append_null();
    return;
  }
  switch (out.type().kind()) {
    case TypeKind::array:
    case TypeKind::map: {
      const auto count = in.number<uint32_t>();
      for (uint32_t i = 0; i < count; ++i)
        for (size_t c = 0; c < out.child_count(); ++c) read_value_bytes(in, out.child(c));
      out.append_nested();
      return;
    }
    case TypeKind::struct_:
      for (size_t c = 0; c < out.child_count(); ++c) read_value_bytes(in, out.child(c));
      out.append_nested();
      return;
    default:
      with_element(out.type().kind(), [&](auto zero) {
        using T = decltype(zero);
        if constexpr (std::is_same_v<T, std::string_view>) {
          out.append(out.keep(in.text()));
        } else {
          out.append(in.number<T>());
        }
      });
  }
}

}  // namespace millrace
