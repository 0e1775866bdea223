#include "runtime/state/value_list.h"

#include <algorithm>

namespace millrace {

namespace {

void append(std::string_view element, std::string& list) {
  const auto size = static_cast<uint32_t>(element.size());
  list.append(reinterpret_cast<const char*>(&size), sizeof size);
  list.append(element);
}

}  // namespace

std::vector<std::string_view> list_elements(std::string_view list) {
  std::vector<std::string_view> elements;
  StateReader reader(list);
  while (!reader.at_end()) elements.push_back(reader.text());
  return elements;
}

void append_element(StateColumn& lists, uint32_t entry, std::string_view element) {
  std::string& list = lists.text(entry);
  const size_t before = list.size();
  append(element, list);
  lists.account_text(before, list.size());
}

void set_list(StateColumn& lists, uint32_t entry, const std::vector<std::string_view>& elements) {
  std::string list;
  for (const std::string_view element : elements) append(element, list);
  lists.account_text(lists.text(entry).size(), list.size());
  lists.text(entry) = std::move(list);
}

ColumnPtr read_lists(const StateColumn& lists, std::span<const uint32_t> entries, const Type& type) {
  auto out = std::make_shared<Column>(type, 0);
  for (const uint32_t entry : entries) {
    for (const std::string_view element : list_elements(lists.text(entry))) {
      StateReader bytes(element);
      read_value_bytes(bytes, out->child(0));
    }
    out->append_nested();
  }
  return out;
}

void count_value(StateColumn& lists, uint32_t entry, std::string_view value, int64_t times, size_t values_max) {
  std::vector<std::string_view> elements = list_elements(lists.text(entry));
  const auto at = std::lower_bound(elements.begin(), elements.end(), value, [](std::string_view element, auto wanted) {
    return counted_value(element) < wanted;
  });
  const bool known = at != elements.end() && counted_value(*at) == value;
  if (known) times += counted_times(*at);
  std::string element(reinterpret_cast<const char*>(&times), sizeof times);
  element.append(value);
  if (!known) {
    if (times <= 0 || elements.size() >= values_max) return;
    elements.insert(at, element);
  } else if (times > 0) {
    *at = element;
  } else {
    elements.erase(at);
  }
  set_list(lists, entry, elements);
}

}  // namespace millrace
