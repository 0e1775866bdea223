// Scalar functions: signature, help, runnable example and kernel, one registry entry each.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/expression.h"
#include "runtime/signature.h"

namespace millrace {

// What a kernel works on: arguments already cast to the parameters' types.
struct FunctionCall {
  std::span<const ColumnPtr> arguments;
  const Type& result;
  size_t size;     // rows of the result; of a constant result 1
  Selection rows;  // those to compute
  RowErrors& errors;
};

// Sets null and adds to `errors` where a row fails; never throws. Runs on any thread.
using Kernel = std::function<std::shared_ptr<Column>(const FunctionCall&)>;

struct Overload {
  Signature signature;
  Kernel kernel;
  // Refines the result's type from the arguments' where the signature cannot say it (precision of a DECIMAL).
  std::function<Type(const std::vector<Type>&)> result_type = nullptr;
};

// One that is not a kernel over evaluated arguments, such as COALESCE: it makes its own expression.
using SpecialForm = std::function<ExpressionPtr(std::vector<ExpressionPtr> arguments, Type result)>;

struct Function {
  std::string name;
  std::string group;                            // "Strings"
  std::string help;                             // one sentence
  std::pair<std::string, std::string> example;  // an expression, and the literal it equals; both are run by a test
  std::vector<Overload> overloads;
  SpecialForm special = nullptr;
  // A table function: each element of the ARRAY that it gives becomes a row. It stands in the items of a SELECT only.
  bool gives_rows = false;
  bool deterministic = true;  // false: evaluated once per row even where its arguments are constant
};

class FunctionRegistry {
 public:
  void add(Function function);
  // `name` upper-cased. Null where there is none.
  const Function* find(std::string_view name) const;
  const std::map<std::string, Function, std::less<>>& all() const { return functions_; }

 private:
  std::map<std::string, Function, std::less<>> functions_;
};

// Every file of runtime/functions.
void register_all_functions(FunctionRegistry& registry);

// The call of the overload `index` of the function, with arguments of its parameters' types.
ExpressionPtr make_call(const Function& function, size_t index, std::vector<ExpressionPtr> arguments, Type result);

// Makes a kernel of a function of one row: it gets the arguments and a Cell to put the result into. A null argument
// gives null without calling it.
class Cell {
 public:
  Cell(Column& column, RowErrors& errors) : column_(column), errors_(errors) {}

  void at(size_t row) { row_ = row; }
  template <class T>
  void set(T value) {
    column_.set(row_, value);
  }
  // Text that was made here: copied. Text that lies in an argument: set() is enough.
  void set_copy(std::string_view text) { column_.set(row_, column_.keep(text)); }
  void null() { column_.set_null(row_); }
  void fail(RowErrorCode code, std::string reason) {
    column_.set_null(row_);
    errors_.add(row_, code, std::move(reason));
  }
  const Type& type() const { return column_.type(); }

 private:
  Column& column_;
  RowErrors& errors_;
  size_t row_ = 0;
};

template <class... A, class F>
Kernel row_kernel(F f) {
  return [f](const FunctionCall& call) {
    auto out = std::make_shared<Column>(call.result, call.size);
    Cell cell(*out, call.errors);
    [&]<size_t... I>(std::index_sequence<I...>) {
      call.rows.for_each([&](size_t row) {
        cell.at(row);
        if (!(call.arguments[I]->valid(row) && ...)) return cell.null();
        f(cell, call.arguments[I]->template at<A>(row)...);
      });
    }
    (std::index_sequence_for<A...>{});
    if (call.result.is_text())
      for (const ColumnPtr& argument : call.arguments) out->pin(argument);
    return out;
  };
}

}  // namespace millrace
