// ALTER STREAM | TABLE … ADD COLUMN.
#include <fmt/format.h>

#include "server/statement_runner.h"

namespace millrace {

StatementRunner::Body StatementRunner::apply(const syntax::Alter& s) {
  Source changed = plan_alter(s, context());
  const int64_t sequence = record();
  const std::string& made = engine_.catalog_.find(s.name.text)->statement;
  engine_.change_source(std::move(changed), made + "; " + statement_->text, sequence);
  return CommandDone{fmt::format("{}/`{}`/alter", s.table ? "table" : "stream", s.name.text),
                     s.table ? "Table altered" : "Stream altered",
                     "",
                     sequence,
                     {}};
}

}  // namespace millrace
