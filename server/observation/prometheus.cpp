#include "server/observation/prometheus.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace millrace {

namespace {

constexpr double microseconds_per_second = 1e6;

struct Help {
  std::string_view name, text;
};

// What statistics count; a test holds that each has its line here.
constexpr Help helps[] = {
    {"audit_rows_lost", "Rows of SYS_AUDIT that could not be kept."},
    {"commit_duration", "How long the log took to commit finished steps."},
    {"http_connections", "Connections that clients hold open."},
    {"http_request_bytes", "Bytes that requests hold in memory, and rows until their commit."},
    {"live_bytes", "Bytes that results that are followed under /v1/live hold in memory."},
    {"live_queries", "SELECTs that are followed."},
    {"live_subscriptions", "Subscriptions under /v1/live."},
    {"queries", "Persistent queries."},
    {"query_lag_rows", "Records of a query's inputs that it has not read."},
    {"query_row_errors", "Expressions that failed; their rows went on with null."},
    {"query_rows_filtered", "Rows that a condition left out."},
    {"query_rows_in", "Rows that a query read."},
    {"query_rows_late", "Rows that came after their window had closed."},
    {"query_rows_out", "Rows that a query wrote."},
    {"query_rows_rejected", "Records that violate their source's schema."},
    {"query_rows_used", "Rows that took effect."},
    {"query_running", "1 while a query runs, 0 where it is paused or has failed."},
    {"query_state_bytes", "Memory of a query's state."},
    {"request_duration", "From the arrival of a request to the begin of its answer."},
    {"request_errors", "Requests that were answered with an error."},
    {"requests", "Statements and other requests, by what they are and what they are about."},
    {"resident_bytes", "Memory of the process."},
    {"state_bytes", "Memory of the state of all queries."},
    {"step_duration", "How long a step of a query computed."},
    {"stream_bytes_inserted", "Bytes of records that clients inserted."},
    {"stream_rows_inserted", "Rows that clients inserted."},
    {"stream_rows_lost", "Rows that were received, as clients asked, and could not be committed."},
    {"stream_rows_written", "Rows that queries wrote."},
    {"up_seconds", "Since the server began."},
};

std::string_view help_of(std::string_view name) {
  const auto found = std::find_if(std::begin(helps), std::end(helps), [&](const Help& h) { return h.name == name; });
  return found == std::end(helps) ? name : found->text;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += out.empty() ? "" : ",";
  out.append(name).append("=\"");
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string labels(const MetricName& name, std::string_view quantile = "") {
  std::string inner;
  append_label(inner, "operation", name.operation);
  append_label(inner, "object", name.object);
  append_label(inner, "quantile", quantile);
  return inner.empty() ? "" : "{" + inner + "}";
}

void append_timer(const Metric& metric, const std::string& name, std::string& out) {
  const Histogram::Summary& times = metric.times;
  const auto line = [&](const std::string& series, double value) {
    fmt::format_to(std::back_inserter(out), "{} {}\n", series, value);
  };
  const std::pair<std::string_view, double> quantiles[] = {
      {"0.5", times.p50}, {"0.95", times.p95}, {"0.99", times.p99}, {"0.999", times.p999}};
  for (const auto& [quantile, value] : quantiles)
    line(name + labels(metric.name, quantile), value / microseconds_per_second);
  line(name + "_sum" + labels(metric.name), times.sum / microseconds_per_second);
  line(name + "_count" + labels(metric.name), static_cast<double>(times.count));
}

}  // namespace

std::string prometheus_text(const std::vector<Metric>& metrics) {
  std::string out;
  std::string_view last;
  for (const Metric& metric : metrics) {
    const bool counter = metric.kind == MetricKind::counter;
    const bool timer = metric.kind == MetricKind::timer;
    const std::string name = fmt::format("millrace_{}{}", metric.name.name,
                                         counter ? "_total"
                                         : timer ? "_seconds"
                                                 : "");
    if (metric.name.name != last) {
      fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help_of(metric.name.name), name,
                     counter ? "counter"
                     : timer ? "summary"
                             : "gauge");
      last = metric.name.name;
    }
    if (timer) {
      append_timer(metric, name, out);
    } else {
      fmt::format_to(std::back_inserter(out), "{}{} {}\n", name, labels(metric.name), metric.value);
    }
  }
  return out;
}

}  // namespace millrace
