#include "server/http/route_table.h"

#include <cstdio>
#include <cstdlib>
#include <set>

namespace millrace {
namespace {

using Parameters = std::map<std::string, std::string, std::less<>>;

// The segment at the front, without its slash; `path` is left with what follows.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, Parameters& parameters) {
  if (pattern == path) return true;
  if (pattern.find('{') == std::string_view::npos) return false;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    if (expected.starts_with('{')) {
      if (segment.empty()) return false;
      parameters.insert_or_assign(std::string(expected.substr(1, expected.size() - 2)), std::string(segment));
    } else if (expected != segment) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

RouteTable::RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;
RouteTable::~RouteTable() = default;

void RouteTable::add(Route route) {
  for (const auto& other : routes_) {
    if (other->method == route.method && other->pattern == route.pattern) {
      std::fprintf(stderr, "two routes for %s %s\n", route.method.c_str(), route.pattern.c_str());
      std::abort();
    }
  }
  routes_.push_back(std::make_unique<Route>(std::move(route)));
}

std::variant<const Route*, HttpError> RouteTable::find(Request& request) const {
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  std::set<std::string_view> allowed;
  for (const auto& route : routes_) {
    Parameters parameters;
    if (!matches(route->pattern, request.path, parameters)) continue;
    if (route->method == method) {
      request.parameters = std::move(parameters);
      return route.get();
    }
    allowed.insert(route->method);
    if (route->method == "GET") allowed.insert("HEAD");
  }
  if (allowed.empty() && others_) return *others_;
  if (allowed.empty()) return HttpError{404, 40400, "there is nothing at " + request.path};
  std::string list;
  for (const std::string_view each : allowed) list.append(list.empty() ? "" : ", ").append(each);
  return HttpError{405, 40500, request.path + " takes " + list + ", not " + request.method, {{"Allow", list}}};
}

}  // namespace millrace
