#include "runtime/operators/aggregate.h"

#include "runtime/operators/aggregate_base.h"

namespace millrace {

std::string_view window_kind_name(WindowKind kind) {
  switch (kind) {
    case WindowKind::tumbling:
      return "TUMBLING";
    case WindowKind::hopping:
      return "HOPPING";
    case WindowKind::session:
      return "SESSION";
  }
  return "";
}

std::unique_ptr<Operator> make_aggregate(AggregateOptions options, Materialized** materialized) {
  const bool windowed = options.window.has_value();
  const bool sessions = windowed && options.window->kind == WindowKind::session;
  MadeAggregate made = sessions               ? make_session_aggregate(std::move(options))
                       : fits_slices(options) ? make_slice_aggregate(std::move(options))
                       : windowed             ? make_window_aggregate(std::move(options))
                                              : make_group_aggregate(std::move(options));
  if (materialized != nullptr) *materialized = made.materialized;
  return std::move(made.op);
}

}  // namespace millrace
