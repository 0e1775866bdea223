#include "planner/function_hint.h"

#include <fmt/format.h>

#include "runtime/nearest_name.h"

namespace millrace {

namespace {

constexpr FunctionElsewhere clock = {
    "NOW CURRENT_TIMESTAMP CURRENT_DATE CURRENT_TIME LOCALTIME LOCALTIMESTAMP GETDATE SYSDATE",
    "FROM_UNIXTIME(ROWTIME)", "the time of the row, for a query has no clock"};

constexpr FunctionElsewhere elsewhere[] = {
    clock,
    // text
    {"LOWER TOLOWER", "LCASE(text)", ""},
    {"UPPER TOUPPER", "UCASE(text)", ""},
    {"LENGTH CHAR_LENGTH CHARACTER_LENGTH STRLEN OCTET_LENGTH", "LEN(text)", ""},
    {"SUBSTR MID", "SUBSTRING(text, position, length)", ""},
    {"LTRIM RTRIM STRIP", "TRIM(text)", "it takes the spaces at both ends away"},
    {"STRPOS POSITION LOCATE CHARINDEX INDEXOF", "INSTR(text, part)", ""},
    {"CONTAINS", "INSTR(text, part) > 0", ""},
    {"STARTSWITH STARTS_WITH", "text LIKE 'begin%'", ""},
    {"ENDSWITH ENDS_WITH", "text LIKE '%end'", ""},
    {"SPLIT_PART SUBSTRING_INDEX", "SPLIT(text, delimiter)[1]", ""},
    {"STRING_SPLIT STRING_TO_ARRAY", "SPLIT(text, delimiter)", ""},
    // nulls and choices
    {"NVL ISNULL", "IFNULL(value, other)", ""},
    {"IF IIF NVL2", "CASE WHEN condition THEN a ELSE b END", ""},
    {"DECODE", "CASE a WHEN 1 THEN b ELSE c END", ""},
    {"GREATEST", "CASE WHEN a > b THEN a ELSE b END", ""},
    {"LEAST", "CASE WHEN a < b THEN a ELSE b END", ""},
    {"TO_NUMBER", "CAST(text AS DOUBLE)", ""},
    {"TO_STRING STR", "CAST(value AS STRING)", ""},
    // numbers
    {"CEILING", "CEIL(number)", ""},
    {"POW", "POWER(number, exponent)", ""},
    {"MOD", "a % b", ""},
    // times
    {"TO_TIMESTAMP", "PARSE_TIMESTAMP(text, 'yyyy-MM-dd HH:mm:ss')", ""},
    {"TO_DATE STR_TO_DATE", "PARSE_DATE(text, 'yyyy-MM-dd')", ""},
    {"TO_CHAR DATE_FORMAT STRFTIME", "FORMAT_TIMESTAMP(time, 'yyyy-MM-dd HH:mm:ss')", ""},
    {"STRINGTOTIMESTAMP", "UNIX_TIMESTAMP(PARSE_TIMESTAMP(text, 'yyyy-MM-dd HH:mm:ss'))", ""},
    {"TIMESTAMPTOSTRING", "FORMAT_TIMESTAMP(FROM_UNIXTIME(milliseconds), 'yyyy-MM-dd HH:mm:ss')", ""},
    {"STRINGTODATE", "UNIX_DATE(PARSE_DATE(text, 'yyyy-MM-dd'))", ""},
    {"DATETOSTRING", "FORMAT_DATE(FROM_DAYS(days), 'yyyy-MM-dd')", ""},
    {"DATE_TRUNC", "FROM_UNIXTIME(UNIX_TIMESTAMP(time) / 3600000 * 3600000)",
     "that is the hour; WINDOW TUMBLING (SIZE 1 HOUR) groups rows by it"},
    {"YEAR DATE_PART", "CAST(FORMAT_TIMESTAMP(time, 'yyyy') AS INT)", ""},
    {"MONTH", "CAST(FORMAT_TIMESTAMP(time, 'M') AS INT)", ""},
    {"DAY DAYOFMONTH", "CAST(FORMAT_TIMESTAMP(time, 'd') AS INT)", ""},
    {"HOUR", "CAST(FORMAT_TIMESTAMP(time, 'H') AS INT)", ""},
    {"MINUTE", "CAST(FORMAT_TIMESTAMP(time, 'm') AS INT)", ""},
    {"DATEADD DATE_ADD", "TIMESTAMPADD(DAYS, 1, time)", ""},
    {"DATESUB DATE_SUB", "TIMESTAMPSUB(DAYS, 1, time)", ""},
    {"DATEDIFF DATE_DIFF TIMESTAMPDIFF TIMEDIFF", "UNIX_TIMESTAMP(later) - UNIX_TIMESTAMP(earlier)",
     "those are milliseconds"},
    // aggregates
    {"AVERAGE MEAN", "AVG(column)", ""},
    {"COUNT_IF COUNTIF", "SUM(CASE WHEN condition THEN 1 ELSE 0 END)", ""},
    {"APPROX_COUNT_DISTINCT APPROX_DISTINCT", "COUNT_DISTINCT(column)", ""},
    {"STRING_AGG LISTAGG GROUP_CONCAT ARRAY_AGG", "COLLECT_LIST(column)", "it gives an ARRAY"},
    {"STDDEV STDEV", "STDDEV_SAMPLE(column)", ""},
    {"CORR", "CORRELATION(a, b)", ""},
    {"MEDIAN PERCENTILE PERCENTILE_CONT PERCENTILE_DISC APPROX_PERCENTILE QUANTILE", "COLLECT_LIST(column)",
     "sort the ARRAY that it gives where it is shown"},
    {"FIRST_VALUE FIRST", "EARLIEST_BY_OFFSET(column)", ""},
    {"LAST_VALUE LAST ANY_VALUE", "LATEST_BY_OFFSET(column)", ""},
    {"LAG", "LATEST_BY_OFFSET(column, 2)[1]", "with GROUP BY it is the value before the last one"},
    {"ROW_NUMBER RANK DENSE_RANK", "TOPK(column, 3)", "with GROUP BY it keeps the greatest of each group"},
    {"UNNEST FLATTEN", "EXPLODE(array)", ""},
    // what is said in a clause
    {"TUMBLE", "WINDOW TUMBLING (SIZE 1 HOUR)", "it stands before GROUP BY"},
    {"HOP", "WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 1 MINUTE)", "it stands before GROUP BY"},
    {"SESSION", "WINDOW SESSION (5 MINUTES)", "it stands before GROUP BY"},
    {"TUMBLE_START HOP_START SESSION_START WINDOW_START", "WINDOWSTART", ""},
    {"TUMBLE_END HOP_END SESSION_END WINDOW_END", "WINDOWEND", ""},
    {"ROLLUP CUBE", "", "write a query for each list of columns to group by"},
};

bool has_name(const FunctionElsewhere& function, std::string_view name) {
  for (std::string_view names = function.names; !names.empty();) {
    const size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

std::string told(const FunctionElsewhere& function) {
  std::string text = function.write.empty() ? "" : fmt::format(": write {}", function.write);
  if (!function.remark.empty()) text += fmt::format("{}{}", text.empty() ? ": " : "; ", function.remark);
  return text;
}

}  // namespace

std::span<const FunctionElsewhere> functions_elsewhere() { return elsewhere; }

std::string function_hint(std::string_view name, const FunctionRegistry& functions,
                          const AggregateRegistry& aggregates) {
  for (const FunctionElsewhere& function : elsewhere)
    if (has_name(function, name)) return told(function);
  std::vector<std::string> names;
  for (const auto& [known, entry] : functions.all()) names.push_back(known);
  for (const auto& [known, entry] : aggregates.all()) names.push_back(known);
  return did_you_mean(name, names);
}

void refuse_unknown_function(const syntax::Expression& call, const PlanContext& context) {
  refuse(ErrorCode::function_unknown, call.position,
         fmt::format("there is no function {}{}", call.text,
                     function_hint(call.text, context.functions, context.aggregates)));
}

std::string clock_hint(std::string_view name) { return has_name(clock, name) ? told(clock) : ""; }

}  // namespace millrace
