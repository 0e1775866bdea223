#include "tests/differential/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace millrace::differential {

namespace {

class Maker {
 public:
  Maker(const std::vector<ColumnSpec>& columns, Random& random) : columns_(columns), random_(random) {}

  Expression make(ValueType type, int depth) {
    if (depth == 0) return leaf(type);
    if (random_.chance(15)) return coalesce(type, depth);
    if (random_.chance(15)) return choice(type, depth);
    switch (type) {
      case ValueType::text:
        return text(depth);
      case ValueType::boolean:
        return boolean(depth);
      default:
        return integer(depth);
    }
  }

 private:
  Expression leaf(ValueType type) {
    std::vector<size_t> of_type;
    for (size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].type == type) of_type.push_back(i);
    if (!of_type.empty() && random_.chance(75)) {
      const size_t i = random_.pick(of_type);
      return {columns_[i].name, [i](const Values& row) { return row[i]; }};
    }
    Value value = random_value(type, 6, random_);
    std::string sql = json(value);
    if (type == ValueType::text) sql = "'" + std::get<std::string>(value) + "'";
    return {sql, [value](const Values&) { return value; }};
  }

  Expression coalesce(ValueType type, int depth) {
    const Expression a = make(type, depth - 1);
    const Expression b = make(type, depth - 1);
    return {fmt::format("COALESCE({}, {})", a.sql, b.sql), [=](const Values& row) {
              const Value first = a.value(row);
              return is_null(first) ? b.value(row) : first;
            }};
  }
  Expression choice(ValueType type, int depth) {
    const Expression condition = make(ValueType::boolean, depth - 1);
    const Expression yes = make(type, depth - 1);
    const Expression no = make(type, depth - 1);
    return {fmt::format("CASE WHEN {} THEN {} ELSE {} END", condition.sql, yes.sql, no.sql),
            [=](const Values& row) { return passes(condition, row) ? yes.value(row) : no.value(row); }};
  }

  // A function of two values that is null where one of them is.
  template <class F>
  static Expression strict(std::string sql, const Expression& a, const Expression& b, F f) {
    return {std::move(sql), [=](const Values& row) -> Value {
              const Value x = a.value(row);
              const Value y = b.value(row);
              if (is_null(x) || is_null(y)) return {};
              return f(x, y);
            }};
  }

  Expression integer(int depth) {
    const Expression a = make(ValueType::integer, depth - 1);
    const Expression b = make(ValueType::integer, depth - 1);
    const std::string_view op = random_.pick(std::vector<std::string_view>{"+", "-", "*"});
    return strict(fmt::format("({} {} {})", a.sql, op, b.sql), a, b, [op](const Value& x, const Value& y) -> Value {
      if (op == "+") return number(x) + number(y);
      if (op == "-") return number(x) - number(y);
      return number(x) * number(y);
    });
  }

  Expression text(int depth) {
    const Expression a = make(ValueType::text, depth - 1);
    if (random_.chance(40))
      return {fmt::format("UCASE({})", a.sql), [=](const Values& row) -> Value {
                Value value = a.value(row);
                if (auto* all = std::get_if<std::string>(&value))
                  for (char& c : *all) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
                return value;
              }};
    const Expression b = make(ValueType::text, depth - 1);
    return strict(fmt::format("({} + {})", a.sql, b.sql), a, b, [](const Value& x, const Value& y) -> Value {
      return std::get<std::string>(x) + std::get<std::string>(y);
    });
  }

  Expression boolean(int depth) {
    switch (random_.below(5)) {
      case 0: {
        const Expression a = make(ValueType::boolean, depth - 1);
        return {fmt::format("(NOT {})", a.sql), [=](const Values& row) -> Value {
                  const Value value = a.value(row);
                  if (is_null(value)) return {};
                  return !std::get<bool>(value);
                }};
      }
      case 1:
        return logic(depth, true);
      case 2:
        return logic(depth, false);
      case 3: {
        const bool negated = random_.chance(50);
        const Expression a = make(random_.chance(50) ? ValueType::integer : ValueType::text, depth - 1);
        return {fmt::format("({} IS {}NULL)", a.sql, negated ? "NOT " : ""),
                [=](const Values& row) -> Value { return is_null(a.value(row)) != negated; }};
      }
      default:
        return comparison(depth);
    }
  }

  // Three-valued: the value that decides, else null where one is null.
  Expression logic(int depth, bool conjunction) {
    const Expression a = make(ValueType::boolean, depth - 1);
    const Expression b = make(ValueType::boolean, depth - 1);
    return {fmt::format("({} {} {})", a.sql, conjunction ? "AND" : "OR", b.sql), [=](const Values& row) -> Value {
              const Value x = a.value(row);
              const Value y = b.value(row);
              auto decides = [&](const Value& value) {
                return !is_null(value) && std::get<bool>(value) != conjunction;
              };
              if (decides(x) || decides(y)) return !conjunction;
              if (is_null(x) || is_null(y)) return {};
              return conjunction;
            }};
  }

  Expression comparison(int depth) {
    const ValueType type = random_.chance(60) ? ValueType::integer : ValueType::text;
    const Expression a = make(type, depth - 1);
    const Expression b = make(type, depth - 1);
    const std::string_view op = random_.pick(std::vector<std::string_view>{"=", "<>", "<", ">="});
    return strict(fmt::format("({} {} {})", a.sql, op, b.sql), a, b, [op](const Value& x, const Value& y) -> Value {
      if (op == "=") return x == y;
      if (op == "<>") return x != y;
      if (op == "<") return x < y;
      return x >= y;
    });
  }

  const std::vector<ColumnSpec>& columns_;
  Random& random_;
};

}  // namespace

Expression random_expression(ValueType type, const std::vector<ColumnSpec>& columns, int depth, Random& random) {
  return Maker(columns, random).make(type, depth);
}

}  // namespace millrace::differential
