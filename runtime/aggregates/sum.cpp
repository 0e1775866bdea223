#include "runtime/aggregate_registry.h"
#include "runtime/decimal.h"

namespace millrace {

namespace {

// INTEGER and BIGINT wrap; the sum of no values but nulls is 0, as in the base language.
template <class T>
void add_to(T& sum, T value) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    sum = static_cast<T>(static_cast<U>(sum) + static_cast<U>(value));
  } else {
    sum += value;
  }
}

template <class T, bool negative>
void sum(AggregateState state, const AggregateInput& in) {
  auto& sums = *state[0];
  const Column& values = *in.arguments[0];
  for (size_t i = 0; i < in.rows.size(); ++i) {
    const uint32_t entry = in.entries[i];
    sums.set_valid(entry, true);
    if (!values.valid(in.rows[i])) continue;
    T value = values.at<T>(in.rows[i]);
    if constexpr (negative) value = static_cast<T>(T{0} - value);
    add_to(sums.at<T>(entry), value);
  }
}

template <class T>
AggregateOverload overload(std::string signature) {
  return {
      .signature = Signature(std::move(signature)),
      .state_types = [](const std::vector<Type>& arguments) { return arguments; },
      .add = sum<T, false>,
      .retract = sum<T, true>,
      .merge =
          [](AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
            add_to(state[0]->template at<T>(to), other[0]->template at<T>(from));
            state[0]->set_valid(to, true);
          },
      .merges_exactly = !std::is_same_v<T, double>,
      .result = [](AggregateState state, std::span<const uint32_t> entries, const Type&) -> ColumnPtr {
        return state[0]->read(entries);
      },
  };
}

// A DECIMAL's sum has the argument's type; where it does not fit any more it is null.
AggregateOverload decimal_overload() {
  AggregateOverload overload = millrace::overload<Decimal>("(DECIMAL) -> DECIMAL");
  overload.result = [](AggregateState state, std::span<const uint32_t> entries, const Type& type) -> ColumnPtr {
    auto out = state[0]->read(entries);
    for (size_t i = 0; i < entries.size(); ++i)
      if (out->valid(i) && !decimal_fits(out->at<Decimal>(i), type.precision())) out->set_null(i);
    return out;
  };
  return overload;
}

}  // namespace

void register_sum(AggregateRegistry& registry) {
  registry.add({
      .name = "SUM",
      .help = "The sum of the values that are not null.",
      .example_rows = {"1", "NULL", "3"},
      .example_result = "4",
      .overloads = {overload<int32_t>("(INT) -> INT"), overload<int64_t>("(BIGINT) -> BIGINT"), decimal_overload(),
                    overload<double>("(DOUBLE) -> DOUBLE")},
  });
}

}  // namespace millrace
