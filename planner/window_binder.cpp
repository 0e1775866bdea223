#include "planner/window_binder.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/context.h"

namespace millrace {

namespace {

constexpr int64_t standard_grace_ms = 24 * 3'600'000;  // less the window's size
constexpr int64_t windows_max = 10'000;                // that a row may belong to

WindowKind kind_of(syntax::WindowKind kind) {
  switch (kind) {
    case syntax::WindowKind::tumbling:
      return WindowKind::tumbling;
    case syntax::WindowKind::hopping:
      return WindowKind::hopping;
    case syntax::WindowKind::session:
      return WindowKind::session;
  }
  return WindowKind::tumbling;
}

}  // namespace

AggregateWindow bind_window(const syntax::Window& window) {
  AggregateWindow out;
  out.kind = kind_of(window.kind);
  out.size_ms = out.advance_ms = window.size.milliseconds;
  if (out.size_ms <= 0) refuse(ErrorCode::query_invalid, window.size.position, "the SIZE of a window must be positive");
  if (window.advance) {
    out.advance_ms = window.advance->milliseconds;
    if (out.advance_ms <= 0 || out.advance_ms > out.size_ms)
      refuse(ErrorCode::query_invalid, window.advance->position,
             "ADVANCE BY must be positive and at most SIZE: no row may fall between two windows");
    if (const int64_t windows = (out.size_ms - 1) / out.advance_ms + 1; windows > windows_max)
      refuse(ErrorCode::limit_exceeded, window.advance->position,
             fmt::format("each row would belong to {} windows, the limit is {}: advance by more, or make them smaller",
                         windows, windows_max));
  }
  out.grace_ms = window.grace ? window.grace->milliseconds : std::max<int64_t>(0, standard_grace_ms - out.size_ms);
  out.retention_ms = window.retention ? window.retention->milliseconds : out.size_ms + out.grace_ms;
  if (out.retention_ms < out.size_ms + out.grace_ms) {
    if (window.grace || window.retention->milliseconds < out.size_ms)
      refuse(ErrorCode::query_invalid, window.retention->position,
             "RETENTION must be at least SIZE plus GRACE PERIOD: a window must be kept while it can change");
    out.grace_ms = out.retention_ms - out.size_ms;
  }
  return out;
}

}  // namespace millrace
