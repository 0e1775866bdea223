// AND, OR, NOT, IS NULL, CASE, COALESCE: the nodes that narrow the selection for what they may not evaluate.
#include <algorithm>
#include <iterator>

#include "runtime/expressions/node.h"

namespace millrace {

namespace {

class JunctionNode final : public Node {
 public:
  JunctionNode(bool conjunction, std::vector<ExpressionPtr> children)
      : Node(boolean_type, std::move(children)), conjunction_(conjunction) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    auto result = std::make_shared<Column>(boolean_type, batch.rows);
    const uint8_t deciding = conjunction_ ? 0 : 1;
    std::vector<uint32_t> open;  // rows that no operand has decided yet
    open.reserve(rows.size());
    rows.for_each([&](size_t row) { open.push_back(static_cast<uint32_t>(row)); });
    std::vector<uint8_t> null_seen(batch.rows, 0);
    for (const auto& child : children()) {
      if (open.empty()) break;
      const ColumnPtr value = child->evaluate(batch, Selection(open), errors);
      size_t kept = 0;
      for (uint32_t row : open) {
        const bool valid = value->valid(row);
        if (valid && value->at<uint8_t>(row) == deciding) {
          result->set(row, deciding);
          continue;
        }
        if (!valid) null_seen[row] = 1;
        open[kept++] = row;
      }
      open.resize(kept);
    }
    for (uint32_t row : open) {
      if (null_seen[row] != 0) {
        result->set_null(row);
      } else {
        result->set<uint8_t>(row, 1 - deciding);
      }
    }
    return result;
  }

  std::string to_string() const override {
    return fmt::format("({})", join_texts(children(), conjunction_ ? " AND " : " OR "));
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<JunctionNode>(conjunction_, std::move(c));
  }

 private:
  bool conjunction_;
};

class NotNode final : public Node {
 public:
  explicit NotNode(std::vector<ExpressionPtr> children) : Node(boolean_type, std::move(children)) {}
  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr value = children()[0]->evaluate(batch, rows, errors);
    ResultColumn result(boolean_type, batch.rows, rows, value->is_constant());
    result.rows.for_each([&](size_t row) {
      if (!value->valid(row)) return result.column->set_null(row);
      result.column->set<uint8_t>(row, 1 - value->at<uint8_t>(row));
    });
    return result.column;
  }
  std::string to_string() const override { return fmt::format("(NOT {})", children()[0]->to_string()); }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<NotNode>(std::move(c));
  }
};

class IsNullNode final : public Node {
 public:
  IsNullNode(bool negated, std::vector<ExpressionPtr> children)
      : Node(boolean_type, std::move(children)), negated_(negated) {}
  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr value = children()[0]->evaluate(batch, rows, errors);
    ResultColumn result(boolean_type, batch.rows, rows, value->is_constant());
    result.rows.for_each([&](size_t row) { result.column->set<uint8_t>(row, value->valid(row) == negated_); });
    return result.column;
  }
  std::string to_string() const override {
    return fmt::format("({} IS {}NULL)", children()[0]->to_string(), negated_ ? "NOT " : "");
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<IsNullNode>(negated_, std::move(c));
  }

 private:
  bool negated_;
};

// Collects, row by row, which of several columns gives the value, then builds the result in row order.
class Choice {
 public:
  explicit Choice(size_t rows) : source_(rows, none) {}

  void take(uint32_t row, size_t column) { source_[row] = static_cast<uint32_t>(column); }

  ColumnPtr build(const Type& type, const std::vector<ColumnPtr>& columns) const {
    if (type.is_nested()) {
      auto out = std::make_shared<Column>(type, 0);
      for (size_t row = 0; row < source_.size(); ++row) {
        if (source_[row] == none) {
          out->append_null();
        } else {
          append_value(*out, *columns[source_[row]], row);
        }
      }
      return out;
    }
    auto out = std::make_shared<Column>(type, source_.size());
    with_element(type.kind(), [&](auto zero) {
      using T = decltype(zero);
      for (size_t row = 0; row < source_.size(); ++row) {
        if (source_[row] == none || !columns[source_[row]]->valid(row)) {
          out->set_null(row);
        } else {
          out->template set<T>(row, columns[source_[row]]->template at<T>(row));
        }
      }
    });
    if (type.is_text())
      for (const ColumnPtr& column : columns) out->pin(column);
    return out;
  }

 private:
  static constexpr uint32_t none = ~uint32_t{0};
  std::vector<uint32_t> source_;
};

class CaseNode final : public Node {
 public:
  CaseNode(Type type, std::vector<ExpressionPtr> parts) : Node(std::move(type), std::move(parts)) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    Choice choice(batch.rows);
    std::vector<ColumnPtr> values;
    std::vector<uint32_t> open;
    rows.for_each([&](size_t row) { open.push_back(static_cast<uint32_t>(row)); });
    const size_t pairs = children().size() / 2;
    for (size_t i = 0; i < pairs && !open.empty(); ++i) {
      const std::vector<uint32_t> taken = select_rows(*children()[2 * i], batch, Selection(open), errors);
      if (taken.empty()) continue;
      values.push_back(children()[2 * i + 1]->evaluate(batch, Selection(taken), errors));
      for (uint32_t row : taken) choice.take(row, values.size() - 1);
      std::vector<uint32_t> rest;
      std::set_difference(open.begin(), open.end(), taken.begin(), taken.end(), std::back_inserter(rest));
      open = std::move(rest);
    }
    if (children().size() % 2 == 1 && !open.empty()) {
      values.push_back(children().back()->evaluate(batch, Selection(open), errors));
      for (uint32_t row : open) choice.take(row, values.size() - 1);
    }
    return choice.build(type(), values);
  }

  std::string to_string() const override {
    std::string text = "CASE";
    for (size_t i = 0; i + 1 < children().size(); i += 2)
      text += fmt::format(" WHEN {} THEN {}", children()[i]->to_string(), children()[i + 1]->to_string());
    if (children().size() % 2 == 1) text += " ELSE " + children().back()->to_string();
    return text + " END";
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<CaseNode>(type(), std::move(c));
  }
};

class CoalesceNode final : public Node {
 public:
  CoalesceNode(Type type, std::vector<ExpressionPtr> operands) : Node(std::move(type), std::move(operands)) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    Choice choice(batch.rows);
    std::vector<ColumnPtr> values;
    std::vector<uint32_t> open;
    rows.for_each([&](size_t row) { open.push_back(static_cast<uint32_t>(row)); });
    for (const auto& child : children()) {
      if (open.empty()) break;
      values.push_back(child->evaluate(batch, Selection(open), errors));
      size_t kept = 0;
      for (uint32_t row : open) {
        if (values.back()->valid(row)) {
          choice.take(row, values.size() - 1);
        } else {
          open[kept++] = row;
        }
      }
      open.resize(kept);
    }
    return choice.build(type(), values);
  }

  std::string to_string() const override { return fmt::format("COALESCE({})", join_texts(children(), ", ")); }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<CoalesceNode>(type(), std::move(c));
  }
};

}  // namespace

ExpressionPtr make_and(std::vector<ExpressionPtr> operands) {
  return std::make_shared<JunctionNode>(true, std::move(operands));
}
ExpressionPtr make_or(std::vector<ExpressionPtr> operands) {
  return std::make_shared<JunctionNode>(false, std::move(operands));
}
ExpressionPtr make_not(ExpressionPtr child) { return std::make_shared<NotNode>(std::vector{std::move(child)}); }
ExpressionPtr make_is_null(ExpressionPtr child, bool negated) {
  return std::make_shared<IsNullNode>(negated, std::vector{std::move(child)});
}
ExpressionPtr make_case(std::vector<ExpressionPtr> parts, Type type) {
  return std::make_shared<CaseNode>(std::move(type), std::move(parts));
}
ExpressionPtr make_coalesce(std::vector<ExpressionPtr> operands, Type type) {
  return std::make_shared<CoalesceNode>(std::move(type), std::move(operands));
}

}  // namespace millrace
