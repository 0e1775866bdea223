#include "tests/backlog/flights.h"

#include <array>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace millrace::testing {

namespace {

template <class Number>
Number number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error("not a number: " + std::string(text));
  return value;
}

}  // namespace

std::vector<Flight> read_flights(const std::string& path) {
  std::ifstream file(path);
  std::vector<Flight> flights;
  for (std::string line; std::getline(file, line);) {
    std::array<std::string_view, 5> cells;
    std::string_view rest = line;
    for (std::string_view& cell : cells) {
      const size_t comma = std::min(rest.find(','), rest.size());
      cell = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    flights.push_back({number<int64_t>(cells[0]), std::string(cells[1]), std::string(cells[2]),
                       number<int32_t>(cells[3]), number<int32_t>(cells[4])});
  }
  if (flights.empty()) throw std::runtime_error("no flights in " + path);
  return flights;
}

}  // namespace millrace::testing
