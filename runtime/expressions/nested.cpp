// ARRAY, MAP and STRUCT: taking apart and putting together.
#include "runtime/expressions/node.h"

namespace millrace {

namespace {

class FieldNode final : public Node {
 public:
  FieldNode(Type type, std::vector<ExpressionPtr> children, size_t field)
      : Node(std::move(type), std::move(children)), field_(field) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr base = children()[0]->evaluate(batch, rows, errors);
    if (base->is_constant()) {
      auto out = std::make_shared<Column>(type(), 0);
      for (size_t row = 0; row < batch.rows; ++row) append_field(*out, *base, row);
      return out;
    }
    // The field shares the ownership of the whole: its text lies in what the struct pins.
    if (!base->has_nulls()) return ColumnPtr(base, &base->child(field_));
    auto out = std::make_shared<Column>(type(), 0);
    for (size_t row = 0; row < batch.rows; ++row) append_field(*out, *base, row);
    return out;
  }
  std::string to_string() const override {
    return fmt::format("{}->`{}`", children()[0]->to_string(), children()[0]->type().field_names()[field_]);
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<FieldNode>(type(), std::move(c), field_);
  }

 private:
  void append_field(Column& out, const Column& base, size_t row) const {
    if (!base.valid(row)) return out.append_null();
    append_value(out, base.child(field_), base.is_constant() ? 0 : row);
  }

  size_t field_;
};

class SubscriptNode final : public Node {
 public:
  SubscriptNode(Type type, std::vector<ExpressionPtr> children) : Node(std::move(type), std::move(children)) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr base = children()[0]->evaluate(batch, rows, errors);
    const ColumnPtr index = children()[1]->evaluate(batch, rows, errors);
    const bool map = base->type().is(TypeKind::map);
    const Column& values = base->child(map ? 1 : 0);
    auto out = std::make_shared<Column>(type(), 0);
    size_t next = 0;  // the result is built in row order: rows that are not wanted are null
    rows.for_each([&](size_t row) {
      for (; next < row; ++next) out->append_null();
      ++next;
      const int64_t at = base->valid(row) && index->valid(row) ? find(*base, *index, row, map) : -1;
      if (at < 0) {
        out->append_null();
      } else {
        append_value(*out, values, static_cast<size_t>(at));
      }
    });
    for (; next < batch.rows; ++next) out->append_null();
    return out;
  }
  std::string to_string() const override {
    return fmt::format("{}[{}]", children()[0]->to_string(), children()[1]->to_string());
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<SubscriptNode>(type(), std::move(c));
  }

 private:
  // The element in the child columns, or -1.
  static int64_t find(const Column& base, const Column& index, size_t row, bool map) {
    const auto [begin, end] = base.range(row);
    if (map) {
      for (uint32_t i = begin; i < end; ++i)
        if (same_value(base.child(0), i, index, row)) return i;
      return -1;
    }
    const int64_t i = index.at<int32_t>(row);
    const int64_t at = i > 0 ? begin + i - 1 : end + i;
    return i != 0 && at >= begin && at < end ? at : -1;
  }
};

// ARRAY[…], MAP(…), STRUCT(…): appended row by row.
class ConstructorNode final : public Node {
 public:
  ConstructorNode(Type type, std::vector<ExpressionPtr> children) : Node(std::move(type), std::move(children)) {}

  ColumnPtr evaluate(const Batch& batch, Selection, RowErrors& errors) const override {
    std::vector<ColumnPtr> parts;
    for (const auto& child : children()) parts.push_back(child->evaluate(batch, Selection(batch.rows), errors));
    auto out = std::make_shared<Column>(type(), 0);
    for (size_t row = 0; row < batch.rows; ++row) {
      for (size_t i = 0; i < parts.size(); ++i) {
        const size_t child = type().is(TypeKind::array) ? 0 : type().is(TypeKind::map) ? i % 2 : i;
        append_value(out->child(child), *parts[i], row);
      }
      out->append_nested();
    }
    return out;
  }
  std::string to_string() const override {
    const std::string_view name = type().is(TypeKind::array) ? "ARRAY" : type().is(TypeKind::map) ? "MAP" : "STRUCT";
    return fmt::format("{}({})", name, join_texts(children(), ", "));
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<ConstructorNode>(type(), std::move(c));
  }
};

}  // namespace

ExpressionPtr make_field(ExpressionPtr structure, size_t field) {
  Type type = structure->type().field_types()[field];
  return std::make_shared<FieldNode>(std::move(type), std::vector{std::move(structure)}, field);
}
ExpressionPtr make_subscript(ExpressionPtr base, ExpressionPtr index) {
  Type type = base->type().is(TypeKind::map) ? base->type().value() : base->type().element();
  return std::make_shared<SubscriptNode>(std::move(type), std::vector{std::move(base), std::move(index)});
}
ExpressionPtr make_array(std::vector<ExpressionPtr> elements, Type type) {
  return std::make_shared<ConstructorNode>(std::move(type), std::move(elements));
}
ExpressionPtr make_map(std::vector<ExpressionPtr> keys_and_values, Type type) {
  return std::make_shared<ConstructorNode>(std::move(type), std::move(keys_and_values));
}
ExpressionPtr make_structure(std::vector<ExpressionPtr> fields, Type type) {
  return std::make_shared<ConstructorNode>(std::move(type), std::move(fields));
}

}  // namespace millrace
