// From an expression as written to a bound one: names resolved, types checked, casts made explicit.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "planner/scope.h"
#include "runtime/expression.h"

namespace millrace {

class ExpressionBinder {
 public:
  // Called for every node first; what it returns is taken, unless null.
  using Intercept = std::function<ExpressionPtr(const syntax::Expression&)>;

  ExpressionBinder(const PlanContext& context, const Scope& scope, Intercept intercept = nullptr)
      : context_(context), scope_(scope), intercept_(std::move(intercept)) {}

  // Throws Error with the place. A NULL literal alone has the type STRING.
  ExpressionPtr bind(const syntax::Expression& expression) const;
  // A call of this function, whatever bind() would say to it.
  ExpressionPtr bind_function(const syntax::Expression& call, const Function& function) const;
  // The same, converted to `type` where that is implicit; `what` begins the message where it is not.
  ExpressionPtr bind_as(const syntax::Expression& expression, const Type& type, const std::string& what) const;

 private:
  ExpressionPtr bind_literal(const syntax::Expression& e) const;
  ExpressionPtr bind_arithmetic(const syntax::Expression& e) const;
  ExpressionPtr bind_comparison(const syntax::Expression& e) const;
  ExpressionPtr bind_between(const syntax::Expression& e) const;
  ExpressionPtr bind_in(const syntax::Expression& e) const;
  ExpressionPtr bind_like(const syntax::Expression& e) const;
  ExpressionPtr bind_case(const syntax::Expression& e) const;
  ExpressionPtr bind_cast(const syntax::Expression& e) const;
  ExpressionPtr bind_call(const syntax::Expression& e) const;
  ExpressionPtr bind_field(const syntax::Expression& e) const;
  ExpressionPtr bind_subscript(const syntax::Expression& e) const;
  ExpressionPtr bind_constructor(const syntax::Expression& e) const;
  ExpressionPtr bind_condition(const syntax::Expression& e) const;
  std::vector<ExpressionPtr> bind_unified(const std::vector<const syntax::Expression*>& list, Type* type,
                                          const std::string& what) const;
  std::optional<Type> join_types(const std::optional<Type>& common, const Type& next, const syntax::Expression& e,
                                 const std::string& what) const;
  ExpressionPtr take_type(ExpressionPtr bound, const Type& type, const syntax::Expression& e,
                          const std::string& what) const;
  ExpressionPtr bind_constructor_as(const syntax::Expression& e, const Type& type, const std::string& what) const;
  ExpressionPtr compare(ComparisonOp op, ExpressionPtr left, ExpressionPtr right, const syntax::Expression& e) const;

  const PlanContext& context_;
  const Scope& scope_;
  Intercept intercept_;
};

// The overload of an aggregate or a function that fits; throws Error{type_mismatch} naming the ones that exist.
template <class Overloads>
std::pair<size_t, Signature::Match> choose_overload(const Overloads& overloads,
                                                    const std::vector<std::optional<Type>>& types,
                                                    const syntax::Expression& call) {
  std::optional<Signature::Match> best;
  size_t index = 0;
  for (size_t i = 0; i < overloads.size(); ++i) {
    auto match = overloads[i].signature.match(types);
    if (!match || (best && best->cost <= match->cost)) continue;
    best = std::move(match);
    index = i;
  }
  if (best) return {index, std::move(*best)};
  std::string given, known;
  for (const auto& type : types)
    given += (given.empty() ? "" : ", ") + (type ? type->to_string() : std::string("NULL"));
  for (const auto& overload : overloads) known += (known.empty() ? "" : "; ") + overload.signature.text();
  refuse(ErrorCode::type_mismatch, call.position, call.text + " does not take (" + given + "); it takes " + known);
}

// Whether the expression is the literal NULL, which fits every type.
inline bool is_null_literal(const syntax::Expression& e) { return e.kind == syntax::Expression::Kind::null_literal; }

}  // namespace millrace
