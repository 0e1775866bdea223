// Bound, typed expressions: names are resolved, types agree, casts are explicit.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/batch.h"
#include "runtime/row_errors.h"
#include "runtime/type.h"

namespace millrace {

class Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

// Immutable; evaluating it is safe from any thread.
class Expression {
 public:
  Expression(Type type, std::vector<ExpressionPtr> children) : type_(std::move(type)), children_(std::move(children)) {}
  virtual ~Expression() = default;

  const Type& type() const { return type_; }
  const std::vector<ExpressionPtr>& children() const { return children_; }

  // A column of batch.rows rows; those outside `rows` have any value. It never throws for a row: the row becomes null
  // and is added to `errors`.
  virtual ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const = 0;
  // As SQL, fully bracketed; equal texts mean equal expressions.
  virtual std::string to_string() const = 0;
  // The index where this is a column of the batch, else -1.
  virtual int column_index() const { return -1; }
  // Whether its value never changes.
  virtual bool is_literal() const { return false; }

 private:
  Type type_;
  std::vector<ExpressionPtr> children_;
};

// Indexes of all columns that the expression reads.
void collect_columns(const Expression& expression, std::set<size_t>& columns);
// The same expression with some nodes exchanged: `replace` is asked from the root down, and null means "look into it".
ExpressionPtr transform(const ExpressionPtr& expression,
                        const std::function<ExpressionPtr(const ExpressionPtr&)>& replace);
// The same expression where every column i became columns[i]; those it reads must be there.
ExpressionPtr substitute(const ExpressionPtr& expression, const std::vector<ExpressionPtr>& columns);
// The value of an expression that reads no column: a column of one row.
ColumnPtr evaluate_constant(const Expression& expression, RowErrors& errors);

// Arguments must be as said; the binder sees to it.
ExpressionPtr make_column(size_t index, Type type, std::string name);
ExpressionPtr make_literal(ColumnPtr value);  // a constant column of one row
ExpressionPtr make_null(Type type);
ExpressionPtr make_boolean(bool value);
ExpressionPtr make_bigint(int64_t value);
ExpressionPtr make_integer(int32_t value);
ExpressionPtr make_double(double value);
ExpressionPtr make_varchar(const std::string& value);
ExpressionPtr make_decimal(Decimal value, Type type);

enum class ArithmeticOp { add, subtract, multiply, divide, remainder };
// Both of the same numeric type, or decimals of any; `type` is the result's. Overflow of INTEGER and BIGINT wraps.
ExpressionPtr make_arithmetic(ArithmeticOp op, ExpressionPtr left, ExpressionPtr right, Type type);
ExpressionPtr make_negate(ExpressionPtr child);
// text + text, both of one type.
ExpressionPtr make_concatenation(ExpressionPtr left, ExpressionPtr right);

enum class ComparisonOp { equal, not_equal, less, less_equal, greater, greater_equal, distinct, not_distinct };
std::string_view comparison_text(ComparisonOp op);
// Both of the same type; nested types know equality and distinctness only.
ExpressionPtr make_comparison(ComparisonOp op, ExpressionPtr left, ExpressionPtr right);

// Three-valued; operands after the one that decides are not evaluated for that row.
ExpressionPtr make_and(std::vector<ExpressionPtr> operands);
ExpressionPtr make_or(std::vector<ExpressionPtr> operands);
ExpressionPtr make_not(ExpressionPtr child);
ExpressionPtr make_is_null(ExpressionPtr child, bool negated);
// value IN (list): all of one type.
ExpressionPtr make_in(ExpressionPtr value, std::vector<ExpressionPtr> list);
// SQL LIKE with % and _; linear in the text but for %, never exponential. `escape`: 0 for none.
ExpressionPtr make_like(ExpressionPtr value, ExpressionPtr pattern, char escape);
// when, then, when, then, …, else; a branch is evaluated only for the rows that take it.
ExpressionPtr make_case(std::vector<ExpressionPtr> parts, Type type);
// The first that is not null; later ones are evaluated only where needed.
ExpressionPtr make_coalesce(std::vector<ExpressionPtr> operands, Type type);

ExpressionPtr make_field(ExpressionPtr structure, size_t field);
// array[i], 1-based, negative from the end; map[key].
ExpressionPtr make_subscript(ExpressionPtr base, ExpressionPtr index);
ExpressionPtr make_array(std::vector<ExpressionPtr> elements, Type type);
ExpressionPtr make_map(std::vector<ExpressionPtr> keys_and_values, Type type);
ExpressionPtr make_structure(std::vector<ExpressionPtr> fields, Type type);

// The rows of `rows` for which `predicate` is true, ascending.
std::vector<uint32_t> select_rows(const Expression& predicate, const Batch& batch, Selection rows, RowErrors& errors);

}  // namespace millrace
