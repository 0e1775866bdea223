#include "runtime/date_time.h"

#include <gtest/gtest.h>

#include <random>

namespace millrace {
namespace {

std::string timestamp_text(int64_t ms) {
  std::string text;
  append_timestamp(ms, text);
  return text;
}
std::string date_text(int32_t days) {
  std::string text;
  append_date(days, text);
  return text;
}
std::string time_text(int32_t ms) {
  std::string text;
  append_time(ms, text);
  return text;
}

TEST(DateTime, Prints) {
  EXPECT_EQ(timestamp_text(0), "1970-01-01T00:00:00.000");
  EXPECT_EQ(timestamp_text(-1), "1969-12-31T23:59:59.999");
  EXPECT_EQ(timestamp_text(1651182287943), "2022-04-28T21:44:47.943");
  EXPECT_EQ(timestamp_text(-62135596800001), "0000-12-31T23:59:59.999");
  EXPECT_EQ(date_text(-1), "1969-12-31");
  EXPECT_EQ(date_text(19782), "2024-02-29");
  EXPECT_EQ(time_text(0), "00:00:00");
  EXPECT_EQ(time_text(4000), "00:00:04");
  EXPECT_EQ(time_text(86399999), "23:59:59.999");
}

TEST(DateTime, ReadsTimestamps) {
  EXPECT_EQ(parse_timestamp("2022-04-28T21:44:47.943"), 1651182287943);
  EXPECT_EQ(parse_timestamp("2022-04-28T21:44:47.943Z"), 1651182287943);
  EXPECT_EQ(parse_timestamp("2022-04-28T21:44:47.943+0100"), 1651182287943 - 3'600'000);
  EXPECT_EQ(parse_timestamp("2022-04-28T21:44:47.943-04:45"), 1651182287943 + 285 * 60'000);
  EXPECT_EQ(parse_timestamp("2022-04-28T21:44:47.9"), 1651182287900);
  EXPECT_EQ(parse_timestamp("2022-04-28T21:44:47.943999999"), 1651182287943);
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:01"), 1000);
  EXPECT_EQ(parse_timestamp("1970-01-01T00:01"), 60'000);
  EXPECT_EQ(parse_timestamp("1970-01-01T01"), 3'600'000);
  EXPECT_EQ(parse_timestamp("1970-01-02T"), 86'400'000);
  EXPECT_EQ(parse_timestamp("1970-02"), 31 * milliseconds_per_day);
  EXPECT_EQ(parse_timestamp("2018"), 1514764800000);
  for (const char* text :
       {"", "foo", "1970-13-01", "1970-02-29", "1970-01-01T24:00", "1970-01-01T00:60", "1970-01-01X",
        "1970-01-01T00:00:00.", "1970-01-01T00:00:00+1", "1970-01-01T00:00:00 Z", "1970-01-01T00:00:00+19:00"})
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
}

TEST(DateTime, ReadsDatesAndTimes) {
  EXPECT_EQ(parse_date("1970-01-10"), 9);
  EXPECT_EQ(parse_date("1970-01"), 0);
  EXPECT_EQ(parse_date("1969-12-31"), -1);
  EXPECT_EQ(parse_date("2000-02-29"), 11016);
  EXPECT_EQ(parse_date("1900-02-29"), std::nullopt);
  EXPECT_EQ(parse_date("1970-01-10T"), std::nullopt);
  EXPECT_EQ(parse_time("00:00:00.010"), 10);
  EXPECT_EQ(parse_time("23:59"), 86'340'000);
  EXPECT_EQ(parse_time("23"), std::nullopt);
  EXPECT_EQ(parse_time("24:00:00"), std::nullopt);
}

TEST(DateTime, RoundTrips) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    // Years 1 to 9999.
    const int64_t ms = static_cast<int64_t>(random() % 315'537'897'600'000) - 62'135'596'800'000;
    ASSERT_EQ(parse_timestamp(timestamp_text(ms)), ms);
    const auto days = static_cast<int32_t>(day_of(ms));
    ASSERT_EQ(parse_date(date_text(days)), days);
    ASSERT_EQ(days_from_civil(civil_from_days(days)), days);
    const auto time = static_cast<int32_t>(random() % milliseconds_per_day);
    ASSERT_EQ(parse_time(time_text(time)), time);
  }
}

}  // namespace
}  // namespace millrace
