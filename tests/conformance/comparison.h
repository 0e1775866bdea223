// Whether what came is what a case expects.
#pragma once

#include <string>

#include "tests/conformance/topic_format.h"

namespace millrace::conformance {

// Both empty: no difference.
struct Difference {
  std::string place;  // "value.A[2]"
  std::string text;   // "expected 1, got 2"
  explicit operator bool() const { return !place.empty(); }
};

// Key, value, and of timestamp, window and headers what `expected` gives. Doubles within 1e-6, integers exactly,
// decimals with their scale, members of objects by their name or that in upper case.
Difference compare_records(const TopicFormat& format, const CaseRecord& expected, const CaseRecord& got);

// Values of which no type is known: numbers with a point within 1e-6, others exactly.
Difference compare_values(const JsonValue& expected, const JsonValue& got);

// Schemas as text: names are upper-cased unless quoted, INT is INTEGER, VARCHAR STRING.
bool same_schema(std::string_view left, std::string_view right);

// A record in one line.
std::string record_text(const CaseRecord& record);

}  // namespace millrace::conformance
