// Keys and values as text, in whatever format they seem to be.
#pragma once

#include "runtime/format.h"

namespace millrace {

// For reading only. Two fields, both STRING: the text, and the name of the format it was recognised as:
//   JSON           an object, an array or a string in quotes; the text as it is
//   KAFKA_STRING   other UTF-8 without control characters
//   KAFKA_INT, KAFKA_BIGINT, KAFKA_DOUBLE   4 or 8 bytes that are no text
//   BYTES          anything else, as 0x and hexadecimal digits
// A key of one of these that a window's start follows, or a session's end and start, is [key@start/end] and gets the
// prefix "WINDOWED ". Guesses: eight bytes may be a number of either kind.
const Format& recognised_format();

}  // namespace millrace
