#include <cmath>

#include "runtime/expressions/node.h"

namespace millrace {

std::string_view comparison_text(ComparisonOp op) {
  switch (op) {
    case ComparisonOp::equal:
      return "=";
    case ComparisonOp::not_equal:
      return "<>";
    case ComparisonOp::less:
      return "<";
    case ComparisonOp::less_equal:
      return "<=";
    case ComparisonOp::greater:
      return ">";
    case ComparisonOp::greater_equal:
      return ">=";
    case ComparisonOp::distinct:
      return "IS DISTINCT FROM";
    case ComparisonOp::not_distinct:
      return "IS NOT DISTINCT FROM";
  }
  return "=";
}

namespace {

// Calls `f` with a function object for the operator: the one switch from operators to kernels.
template <class F>
void with_comparison(ComparisonOp op, F&& f) {
  switch (op) {
    case ComparisonOp::not_equal:
      return f([](const auto& a, const auto& b) { return a != b; });
    case ComparisonOp::less:
      return f([](const auto& a, const auto& b) { return a < b; });
    case ComparisonOp::less_equal:
      return f([](const auto& a, const auto& b) { return a <= b; });
    case ComparisonOp::greater:
      return f([](const auto& a, const auto& b) { return a > b; });
    case ComparisonOp::greater_equal:
      return f([](const auto& a, const auto& b) { return a >= b; });
    default:
      return f([](const auto& a, const auto& b) { return a == b; });
  }
}

class ComparisonNode final : public Node {
 public:
  ComparisonNode(ComparisonOp op, std::vector<ExpressionPtr> children)
      : Node(boolean_type, std::move(children)), op_(op) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr a = children()[0]->evaluate(batch, rows, errors);
    const ColumnPtr b = children()[1]->evaluate(batch, rows, errors);
    ResultColumn result(boolean_type, batch.rows, rows, all_constant({a.get(), b.get()}));
    if (op_ == ComparisonOp::distinct || op_ == ComparisonOp::not_distinct) {
      const bool wanted = op_ == ComparisonOp::not_distinct;
      result.rows.for_each(
          [&](size_t row) { result.column->set<uint8_t>(row, same_value(*a, row, *b, row) == wanted); });
    } else if (a->type().is_nested()) {
      compare_nested(*a, *b, result);
    } else {
      compare_flat(*a, *b, result);
    }
    return result.column;
  }

  std::string to_string() const override {
    return fmt::format("({} {} {})", children()[0]->to_string(), comparison_text(op_), children()[1]->to_string());
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<ComparisonNode>(op_, std::move(c));
  }

 private:
  void compare_nested(const Column& a, const Column& b, ResultColumn& result) const {
    result.rows.for_each([&](size_t row) {
      if (!a.valid(row) || !b.valid(row)) return result.column->set_null(row);
      result.column->set<uint8_t>(row, same_value(a, row, b, row) == (op_ == ComparisonOp::equal));
    });
  }

  void compare_flat(const Column& a, const Column& b, ResultColumn& result) const {
    with_comparison(op_, [&](auto compare) {
      with_element(a.type().kind(), [&](auto zero) {
        using T = decltype(zero);
        uint8_t* out = result.column->values<uint8_t>();
        result.rows.for_each([&](size_t row) { out[row] = compare(a.at<T>(row), b.at<T>(row)); });
      });
    });
    if (!a.has_nulls() && !b.has_nulls()) return;
    result.rows.for_each([&](size_t row) {
      if (!a.valid(row) || !b.valid(row)) result.column->set_null(row);
    });
  }

  ComparisonOp op_;
};

class InNode final : public Node {
 public:
  explicit InNode(std::vector<ExpressionPtr> children) : Node(boolean_type, std::move(children)) {}

  // NULL IN (…) is null; x IN (…, NULL) is true where found and null otherwise.
  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr value = children()[0]->evaluate(batch, rows, errors);
    std::vector<ColumnPtr> list;
    for (size_t i = 1; i < children().size(); ++i) list.push_back(children()[i]->evaluate(batch, rows, errors));
    auto result = std::make_shared<Column>(boolean_type, batch.rows);
    rows.for_each([&](size_t row) {
      if (!value->valid(row)) return result->set_null(row);
      bool null = false;
      for (const ColumnPtr& candidate : list) {
        if (!candidate->valid(row)) {
          null = true;
        } else if (same_value(*value, row, *candidate, row)) {
          return result->set<uint8_t>(row, 1);
        }
      }
      if (null) result->set_null(row);
    });
    return result;
  }

  std::string to_string() const override {
    std::vector<ExpressionPtr> list(children().begin() + 1, children().end());
    return fmt::format("({} IN ({}))", children()[0]->to_string(), join_texts(list, ", "));
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<InNode>(std::move(c));
  }
};

}  // namespace

ExpressionPtr make_comparison(ComparisonOp op, ExpressionPtr left, ExpressionPtr right) {
  return std::make_shared<ComparisonNode>(op, std::vector{std::move(left), std::move(right)});
}

ExpressionPtr make_in(ExpressionPtr value, std::vector<ExpressionPtr> list) {
  list.insert(list.begin(), std::move(value));
  return std::make_shared<InNode>(std::move(list));
}

}  // namespace millrace
