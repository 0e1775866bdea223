#include "runtime/type.h"

#include <fmt/format.h>

#include "runtime/check.h"

namespace millrace {

Type Type::decimal(int precision, int scale) {
  MILLRACE_CHECK(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision);
  Type type(TypeKind::decimal);
  type.precision_ = static_cast<uint8_t>(precision);
  type.scale_ = static_cast<uint8_t>(scale);
  return type;
}

Type Type::array(Type element) {
  Type type(TypeKind::array);
  type.nested_ = std::make_shared<const Nested>(Nested{{}, {std::move(element)}});
  return type;
}

Type Type::map(Type key, Type value) {
  Type type(TypeKind::map);
  type.nested_ = std::make_shared<const Nested>(Nested{{}, {std::move(key), std::move(value)}});
  return type;
}

Type Type::structure(std::vector<std::string> names, std::vector<Type> types) {
  MILLRACE_CHECK(names.size() == types.size());
  Type type(TypeKind::struct_);
  type.nested_ = std::make_shared<const Nested>(Nested{std::move(names), std::move(types)});
  return type;
}

bool Type::is_numeric() const {
  return kind_ == TypeKind::integer || kind_ == TypeKind::bigint || kind_ == TypeKind::double_ ||
         kind_ == TypeKind::decimal;
}

bool Type::operator==(const Type& other) const {
  if (kind_ != other.kind_ || precision_ != other.precision_ || scale_ != other.scale_) return false;
  if (nested_ == other.nested_) return true;
  return nested_ && other.nested_ && nested_->names == other.nested_->names && nested_->types == other.nested_->types;
}

std::string Type::to_string() const {
  switch (kind_) {
    case TypeKind::boolean:
      return "BOOLEAN";
    case TypeKind::integer:
      return "INTEGER";
    case TypeKind::bigint:
      return "BIGINT";
    case TypeKind::double_:
      return "DOUBLE";
    case TypeKind::decimal:
      return fmt::format("DECIMAL({}, {})", precision_, scale_);
    case TypeKind::varchar:
      return "STRING";
    case TypeKind::bytes:
      return "BYTES";
    case TypeKind::date:
      return "DATE";
    case TypeKind::time:
      return "TIME";
    case TypeKind::timestamp:
      return "TIMESTAMP";
    case TypeKind::array:
      return fmt::format("ARRAY<{}>", element().to_string());
    case TypeKind::map:
      return fmt::format("MAP<{}, {}>", key().to_string(), value().to_string());
    case TypeKind::struct_:
      break;
  }
  std::string text = "STRUCT<";
  for (size_t i = 0; i < nested_->names.size(); ++i)
    text += fmt::format("{}`{}` {}", i == 0 ? "" : ", ", nested_->names[i], nested_->types[i].to_string());
  return text + ">";
}

}  // namespace millrace
