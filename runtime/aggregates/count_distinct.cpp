#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "runtime/aggregate_registry.h"

namespace millrace {

namespace {

// State: the hashes of the values, ascending, as long as they are few; then the registers of a HyperLogLog. The number
// of bytes says which.
constexpr size_t hashes_max = 1024;
constexpr int register_bits = 14;
constexpr size_t registers = size_t{1} << register_bits;
static_assert(hashes_max * sizeof(uint64_t) < registers);

void raise_register(std::string& state, uint64_t hash) {
  char& rank = state[hash >> (64 - register_bits)];
  const uint64_t rest = (hash << register_bits) | (uint64_t{1} << (register_bits - 1));
  rank = std::max(rank, static_cast<char>(std::countl_zero(rest) + 1));
}

std::vector<uint64_t> hashes_of(std::string_view state) {
  std::vector<uint64_t> hashes(state.size() / sizeof(uint64_t));
  if (!hashes.empty()) std::memcpy(hashes.data(), state.data(), state.size());
  return hashes;
}

void add_hash(std::string& state, uint64_t hash) {
  if (state.size() == registers) return raise_register(state, hash);
  const auto hashes = hashes_of(state);
  const auto at = std::lower_bound(hashes.begin(), hashes.end(), hash);
  if (at != hashes.end() && *at == hash) return;
  if (hashes.size() < hashes_max) {
    state.insert(static_cast<size_t>(at - hashes.begin()) * sizeof hash, reinterpret_cast<const char*>(&hash),
                 sizeof hash);
    return;
  }
  state.assign(registers, '\0');
  for (const uint64_t known : hashes) raise_register(state, known);
  raise_register(state, hash);
}

int64_t estimate(std::string_view state) {
  if (state.size() != registers) return static_cast<int64_t>(state.size() / sizeof(uint64_t));
  constexpr auto m = static_cast<double>(registers);
  double sum = 0;
  for (const char rank : state) sum += std::ldexp(1.0, -rank);
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  const auto zeros = static_cast<double>(std::count(state.begin(), state.end(), '\0'));
  return std::llround(raw <= 2.5 * m && zeros > 0 ? m * std::log(m / zeros) : raw);
}

template <class Change>
void change_text(StateColumn& column, uint32_t entry, Change&& change) {
  std::string& text = column.text(entry);
  const size_t before = text.size();
  change(text);
  column.account_text(before, text.size());
  column.set_valid(entry, true);
}

void add(AggregateState state, const AggregateInput& in) {
  const Column& values = *in.arguments[0];
  std::vector<uint64_t> hashes(values.size(), 0);
  hash_values(values, hashes);
  for (size_t i = 0; i < in.rows.size(); ++i)
    if (values.valid(in.rows[i]))
      change_text(*state[0], in.entries[i], [&](std::string& text) { add_hash(text, hashes[in.rows[i]]); });
}

void merge(AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
  const std::string theirs = other[0]->text(from);
  change_text(*state[0], to, [&](std::string& mine) {
    if (theirs.size() != registers) {
      for (const uint64_t hash : hashes_of(theirs)) add_hash(mine, hash);
      return;
    }
    const std::string before = std::exchange(mine, theirs);
    if (before.size() != registers) {
      for (const uint64_t hash : hashes_of(before)) raise_register(mine, hash);
      return;
    }
    for (size_t i = 0; i < registers; ++i) mine[i] = std::max(mine[i], before[i]);
  });
}

}  // namespace

void register_count_distinct(AggregateRegistry& registry) {
  registry.add({
      .name = "COUNT_DISTINCT",
      .help = "How many different values there are, nulls left out: exact up to 1024, then with an error of about 1 %.",
      .example_rows = {"3", "NULL", "1", "3"},
      .example_result = "CAST(2 AS BIGINT)",
      .overloads = {{
          .signature = Signature("(T) -> BIGINT"),
          .state_types = [](const std::vector<Type>&) { return std::vector{bytes_type}; },
          .add = add,
          .merge = merge,
          .merges_exactly = true,
          .result = [](AggregateState state, std::span<const uint32_t> entries, const Type&) -> ColumnPtr {
            auto out = std::make_shared<Column>(bigint_type, entries.size());
            for (size_t i = 0; i < entries.size(); ++i) out->set(i, estimate(state[0]->text(entries[i])));
            return out;
          },
      }},
  });
}

}  // namespace millrace
