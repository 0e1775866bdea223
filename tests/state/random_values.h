// Random types and values, from small domains so that equal ones meet.
#pragma once

#include <random>
#include <string>

#include "runtime/column.h"

namespace millrace {

inline Type random_type(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 2 ? 5 : 8)) {
    case 0:
      return boolean_type;
    case 1:
      return bigint_type;
    case 2:
      return double_type;
    case 3:
      return Type::decimal(20, 3);
    case 4:
      return varchar_type;
    case 5:
      return Type::array(random_type(random, depth + 1));
    case 6:
      return Type::map(varchar_type, random_type(random, depth + 1));
    default:
      return Type::structure({"A", "B"}, {random_type(random, depth + 1), random_type(random, depth + 1)});
  }
}

inline void append_random(Column& out, std::mt19937_64& random, bool nullable = true) {
  if (nullable && random() % 5 == 0) return out.append_null();
  switch (out.type().kind()) {
    case TypeKind::array:
    case TypeKind::map:
      for (uint64_t i = random() % 4; i > 0; --i)
        for (size_t c = 0; c < out.child_count(); ++c)
          append_random(out.child(c), random, !out.type().is(TypeKind::map) || c > 0);
      return out.append_nested();
    case TypeKind::struct_:
      for (size_t c = 0; c < out.child_count(); ++c) append_random(out.child(c), random);
      return out.append_nested();
    case TypeKind::varchar:
      return out.append(out.keep(std::string(random() % 30, static_cast<char>('a' + random() % 3))));
    case TypeKind::boolean:
      return out.append(static_cast<uint8_t>(random() % 2));
    case TypeKind::double_:
      return out.append(static_cast<double>(random() % 1000) / 8);
    case TypeKind::decimal:
      return out.append(static_cast<Decimal>(random() % 1000));
    case TypeKind::bytes:
      return out.append(out.keep(std::string(random() % 3, static_cast<char>('x' + random() % 3))));
    case TypeKind::integer:
    case TypeKind::date:
    case TypeKind::time:
      return out.append(static_cast<int32_t>(random() % 50));
    default:
      return out.append(static_cast<int64_t>(random() % 50));
  }
}

}  // namespace millrace
