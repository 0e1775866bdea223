// GET /metrics: the server's numbers, as Prometheus reads them, or as JSON.
#include <nlohmann/json.hpp>

#include "server/error_answer.h"
#include "server/observation/observation.h"
#include "server/observation/prometheus.h"
#include "server/route_registry.h"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

Json metric_json(const Metric& metric) {
  Json json = {{"name", metric.name.name}, {"kind", metric_kind_name(metric.kind)}};
  if (!metric.name.operation.empty()) json["operation"] = metric.name.operation;
  if (!metric.name.object.empty()) json["object"] = metric.name.object;
  if (metric.kind == MetricKind::timer) {
    const Histogram::Summary& times = metric.times;
    json.update({{"unit", "microseconds"},
                 {"count", times.count},
                 {"min", times.min},
                 {"max", times.max},
                 {"mean", times.mean},
                 {"stddev", times.deviation},
                 {"p50", times.p50},
                 {"p75", times.p75},
                 {"p95", times.p95},
                 {"p98", times.p98},
                 {"p99", times.p99},
                 {"p999", times.p999}});
  } else {
    json["value"] = metric.value;
  }
  if (metric.kind != MetricKind::gauge)
    json["rates"] = {{"mean", metric.rate_mean}, {"1m", metric.rate_1}, {"5m", metric.rate_5}, {"15m", metric.rate_15}};
  return json;
}

void answer(Engine& engine, const Request& request, ResponseStream& response) {
  engine.observation().gather();
  const std::vector<Metric> metrics = engine.observation().statistics().metrics();
  if (request.headers.get("Accept").find("application/json") == std::string_view::npos)
    return response.reply(200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                          prometheus_text(metrics));
  Json all = Json::array();
  for (const Metric& metric : metrics) all.push_back(metric_json(metric));
  reply_json(response, 200, all);
}

}  // namespace

void register_metrics(RouteRegistry& registry) {
  registry.add({"GET", "/metrics", [&engine = registry.engine()](Request& request, const ResponseStreamPtr& response) {
                  answer(engine, request, *response);
                }});
}

}  // namespace millrace
