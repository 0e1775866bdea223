// What the routes of server/routes are made with: each of its files defines register_<file>(RouteRegistry&).
#pragma once

#include <string>

#include "server/engine.h"
#include "server/http/route_table.h"
#include "server/status_routes.h"

namespace millrace {

class LiveHub;

class RouteRegistry {
 public:
  RouteRegistry(Engine& engine, LiveHub& live, ServerIdentity identity, size_t insert_row_bytes_max)
      : engine_(engine), live_(live), identity_(std::move(identity)), insert_row_bytes_max_(insert_row_bytes_max) {}

  // `operation`: requests of this route are accounted for, as this as long as nothing better is known of them. Empty:
  // they are not.
  void add(Route route, std::string operation = "");
  RouteTable take() { return std::move(table_); }

  // Lives longer than any handler.
  Engine& engine() const { return engine_; }
  LiveHub& live() const { return live_; }
  const ServerIdentity& identity() const { return identity_; }
  // Of one row's text in an insert stream.
  size_t insert_row_bytes_max() const { return insert_row_bytes_max_; }

 private:
  Engine& engine_;
  LiveHub& live_;
  const ServerIdentity identity_;
  const size_t insert_row_bytes_max_;
  RouteTable table_;
};

void register_all_routes(RouteRegistry& registry);

}  // namespace millrace
