// Names and types of the columns of a stream, a table or a result. Immutable once made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/type.h"

namespace millrace {

struct Field {
  std::string name;
  Type type;
  bool key = false;  // lies in the record's key, not in its value
  bool operator==(const Field&) const = default;
};

class Schema {
 public:
  Schema() = default;
  explicit Schema(std::vector<Field> fields) : fields_(std::move(fields)) {}

  const std::vector<Field>& fields() const { return fields_; }
  size_t size() const { return fields_.size(); }
  const Field& operator[](size_t i) const { return fields_[i]; }
  std::optional<size_t> find(std::string_view name) const;
  // Indexes of the key fields and of the others, in order.
  std::vector<size_t> key_indexes() const;
  std::vector<size_t> value_indexes() const;
  // `A` INTEGER KEY, `B` STRING; without `keys`: `A` INTEGER, `B` STRING
  std::string to_string(bool keys = true) const;
  bool operator==(const Schema&) const = default;

 private:
  std::vector<Field> fields_;
};

}  // namespace millrace
