#include "runtime/function_registry.h"

#include "runtime/check.h"
#include "runtime/expressions/node.h"

namespace millrace {

void FunctionRegistry::add(Function function) {
  const std::string name = function.name;
  const bool fresh = functions_.emplace(name, std::move(function)).second;
  MILLRACE_CHECK(fresh);
}

const Function* FunctionRegistry::find(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

namespace {

// The registry outlives every expression, so the node refers to its overload.
class CallNode final : public Node {
 public:
  CallNode(const Function& function, const Overload& overload, std::vector<ExpressionPtr> arguments, Type result)
      : Node(std::move(result), std::move(arguments)), function_(function), overload_(overload) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    std::vector<ColumnPtr> arguments;
    bool constant = function_.deterministic;
    for (const auto& child : children()) {
      arguments.push_back(child->evaluate(batch, rows, errors));
      constant = constant && arguments.back()->is_constant();
    }
    if (rows.size() == 0) return Column::nulls(type(), batch.rows);
    if (!constant) return overload_.kernel({arguments, type(), batch.rows, rows, errors});
    const ColumnPtr one = overload_.kernel({arguments, type(), 1, Selection(1), errors});
    if (type().is_nested()) {
      const std::vector<uint32_t> same(batch.rows, 0);
      return gather(one, same);
    }
    auto out = Column::constant(type(), batch.rows);
    if (!one->valid(0)) {
      out->set_null(0);
    } else {
      with_element(type().kind(), [&](auto zero) { out->set(0, one->at<decltype(zero)>(0)); });
    }
    out->pin(one);
    return out;
  }
  std::string to_string() const override { return fmt::format("{}({})", function_.name, join_texts(children(), ", ")); }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<CallNode>(function_, overload_, std::move(c), type());
  }

 private:
  const Function& function_;
  const Overload& overload_;
};

}  // namespace

ExpressionPtr make_call(const Function& function, size_t index, std::vector<ExpressionPtr> arguments, Type result) {
  if (function.special) return function.special(std::move(arguments), std::move(result));
  return std::make_shared<CallNode>(function, function.overloads[index], std::move(arguments), std::move(result));
}

}  // namespace millrace
