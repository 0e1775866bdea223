#include "runtime/date_time_pattern.h"

#include <gtest/gtest.h>

#include <random>

#include "runtime/date_time.h"
#include "runtime/error.h"

namespace millrace {
namespace {

std::optional<int64_t> parse(std::string_view pattern, std::string_view text, std::string_view zone = "UTC") {
  return DateTimePattern(pattern).parse_timestamp(text, *TimeZone::find(zone));
}

std::string format(std::string_view pattern, int64_t milliseconds, std::string_view zone = "UTC") {
  std::string text;
  DateTimePattern(pattern).format_timestamp(milliseconds, text, *TimeZone::find(zone));
  return text;
}

constexpr int64_t moment = 1526075913123;  // 2018-05-11T21:58:33.123Z, a Friday

TEST(DateTimePattern, ReadsTimestamps) {
  EXPECT_EQ(parse("yyyy-MM-dd'T'HH:mm:ssX", "2018-05-11T21:58:33Z"), 1526075913000);
  EXPECT_EQ(parse("yyyy-MM-dd'T'HH:mm:ssX", "2018-05-11t21:58:33z"), 1526075913000);
  EXPECT_EQ(parse("yyyy-MM-dd'T'HH:mm:ss.SX", "2019-08-27T13:31:09.2+0000"), 1566912669200);
  EXPECT_EQ(parse("yyyy-MM-dd HH:mm:ss.SSS", "2018-05-11 21:58:33.123"), moment);
  EXPECT_EQ(parse("yyyyMMddHHmmssSSS", "20180511215833123"), moment);
  EXPECT_EQ(parse("yyyy-MM-dd HH:mm:ss", "2018-05-11 14:58:33", "America/Los_Angeles"), 1526075913000);
  EXPECT_EQ(parse("yyyy-MM-dd HH:mm:ss zzz", "2018-05-11 14:58:33 PDT"), 1526075913000);
  EXPECT_EQ(parse("yyyy-MM-dd HH:mm:ss VV", "2018-05-11 23:58:33 Europe/Berlin"), 1526075913000);
  EXPECT_EQ(parse("yyyy-MM-dd HH:mmxxx", "2018-05-11 23:58+02:00"), 1526075880000);
  EXPECT_EQ(parse("d/M/yy h:mm a", "1/2/03 12:05 am"), 1044057900000);
  EXPECT_EQ(parse("EEE, dd MMM yyyy HH:mm:ss Z", "Fri, 11 May 2018 21:58:33 +0000"), 1526075913000);
  EXPECT_EQ(parse("EEE, dd MMM yyyy", "Mon, 11 May 2018"), std::nullopt);
  EXPECT_EQ(parse("yyyy-MM-dd[ HH:mm[:ss]]", "2018-05-11"), 1525996800000);
  EXPECT_EQ(parse("yyyy-MM-dd[ HH:mm[:ss]]", "2018-05-11 21:58"), 1526075880000);
  EXPECT_EQ(parse("yyyy-MM-dd[ HH:mm[:ss]]", "2018-05-11 21:58:33"), 1526075913000);
  EXPECT_EQ(parse("yyyy-DDD", "2018-131"), 1525996800000);
  EXPECT_EQ(parse("HH", "05"), 5 * 3'600'000);
  EXPECT_EQ(parse("yyyy-MM-dd", "2018-02-31"), parse("yyyy-MM-dd", "2018-02-28"));
  EXPECT_EQ(parse("yyyy 'o''clock' ''", "2018 O'CLOCK '"), 1514764800000);
  for (const char* text :
       {"", "2018-05-11", "2018-05-11T21:58:33", "2018-13-11T21:58:33Z", "2018-05-32T21:58:33Z", "2018-05-11T24:58:33Z",
        "2018-5-11T21:58:33Z", "12018-05-11T21:58:33Z", "2018-05-11T21:58:33Zx"})
    EXPECT_EQ(parse("yyyy-MM-dd'T'HH:mm:ssX", text), std::nullopt) << text;
}

TEST(DateTimePattern, ReadsDatesAndTimes) {
  EXPECT_EQ(DateTimePattern("dd-MMM-yyyy").parse_date("01-JAN-2022"), 18993);
  EXPECT_EQ(DateTimePattern("MMM-yyyy").parse_date("JAN-2022"), 18993);
  EXPECT_EQ(DateTimePattern("yyyy-MM-dd'Lit'").parse_date("2018-05-11Lit"), 17662);
  EXPECT_EQ(DateTimePattern("hh:mm:ss a").parse_time("01:00:00 Pm"), 46800000);
  EXPECT_EQ(DateTimePattern("HH/mm/ss").parse_time("11/05/19"), 39919000);
  EXPECT_EQ(DateTimePattern("HHmmss").parse_time("240000"), std::nullopt);
}

TEST(DateTimePattern, Prints) {
  EXPECT_EQ(format("yyyy-MM-dd'T'HH:mm:ss.SSSX", moment), "2018-05-11T21:58:33.123Z");
  EXPECT_EQ(format("yyyy-MM-dd HH:mm:ss zzz", 1526075913000, "America/Los_Angeles"), "2018-05-11 14:58:33 PDT");
  EXPECT_EQ(format("yy/M/d h:m:s a E EEEE MMM MMMM D k K", moment), "18/5/11 9:58:33 PM Fri Friday May May 131 21 9");
  EXPECT_EQ(format("S SS SSSSSS A n", moment), "1 12 123000 79113123 123000000");
  EXPECT_EQ(format("X XX XXX x xx xxx Z ZZZZ ZZZZZ O", moment, "+05:30"),
            "+0530 +0530 +05:30 +0530 +0530 +05:30 +0530 GMT+0530 +05:30 GMT+05:30");
  EXPECT_EQ(format("X XX XXX x xx xxx Z O z VV", moment), "Z Z Z +00 +0000 +00:00 +0000 GMT UTC UTC");
  EXPECT_EQ(format("X", moment, "+05:00"), "+05");
  EXPECT_EQ(format("yyyy-MM-dd HH:mm:ss.SSS", -1), "1969-12-31 23:59:59.999");
  std::string text;
  DateTimePattern("dd-MM-yyyy'Sophia'").format_date(-1, text);
  DateTimePattern("'|'HH_mm_ss_SSS").format_time(65000, text);
  EXPECT_EQ(text, "31-12-1969Sophia|00_01_05_000");
}

TEST(DateTimePattern, SaysWhatIsWrongWithAPattern) {
  const auto problem = [](std::string_view pattern) {
    std::string why;
    return DateTimePattern::compile(pattern, why) ? "none" : why;
  };
  EXPECT_EQ(problem("yyyy-q"), "invalid date or time pattern 'yyyy-q': the letter 'q' is not known");
  EXPECT_EQ(problem("'a"), "invalid date or time pattern ''a': a quote is not closed");
  EXPECT_EQ(problem("[yyyy"), "invalid date or time pattern '[yyyy': '[' is not closed");
  EXPECT_EQ(problem("yyyy]"), "invalid date or time pattern 'yyyy]': ']' without '['");
  EXPECT_EQ(problem("HHH"), "invalid date or time pattern 'HHH': too many letters 'H'");
  EXPECT_EQ(problem("{}"), "invalid date or time pattern '{}': '{' is reserved");
  EXPECT_EQ(problem(""), "none");
  EXPECT_THROW(DateTimePattern("'"), Error);
}

TEST(DateTimePattern, RoundTripsInEveryZone) {
  std::mt19937_64 random(5);
  const DateTimePattern pattern("yyyy-MM-dd'T'HH:mm:ss.SSSxx");
  for (const char* name : {"UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "+14:00", "-03:30"}) {
    const TimeZone zone = *TimeZone::find(name);
    for (int i = 0; i < 500; ++i) {
      const auto ms = static_cast<int64_t>(random() % 4'000'000'000'000);
      std::string text;
      pattern.format_timestamp(ms, text, zone);
      ASSERT_EQ(pattern.parse_timestamp(text), ms) << text;
    }
  }
}

TEST(TimeZone, FindsNamesOnly) {
  for (const char* name : {"", "Berlin", "europe/berlin", "../etc/passwd", "UTC+25", "+1:00", "GMT+"})
    EXPECT_FALSE(TimeZone::find(name)) << name;
  EXPECT_EQ(TimeZone::find("GMT-5")->offset_at(0), -5 * 3'600'000);
  EXPECT_EQ(TimeZone::find("EST")->name(), "America/New_York");
}

TEST(TimeZone, GapsAndOverlaps) {
  const TimeZone berlin = *TimeZone::find("Europe/Berlin");
  const auto local = [](std::string_view text) { return *parse_timestamp(text); };
  EXPECT_EQ(berlin.to_utc(local("2022-03-27T02:30")), local("2022-03-27T01:30"));  // as if it were winter still
  EXPECT_EQ(berlin.to_utc(local("2022-10-30T02:30")), local("2022-10-30T00:30"));  // the first of the two
}

}  // namespace
}  // namespace millrace
