// What windows, sessions and joins keep goes when its time has passed: memory levels off, however many keys come.
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/operators/aggregate.h"
#include "runtime/operators/join.h"
#include "tests/state/container_model.h"

namespace millrace {
namespace {

constexpr int64_t span_ms = 60'000;    // of a window, a session's gap, a join's reach
constexpr int64_t keys_a_span = 2000;  // all of them new

class Nowhere final : public Operator {
 public:
  void process(const Batch& batch, StepContext&) override { rows += batch.rows; }
  size_t rows = 0;
};

// A row for each key of the span, over its time.
Batch rows_of_span(int64_t span) {
  std::vector<int64_t> keys, values, times;
  for (int64_t i = 0; i < keys_a_span; ++i) {
    keys.push_back(span * keys_a_span + i);
    values.push_back(i);
    times.push_back(span * span_ms + i * span_ms / keys_a_span);
  }
  Batch batch;
  batch.rows = keys.size();
  batch.columns = {bigint_column(keys), bigint_column(values)};
  batch.time = bigint_column(times);
  batch.partition = Column::constant(integer_type, batch.rows);
  batch.offset = bigint_column(times);
  return batch;
}

AggregateOptions aggregate_options(const AggregateWindow& window, Emission emission) {
  static const AggregateRegistry registry = [] {
    AggregateRegistry all;
    register_all_aggregates(all);
    return all;
  }();
  AggregateOptions options;
  options.keys = {make_column(0, bigint_type, "KEY")};
  options.calls.push_back({&registry.find("COUNT")->overloads[0], {}, bigint_type});
  options.window = window;
  options.emission = emission;
  return options;
}

JoinOptions join_options(JoinKind kind) {
  JoinSide side;
  side.types = {bigint_type, bigint_type};
  side.kept = {true, true};
  side.keys = {make_column(0, bigint_type, "KEY")};
  JoinOptions options;
  options.shape = JoinShape::stream_stream;
  options.kind = kind;
  options.left = side;
  options.right = side;
  options.window = JoinWindow{span_ms / 2, span_ms / 2, 0, true};
  return options;
}

// Ten spans' worth of rows to both inputs, where there are two; the bytes of the operator's state after each.
std::vector<size_t> bytes_after_spans(Operator& op, Nowhere& out) {
  op.set_next(&out);
  std::vector<size_t> bytes;
  StepContext step;
  for (int64_t span = 0; span < 10; ++span) {
    const Batch rows = rows_of_span(span);
    op.process(rows, step);
    // A third of the rows find a partner.
    if (op.second_input() != nullptr) op.second_input()->process(rows.slice(0, rows.rows / 3), step);
    op.end_step(step);
    size_t sum = 0;
    for (StateContainer* container : op.containers()) {
      container->take_changes(900'000, 0);
      sum += container->bytes();
    }
    bytes.push_back(sum);
  }
  return bytes;
}

void expect_level(Operator& op) {
  Nowhere out;
  const std::vector<size_t> bytes = bytes_after_spans(op, out);
  EXPECT_GT(bytes[0], size_t{keys_a_span} * sizeof(int64_t)) << "the rows of a span are kept";
  EXPECT_GT(out.rows, 0U);
  EXPECT_LE(*std::max_element(bytes.begin() + 5, bytes.end()),
            *std::max_element(bytes.begin(), bytes.begin() + 5) * 11 / 10)
      << ::testing::PrintToString(bytes);
}

TEST(PassingTime, FreesTumblingWindows) {
  for (const Emission emission : {Emission::each_update, Emission::per_step, Emission::on_close})
    expect_level(*make_aggregate(aggregate_options({WindowKind::tumbling, span_ms, span_ms, 0, span_ms}, emission)));
}

TEST(PassingTime, FreesHoppingWindows) {
  for (const Emission emission : {Emission::each_update, Emission::per_step, Emission::on_close})
    expect_level(*make_aggregate(aggregate_options({WindowKind::hopping, span_ms, span_ms / 4, 0, span_ms}, emission)));
}

TEST(PassingTime, FreesSessions) {
  for (const Emission emission : {Emission::each_update, Emission::per_step, Emission::on_close})
    expect_level(*make_aggregate(aggregate_options({WindowKind::session, span_ms / 2, 0, 0, span_ms / 2}, emission)));
}

TEST(PassingTime, FreesWhatStreamsJoin) {
  for (const JoinKind kind : {JoinKind::inner, JoinKind::left, JoinKind::right, JoinKind::full})
    expect_level(*make_join(join_options(kind)));
}

}  // namespace
}  // namespace millrace
