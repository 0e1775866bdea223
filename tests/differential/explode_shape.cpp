#include <fmt/format.h>

#include "tests/differential/expression.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

const std::vector<ColumnSpec> columns = {
    {"K", ValueType::text}, {"A", ValueType::list}, {"B", ValueType::list}, {"V", ValueType::integer}};

Value element(const Value& list, size_t i) {
  if (is_null(list)) return {};
  const auto& elements = std::get<List>(list);
  if (i >= elements.size() || !elements[i]) return {};
  return *elements[i];
}
size_t length(const Value& list) { return is_null(list) ? 0 : std::get<List>(list).size(); }

}  // namespace

QueryCase explode_shape(Random& random) {
  QueryCase out;
  out.topics = {{"S", false, 1, columns}};
  const bool two = random.chance(60);
  std::optional<Expression> where;
  if (random.chance(40)) where = random_expression(ValueType::boolean, columns, 2, random);
  out.statement = fmt::format("CREATE STREAM OUT AS SELECT K, V, EXPLODE(A) + V AS X{} FROM S{};",
                              two ? ", EXPLODE(B) AS Y" : "", where ? " WHERE " + where->sql : "");
  std::vector<std::string> names = {"V", "X"};
  if (two) names.emplace_back("Y");
  out.expected = [=](const Events& events) {
    Results results;
    for (const Event& event : events) {
      if (!event.has_value || (where && !passes(*where, event.columns))) continue;
      const auto& row = event.columns;
      for (size_t i = 0; i < std::max(length(row[1]), two ? length(row[2]) : 0); ++i) {
        const Value a = element(row[1], i);
        Values values = {row[3], is_null(a) || is_null(row[3]) ? Value() : Value(number(a) + number(row[3]))};
        if (two) values.push_back(element(row[2], i));
        results.push_back({event.time, {"K"}, {event.key()}, {}, names, values});
      }
    }
    return results;
  };
  out.events = random_events(out.topics, {}, random);
  return out;
}

}  // namespace millrace::differential
