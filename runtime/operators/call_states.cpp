#include "runtime/operators/call_states.h"

#include <algorithm>

namespace millrace {

namespace {

std::vector<Type> state_types(const AggregateCall& call) {
  std::vector<Type> types;
  for (const auto& argument : call.arguments) types.push_back(argument->type());
  return call.overload->state_types(types);
}

}  // namespace

CallArguments evaluate_arguments(const std::vector<AggregateCall>& calls, const Batch& batch, Selection rows,
                                 RowErrors& errors) {
  CallArguments arguments;
  for (const AggregateCall& call : calls) {
    auto& list = arguments.emplace_back();
    for (const auto& argument : call.arguments) list.push_back(argument->evaluate(batch, rows, errors));
  }
  return arguments;
}

std::vector<Type> state_types(const std::vector<AggregateCall>& calls) {
  std::vector<Type> types;
  for (const AggregateCall& call : calls)
    for (Type& type : state_types(call)) types.push_back(std::move(type));
  return types;
}

bool needs_sequence(const std::vector<AggregateCall>& calls) {
  return std::any_of(calls.begin(), calls.end(), [](const AggregateCall& c) { return c.overload->needs_sequence; });
}

CallStates::CallStates(const std::vector<AggregateCall>& calls, std::vector<StateColumn*> columns)
    : calls_(calls), columns_(std::move(columns)) {
  first_.push_back(0);
  for (const AggregateCall& call : calls) first_.push_back(first_.back() + state_types(call).size());
  MILLRACE_CHECK(first_.back() == columns_.size());
}

void CallStates::add(const CallArguments& arguments, Selection rows, std::span<const uint32_t> entries,
                     int64_t sequence, RowErrors& errors) const {
  for (size_t c = 0; c < calls_.size(); ++c)
    calls_[c].overload->add(state(c), {arguments[c], rows, entries, errors, sequence});
}

void CallStates::retract(const CallArguments& arguments, Selection rows, std::span<const uint32_t> entries,
                         RowErrors& errors) const {
  for (size_t c = 0; c < calls_.size(); ++c)
    calls_[c].overload->retract(state(c), {arguments[c], rows, entries, errors});
}

void CallStates::merge(uint32_t to, const CallStates& other, uint32_t from) const {
  for (size_t c = 0; c < calls_.size(); ++c) calls_[c].overload->merge(state(c), to, other.state(c), from);
}

void CallStates::read(std::span<const uint32_t> entries, std::vector<ColumnPtr>& out) const {
  for (size_t c = 0; c < calls_.size(); ++c)
    out.push_back(calls_[c].overload->result(state(c), entries, calls_[c].result));
}

}  // namespace millrace
