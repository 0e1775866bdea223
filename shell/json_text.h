// JSON as text: cells keep every digit that the server sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::shell {

// The elements of a JSON array, as they stand. The text must be valid JSON.
std::vector<std::string> split_array(std::string_view array);
// What a person reads: a string without its quotes and escapes, anything else as it stands.
std::string plain_text(std::string_view json);
// A text as a JSON string, with its quotes.
std::string json_string(std::string_view text);

// Takes the complete lines off the front of a text, without their ends and without empty ones; at its end also what is
// left.
std::vector<std::string> take_lines(std::string& text, bool ended);

}  // namespace millrace::shell
