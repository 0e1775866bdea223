#include "runtime/cast.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/date_time.h"
#include "runtime/decimal.h"
#include "runtime/expressions/node.h"
#include "runtime/number_text.h"

namespace millrace {

namespace {

// One value of a flat kind to another; false where it cannot be. Text results are appended to `text`.
class FlatCast {
 public:
  FlatCast(const Type& from, const Type& to) : from_(from), to_(to) {}

  bool convert(const Column& in, size_t row, Column& out, size_t at) {
    switch (to_.kind()) {
      case TypeKind::varchar: {
        text_.clear();
        append_text(in, row);
        out.set(at, out.keep(text_));
        return true;
      }
      case TypeKind::boolean:
        return to_boolean(in, row, out, at);
      case TypeKind::integer:
        return to_integer<int32_t>(in, row, out, at);
      case TypeKind::bigint:
        return to_integer<int64_t>(in, row, out, at);
      case TypeKind::double_:
        return to_double(in, row, out, at);
      case TypeKind::decimal:
        return to_decimal(in, row, out, at);
      default:
        return to_date_or_time(in, row, out, at);
    }
  }

  void append_text(const Column& in, size_t row) {
    switch (from_.kind()) {
      case TypeKind::boolean:
        text_ += in.at<uint8_t>(row) != 0 ? "true" : "false";
        return;
      case TypeKind::integer:
        append_integer(in.at<int32_t>(row), text_);
        return;
      case TypeKind::bigint:
        append_integer(in.at<int64_t>(row), text_);
        return;
      case TypeKind::double_:
        append_double(in.at<double>(row), text_);
        return;
      case TypeKind::decimal:
        append_decimal(in.at<Decimal>(row), from_.scale(), text_);
        return;
      case TypeKind::date:
        append_date(in.at<int32_t>(row), text_);
        return;
      case TypeKind::time:
        append_time(in.at<int32_t>(row), text_);
        return;
      case TypeKind::timestamp:
        append_timestamp(in.at<int64_t>(row), text_);
        return;
      default:
        text_ += in.at<std::string_view>(row);
    }
  }

 private:
  static std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
  }

  bool to_boolean(const Column& in, size_t row, Column& out, size_t at) const {
    if (!from_.is(TypeKind::varchar)) return false;
    // As the base language: a prefix of "true" or "yes", in any case, is true; everything else is false.
    std::string text(trimmed(in.at<std::string_view>(row)));
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool value =
        !text.empty() && (std::string_view("true").starts_with(text) || std::string_view("yes").starts_with(text));
    out.set<uint8_t>(at, value);
    return true;
  }

  template <class T>
  bool to_integer(const Column& in, size_t row, Column& out, size_t at) const {
    switch (from_.kind()) {
      // Narrowing wraps, as in the base language.
      case TypeKind::integer:
        out.set(at, static_cast<T>(in.at<int32_t>(row)));
        return true;
      case TypeKind::bigint:
        out.set(at, static_cast<T>(in.at<int64_t>(row)));
        return true;
      case TypeKind::double_: {
        const double value = in.at<double>(row);
        // A double truncates and saturates; NaN is 0.
        if (std::isnan(value)) return out.set<T>(at, 0), true;
        if (value >= static_cast<double>(std::numeric_limits<T>::max()))
          return out.set(at, std::numeric_limits<T>::max()), true;
        if (value <= static_cast<double>(std::numeric_limits<T>::min()))
          return out.set(at, std::numeric_limits<T>::min()), true;
        out.set(at, static_cast<T>(value));
        return true;
      }
      case TypeKind::decimal: {
        int64_t value = 0;
        if (!decimal_to_bigint({in.at<Decimal>(row), from_.scale()}, value)) return false;
        out.set(at, static_cast<T>(value));
        return true;
      }
      case TypeKind::varchar: {
        T value = 0;
        if (parse_integer(trimmed(in.at<std::string_view>(row)), value) != NumberText::ok) return false;
        out.set(at, value);
        return true;
      }
      default:
        return false;
    }
  }

  bool to_double(const Column& in, size_t row, Column& out, size_t at) const {
    switch (from_.kind()) {
      case TypeKind::integer:
        out.set(at, static_cast<double>(in.at<int32_t>(row)));
        return true;
      case TypeKind::bigint:
        out.set(at, static_cast<double>(in.at<int64_t>(row)));
        return true;
      case TypeKind::decimal:
        out.set(at, decimal_to_double({in.at<Decimal>(row), from_.scale()}));
        return true;
      case TypeKind::varchar: {
        double value = 0;
        if (parse_double(trimmed(in.at<std::string_view>(row)), value) != NumberText::ok) return false;
        out.set(at, value);
        return true;
      }
      default:
        return false;
    }
  }

  bool to_decimal(const Column& in, size_t row, Column& out, size_t at) const {
    Decimal value = 0;
    bool fits = false;
    switch (from_.kind()) {
      case TypeKind::integer:
        fits = decimal_rescale({in.at<int32_t>(row), 0}, to_.precision(), to_.scale(), value);
        break;
      case TypeKind::bigint:
        fits = decimal_rescale({in.at<int64_t>(row), 0}, to_.precision(), to_.scale(), value);
        break;
      case TypeKind::decimal:
        fits = decimal_rescale({in.at<Decimal>(row), from_.scale()}, to_.precision(), to_.scale(), value);
        break;
      case TypeKind::double_:
        fits = decimal_from_double(in.at<double>(row), to_.precision(), to_.scale(), value);
        break;
      case TypeKind::varchar:
        fits = parse_decimal(trimmed(in.at<std::string_view>(row)), to_.precision(), to_.scale(), Rounding::half_up,
                             value) == DecimalText::ok;
        break;
      default:
        break;
    }
    if (fits) out.set(at, value);
    return fits;
  }

  bool to_date_or_time(const Column& in, size_t row, Column& out, size_t at) const {
    if (from_.is(TypeKind::varchar)) {
      const auto text = trimmed(in.at<std::string_view>(row));
      if (to_.is(TypeKind::timestamp)) {
        const auto value = parse_timestamp(text);
        if (value) out.set(at, *value);
        return value.has_value();
      }
      const auto value = to_.is(TypeKind::date) ? parse_date(text) : parse_time(text);
      if (value) out.set(at, *value);
      return value.has_value();
    }
    if (from_.is(TypeKind::timestamp)) {
      const int64_t time = in.at<int64_t>(row);
      const int64_t day = day_of(time);
      out.set(at, static_cast<int32_t>(to_.is(TypeKind::date) ? day : time - day * milliseconds_per_day));
      return true;
    }
    out.set(at, int64_t{in.at<int32_t>(row)} * milliseconds_per_day);  // DATE to TIMESTAMP
    return true;
  }

  const Type& from_;
  const Type& to_;
  std::string text_;
};

void cast_value(const Column& in, size_t row, Column& out);

void append_cast(const Column& in, size_t row, Column& out) {
  if (!in.valid(row)) return out.append_null();
  cast_value(in, row, out);
}

// Nested values, element by element; an element that fails is null.
void cast_value(const Column& in, size_t row, Column& out) {
  const Type& to = out.type();
  if (in.type() == to) return append_value(out, in, row);
  switch (to.kind()) {
    case TypeKind::array:
    case TypeKind::map: {
      const auto [begin, end] = in.range(row);
      for (size_t c = 0; c < in.child_count(); ++c)
        for (uint32_t i = begin; i < end; ++i) append_cast(in.child(c), i, out.child(c));
      return out.append_nested();
    }
    case TypeKind::struct_: {
      const auto& names = in.type().field_names();
      const size_t at = in.is_constant() ? 0 : row;
      for (size_t f = 0; f < to.field_names().size(); ++f) {
        const auto found = std::find(names.begin(), names.end(), to.field_names()[f]);
        if (found == names.end()) {
          out.child(f).append_null();
        } else {
          append_cast(in.child(static_cast<size_t>(found - names.begin())), at, out.child(f));
        }
      }
      return out.append_nested();
    }
    default: {
      FlatCast cast(in.type(), to);
      out.resize(out.size() + 1);
      if (!cast.convert(in, row, out, out.size() - 1)) out.set_null(out.size() - 1);
    }
  }
}

class CastNode final : public Node {
 public:
  CastNode(std::vector<ExpressionPtr> children, Type to) : Node(std::move(to), std::move(children)) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr value = children()[0]->evaluate(batch, rows, errors);
    if (type().is_nested()) {
      auto out = std::make_shared<Column>(type(), 0);
      for (size_t row = 0; row < batch.rows; ++row) append_cast(*value, row, *out);
      out->pin(value);
      return out;
    }
    auto out = std::make_shared<Column>(type(), batch.rows);
    FlatCast cast(value->type(), type());
    rows.for_each([&](size_t row) {
      if (!value->valid(row)) return out->set_null(row);
      if (cast.convert(*value, row, *out, row)) return;
      out->set_null(row);
      errors.add(row, RowErrorCode::failed_cast, describe(*value, row));
    });
    return out;
  }
  std::string to_string() const override {
    return fmt::format("CAST({} AS {})", children()[0]->to_string(), type().to_string());
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<CastNode>(std::move(c), type());
  }

 private:
  std::string describe(const Column& value, size_t row) const;
};

std::string CastNode::describe(const Column& value, size_t row) const {
  std::string text = "a value of " + value.type().to_string();
  if (value.type().is(TypeKind::varchar)) text = fmt::format("'{:.40}'", value.at<std::string_view>(row));
  return fmt::format("{} is no {}", text, type().to_string());
}

bool is_date_or_time(TypeKind kind) {
  return kind == TypeKind::date || kind == TypeKind::time || kind == TypeKind::timestamp;
}

}  // namespace

bool can_cast(const Type& from, const Type& to) {
  if (from == to) return true;
  if (from.is_nested() || to.is_nested()) {
    if (from.kind() != to.kind()) return false;
    if (from.is(TypeKind::array)) return can_cast(from.element(), to.element());
    if (from.is(TypeKind::map)) return can_cast(from.key(), to.key()) && can_cast(from.value(), to.value());
    for (size_t f = 0; f < to.field_names().size(); ++f)
      for (size_t g = 0; g < from.field_names().size(); ++g)
        if (from.field_names()[g] == to.field_names()[f] && !can_cast(from.field_types()[g], to.field_types()[f]))
          return false;
    return true;
  }
  if (to.is(TypeKind::varchar)) return !from.is(TypeKind::bytes);
  if (from.is(TypeKind::varchar)) return !to.is(TypeKind::bytes);
  if (from.is_numeric() && to.is_numeric()) return true;
  if (is_date_or_time(from.kind()) && is_date_or_time(to.kind()))
    return from.is(TypeKind::timestamp) || (from.is(TypeKind::date) && to.is(TypeKind::timestamp));
  return false;
}

ExpressionPtr make_cast(ExpressionPtr child, Type to) {
  if (child->type() == to) return child;
  return std::make_shared<CastNode>(std::vector{std::move(child)}, std::move(to));
}

}  // namespace millrace
