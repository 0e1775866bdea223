#include <cmath>
#include <limits>

#include "runtime/decimal.h"
#include "runtime/expressions/node.h"

namespace millrace {

namespace {

char symbol(ArithmeticOp op) {
  switch (op) {
    case ArithmeticOp::add:
      return '+';
    case ArithmeticOp::subtract:
      return '-';
    case ArithmeticOp::multiply:
      return '*';
    case ArithmeticOp::divide:
      return '/';
    case ArithmeticOp::remainder:
      return '%';
  }
  return '+';
}

// Integers wrap, as in the base language: the sum is taken unsigned.
template <class T>
T wrap(ArithmeticOp op, T a, T b) {
  using U = std::make_unsigned_t<T>;
  switch (op) {
    case ArithmeticOp::add:
      return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
    case ArithmeticOp::subtract:
      return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
    case ArithmeticOp::multiply:
      return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
    case ArithmeticOp::divide:
      return b == -1 ? static_cast<T>(U{0} - static_cast<U>(a)) : static_cast<T>(a / b);
    case ArithmeticOp::remainder:
      return b == -1 ? T{0} : static_cast<T>(a % b);
  }
  return 0;
}

double apply(ArithmeticOp op, double a, double b) {
  switch (op) {
    case ArithmeticOp::add:
      return a + b;
    case ArithmeticOp::subtract:
      return a - b;
    case ArithmeticOp::multiply:
      return a * b;
    case ArithmeticOp::divide:
      return a / b;
    case ArithmeticOp::remainder:
      return std::fmod(a, b);
  }
  return 0;
}

bool apply(ArithmeticOp op, ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out) {
  switch (op) {
    case ArithmeticOp::add:
      return decimal_add(a, b, type, out);
    case ArithmeticOp::subtract:
      return decimal_subtract(a, b, type, out);
    case ArithmeticOp::multiply:
      return decimal_multiply(a, b, type, out);
    case ArithmeticOp::divide:
      return decimal_divide(a, b, type, out);
    case ArithmeticOp::remainder:
      return decimal_remainder(a, b, type, out);
  }
  return false;
}

class ArithmeticNode final : public Node {
 public:
  ArithmeticNode(ArithmeticOp op, std::vector<ExpressionPtr> children, Type type)
      : Node(std::move(type), std::move(children)), op_(op) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr a = children()[0]->evaluate(batch, rows, errors);
    const ColumnPtr b = children()[1]->evaluate(batch, rows, errors);
    auto out = std::make_shared<Column>(type(), batch.rows);
    if (a->has_nulls() || b->has_nulls())
      rows.for_each([&](size_t row) {
        if (!a->valid(row) || !b->valid(row)) out->set_null(row);
      });
    if (divides()) refuse_zero(*b, rows, *out, errors);
    switch (type().kind()) {
      case TypeKind::integer:
        integers<int32_t>(*a, *b, rows, *out);
        break;
      case TypeKind::bigint:
        integers<int64_t>(*a, *b, rows, *out);
        break;
      case TypeKind::decimal:
        decimals(*a, *b, rows, *out, errors);
        break;
      default:
        rows.for_each([&](size_t row) { out->set(row, apply(op_, a->at<double>(row), b->at<double>(row))); });
    }
    return out;
  }

  std::string to_string() const override {
    return fmt::format("({} {} {})", children()[0]->to_string(), symbol(op_), children()[1]->to_string());
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<ArithmeticNode>(op_, std::move(c), type());
  }

 private:
  bool divides() const { return op_ == ArithmeticOp::divide || op_ == ArithmeticOp::remainder; }

  // A DOUBLE divides by zero as IEEE 754 says.
  void refuse_zero(const Column& divisor, Selection rows, Column& out, RowErrors& errors) const {
    if (divisor.type().is(TypeKind::double_)) return;
    with_element(divisor.type().kind(), [&](auto zero) {
      using T = decltype(zero);
      if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, Decimal>) {
        rows.for_each([&](size_t row) {
          if (!out.valid(row) || divisor.at<T>(row) != zero) return;
          out.set_null(row);
          errors.add(row, RowErrorCode::division_by_zero, "division by zero in " + to_string());
        });
      }
    });
  }

  template <class T>
  void integers(const Column& a, const Column& b, Selection rows, Column& out) const {
    const bool guarded = divides();
    rows.for_each([&](size_t row) {
      if (guarded && !out.valid(row)) return;
      out.set(row, wrap<T>(op_, a.at<T>(row), b.at<T>(row)));
    });
  }

  void decimals(const Column& a, const Column& b, Selection rows, Column& out, RowErrors& errors) const {
    rows.for_each([&](size_t row) {
      if (!out.valid(row)) return;
      Decimal result = 0;
      const ScaledDecimal x{a.at<Decimal>(row), a.type().scale()};
      const ScaledDecimal y{b.at<Decimal>(row), b.type().scale()};
      if (apply(op_, x, y, type(), result)) return out.set(row, result);
      out.set_null(row);
      errors.add(row, RowErrorCode::overflow, to_string() + " does not fit " + type().to_string());
    });
  }

  ArithmeticOp op_;
};

class NegateNode final : public Node {
 public:
  NegateNode(Type type, std::vector<ExpressionPtr> children) : Node(std::move(type), std::move(children)) {}
  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr value = children()[0]->evaluate(batch, rows, errors);
    auto out = std::make_shared<Column>(type(), batch.rows);
    rows.for_each([&](size_t row) {
      if (!value->valid(row)) return out->set_null(row);
      switch (type().kind()) {
        case TypeKind::integer:
          return out->set(row, wrap<int32_t>(ArithmeticOp::subtract, 0, value->at<int32_t>(row)));
        case TypeKind::bigint:
          return out->set(row, wrap<int64_t>(ArithmeticOp::subtract, 0, value->at<int64_t>(row)));
        case TypeKind::decimal:
          return out->set<Decimal>(row, -value->at<Decimal>(row));
        default:
          return out->set(row, -value->at<double>(row));
      }
    });
    return out;
  }
  std::string to_string() const override { return fmt::format("(-{})", children()[0]->to_string()); }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<NegateNode>(type(), std::move(c));
  }
};

// Text + text: null where one of them is.
class ConcatenateNode final : public Node {
 public:
  ConcatenateNode(Type type, std::vector<ExpressionPtr> children) : Node(std::move(type), std::move(children)) {}
  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr a = children()[0]->evaluate(batch, rows, errors);
    const ColumnPtr b = children()[1]->evaluate(batch, rows, errors);
    auto out = std::make_shared<Column>(type(), batch.rows);
    std::string text;
    rows.for_each([&](size_t row) {
      if (!a->valid(row) || !b->valid(row)) return out->set_null(row);
      text.assign(a->at<std::string_view>(row)).append(b->at<std::string_view>(row));
      out->set(row, out->keep(text));
    });
    return out;
  }
  std::string to_string() const override {
    return fmt::format("({} + {})", children()[0]->to_string(), children()[1]->to_string());
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<ConcatenateNode>(type(), std::move(c));
  }
};

}  // namespace

ExpressionPtr make_concatenation(ExpressionPtr left, ExpressionPtr right) {
  Type type = left->type();
  return std::make_shared<ConcatenateNode>(std::move(type), std::vector{std::move(left), std::move(right)});
}
ExpressionPtr make_arithmetic(ArithmeticOp op, ExpressionPtr left, ExpressionPtr right, Type type) {
  return std::make_shared<ArithmeticNode>(op, std::vector{std::move(left), std::move(right)}, std::move(type));
}
ExpressionPtr make_negate(ExpressionPtr child) {
  Type type = child->type();
  return std::make_shared<NegateNode>(std::move(type), std::vector{std::move(child)});
}

}  // namespace millrace
