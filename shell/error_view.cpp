#include "shell/error_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "shell/row_printer.h"

namespace millrace::shell {
namespace {

// The bytes of the character there.
size_t character_bytes(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80) ++end;
  return end - at;
}

std::string_view line_of(std::string_view text, int line) {
  for (int i = 1; i < line && text.find('\n') != std::string_view::npos; ++i) text.remove_prefix(text.find('\n') + 1);
  return text.substr(0, text.find('\n'));
}

// How much of the front of a line goes, so that what is left before the place is no wider than `room`.
size_t bytes_to_leave(std::string_view before, size_t room) {
  size_t width = display_width(before);
  size_t at = 0;
  while (width > room && at < before.size()) {
    const size_t bytes = character_bytes(before, at);
    width -= display_width(before.substr(at, bytes));
    at += bytes;
  }
  return at;
}

std::string marked_place(std::string_view text, int line, int column, const Terminal& terminal) {
  std::string shown(line_of(text, line));
  size_t at = 0;
  for (int i = 1; i < column && at < shown.size(); ++i) at += character_bytes(shown, at);
  const size_t room = std::max<size_t>(terminal.width(), 20) - 4;
  if (terminal.present() && display_width(shown) > room) {
    std::replace(shown.begin(), shown.end(), '\t', ' ');
    const size_t left = bytes_to_leave(std::string_view(shown).substr(0, at), room * 2 / 3);
    shown = (left > 0 ? "…" : "") + cut(std::string_view(shown).substr(left), room);
    at = at - left + (left > 0 ? std::string_view("…").size() : 0);
  }
  // Tabs stay tabs, so that the caret stands where the place is whatever their width.
  std::string before = shown.substr(0, at);
  const std::string indent(static_cast<size_t>(std::count(before.begin(), before.end(), '\t')), '\t');
  std::erase(before, '\t');
  return fmt::format("  {}\n  {}{}{}\n", shown, indent, std::string(display_width(before), ' '), terminal.red("^"));
}

}  // namespace

std::string error_text(std::string_view error, const StatementText& statement, std::string_view source,
                       const Terminal& terminal) {
  const auto body = nlohmann::ordered_json::parse(error, nullptr, false);
  if (!body.is_object() || !body.contains("message") || !body["message"].is_string()) {
    return fmt::format("{} the server answers: {}\n", terminal.red("error:"), printable_lines(error));
  }
  const auto number = [&](const char* name) {
    return body.contains(name) && body[name].is_number() ? body[name].get<int>() : 0;
  };
  const int line = number("line");
  const int column = number("column");
  std::string out = source.empty() ? "" : fmt::format("{}:{}: ", source, statement.line + std::max(line, 1) - 1);
  out.append(terminal.red("error:")).append(" ");
  out.append(printable_lines(body["message"].get<std::string>())).append("\n");
  return line >= 1 && column >= 1 ? out + marked_place(statement.text, line, column, terminal) : out;
}

}  // namespace millrace::shell
