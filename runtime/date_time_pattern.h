// Patterns of dates and times as Java's DateTimeFormatter has them: yyyy-MM-dd'T'HH:mm:ss.SSSX
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/time_zone.h"

namespace millrace {

// Compiled once, then safe to use from any thread.
//
// Letters: y u (year; yy is 2000 to 2099), M L (month: 1, 01, Jan, January), d, D (day of the year), E (day of the
// week: Mon, Monday), H k K h (hours), a (AM, PM), m, s, S (fraction of a second, as many digits as letters), A
// (milliseconds of the day), G (era), X x Z O (offset), z V (zone). Text in '' is itself, '' is a quote, [ ] enclose
// what may be missing.
//
// Texts are read without regard to case. What a pattern does not say is 1970, January, the first, midnight. A day
// beyond its month's end is the month's last, as Java has it.
class DateTimePattern {
 public:
  // Throws Error with value_invalid where the pattern is none.
  explicit DateTimePattern(std::string_view pattern);
  // Nothing, and why, where the pattern is none.
  static std::optional<DateTimePattern> compile(std::string_view pattern, std::string& problem);

  // A zone or an offset in the text comes before `zone`.
  std::optional<int64_t> parse_timestamp(std::string_view text, const TimeZone& zone = {}) const;
  // As the base language: text after the date is no mistake.
  std::optional<int32_t> parse_date(std::string_view text) const;
  std::optional<int32_t> parse_time(std::string_view text) const;

  void format_timestamp(int64_t milliseconds, std::string& out, const TimeZone& zone = {}) const;
  void format_date(int32_t days, std::string& out) const;
  void format_time(int32_t milliseconds, std::string& out) const;

 private:
  DateTimePattern() = default;

  enum class Kind : uint8_t { literal, number, fraction, text, offset, zone, optional_begin, optional_end };
  struct Token {
    Kind kind = Kind::literal;
    char letter = 0;
    int count = 0;
    std::string literal = {};
    int reserved = 0;  // number: digits of the fixed numbers that follow directly
    size_t end = 0;    // optional_begin: where its optional_end is
  };
  struct Parsed;
  struct Moment;

  bool compile_tokens(std::string_view pattern, std::string& problem);
  bool add_letters(char letter, int count, std::string& problem);
  void close_numbers();
  bool parse(std::string_view text, Parsed& parsed) const;
  bool parse_tokens(size_t begin, size_t end, std::string_view& text, Parsed& parsed) const;
  static bool parse_token(const Token& token, std::string_view& text, Parsed& parsed);
  static bool parse_number(const Token& token, std::string_view& text, Parsed& parsed);
  static bool parse_fraction(const Token& token, std::string_view& text, Parsed& parsed);
  static bool parse_text(const Token& token, std::string_view& text, Parsed& parsed);
  void format(const Moment& moment, std::string& out) const;
  static void format_number(const Token& token, const Moment& moment, std::string& out);
  static void format_text(const Token& token, const Moment& moment, std::string& out);
  static void format_offset(const Token& token, int64_t offset_ms, std::string& out);

  std::vector<Token> tokens_;
};

}  // namespace millrace
