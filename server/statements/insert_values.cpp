// INSERT INTO … VALUES: one row.
#include <fmt/format.h>

#include <future>

#include "runtime/system_time.h"
#include "server/commit_error.h"
#include "server/row_writer.h"
#include "server/statement_runner.h"

namespace millrace {

StatementRunner::Body StatementRunner::apply(const syntax::InsertValues& s) {
  const PlannedRow row = plan_insert_values(s, context());
  auto times = std::make_shared<Column>(bigint_type, 1);
  times->set(0, row.time.value_or(system_milliseconds()));
  std::promise<CommitResult> promise;
  std::vector<RecordBlock> blocks = RowWriter(*row.source->source, *engine_.log_).encode(row.columns, times);
  size_t bytes = 0;
  for (const RecordBlock& block : blocks) bytes += block.bytes();
  engine_.writer_->append(std::move(blocks), [&promise](CommitResult result) { promise.set_value(std::move(result)); });
  lock_ = {};  // other statements do not wait for this row
  const CommitResult result = promise.get_future().get();
  if (result.outcome != CommitOutcome::committed) throw commit_error(result, *engine_.log_);
  engine_.observation_.statistics().count("stream_rows_inserted", "", s.target.text, 1);
  engine_.observation_.statistics().count("stream_bytes_inserted", "", s.target.text, bytes);
  return CommandDone{fmt::format("stream/`{}`/insert", s.target.text), "Row inserted", "", -1, {}};
}

}  // namespace millrace
