// Columns and literals.
#include "runtime/decimal.h"
#include "runtime/expressions/node.h"
#include "runtime/value_text.h"

namespace millrace {

namespace {

class ColumnNode final : public Expression {
 public:
  ColumnNode(size_t index, Type type, std::string name)
      : Expression(std::move(type), {}), index_(index), name_(std::move(name)) {}
  ColumnPtr evaluate(const Batch& batch, Selection, RowErrors&) const override { return batch.columns[index_]; }
  std::string to_string() const override { return fmt::format("`{}`", name_); }
  int column_index() const override { return static_cast<int>(index_); }

 private:
  size_t index_;
  std::string name_;
};

class LiteralNode final : public Expression {
 public:
  explicit LiteralNode(ColumnPtr value) : Expression(value->type(), {}), value_(std::move(value)) {}
  ColumnPtr evaluate(const Batch& batch, Selection, RowErrors&) const override {
    if (value_->size() == batch.rows) return value_;
    auto column = Column::constant(type(), batch.rows);
    if (!value_->valid(0)) {
      column->set_null(0);
    } else {
      with_element(type().kind(), [&](auto zero) { column->set(0, value_->at<decltype(zero)>(0)); });
      if (type().is_text()) column->pin(value_);
    }
    return column;
  }
  std::string to_string() const override { return sql_literal(*value_, 0); }
  bool is_literal() const override { return true; }

 private:
  ColumnPtr value_;
};

template <class T>
ExpressionPtr literal(Type type, T value) {
  auto column = Column::constant(std::move(type), 1);
  column->set(0, value);
  return make_literal(std::move(column));
}

}  // namespace

ExpressionPtr make_column(size_t index, Type type, std::string name) {
  return std::make_shared<ColumnNode>(index, std::move(type), std::move(name));
}
ExpressionPtr make_literal(ColumnPtr value) { return std::make_shared<LiteralNode>(std::move(value)); }
ExpressionPtr make_null(Type type) {
  if (type.is_nested()) {
    // A constant of a nested kind: its one row is null, whatever its children are.
    auto column = Column::constant(std::move(type), 1);
    column->set_null(0);
    return make_literal(std::move(column));
  }
  return make_literal(Column::nulls(std::move(type), 1));
}
ExpressionPtr make_boolean(bool value) { return literal(boolean_type, static_cast<uint8_t>(value)); }
ExpressionPtr make_bigint(int64_t value) { return literal(bigint_type, value); }
ExpressionPtr make_integer(int32_t value) { return literal(integer_type, value); }
ExpressionPtr make_double(double value) { return literal(double_type, value); }
ExpressionPtr make_decimal(Decimal value, Type type) { return literal(std::move(type), value); }
ExpressionPtr make_varchar(const std::string& value) {
  auto column = Column::constant(varchar_type, 1);
  column->set(0, column->keep(value));
  return make_literal(std::move(column));
}

}  // namespace millrace
