// Streams, tables, types and queries by name. Rebuilt at the start by replaying the statements topic.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/source.h"

namespace millrace {

struct SourceDefinition {
  std::shared_ptr<const Source> source;
  std::string statement;          // the text that made it
  std::string window_type;        // "TUMBLING", or empty
  std::string maker;              // id of the query that it was made with, or empty
  bool system = false;            // SYS_…: read-only, not made by a statement
  bool read_only = false;         // CREATE SOURCE: its topic belongs to others
  std::set<std::string> readers;  // ids of the queries that read it
  std::set<std::string> writers;  // ids of the queries that write it
};

// Not synchronised: the engine changes it between statements only.
class Catalog {
 public:
  using Sources = std::map<std::string, SourceDefinition, std::less<>>;
  using Types = std::map<std::string, Type, std::less<>>;

  const Sources& sources() const { return sources_; }
  const SourceDefinition* find(std::string_view name) const;
  SourceDefinition* find(std::string_view name);
  void add(SourceDefinition definition);
  void remove(std::string_view name);
  // ` (did you mean X?)` for the source whose name is most like this one, or nothing.
  std::string did_you_mean(std::string_view name) const;

  const Types& types() const { return types_; }
  void add_type(std::string name, Type type) { types_.insert_or_assign(std::move(name), std::move(type)); }
  bool remove_type(std::string_view name);

 private:
  Sources sources_;
  Types types_;
};

}  // namespace millrace
