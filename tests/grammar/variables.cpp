// ${name} and DEFINE.
#include "tests/grammar/parse.h"

namespace millrace::syntax {
namespace {

using Variables = std::map<std::string, std::string>;

Statement with(const std::string& text, const Variables& variables) {
  auto parsed = parse_statements(text, {}, variables);
  if (auto* error = std::get_if<SyntaxError>(&parsed)) {
    ADD_FAILURE() << at(*error) << " " << error->message;
    return {};
  }
  return std::move(std::get<0>(parsed).back());
}

TEST(Variables, StandForNamesNumbersAndText) {
  Statement made = with("CREATE STREAM ${s} (a INT) WITH (kafka_topic='${t}_1', partitions=${n}, format=${f});",
                        {{"S", "flights"}, {"t", "it's"}, {"N", "4"}, {"F", "'json'"}});
  auto& create = std::get<CreateSource>(made.body);
  EXPECT_EQ(create.name.text, "FLIGHTS");
  EXPECT_EQ(create.properties.at(0).value->text, "it's_1");
  EXPECT_EQ(create.properties.at(1).value->text, "4");
  EXPECT_EQ(create.properties.at(2).value->text, "json");
  EXPECT_EQ(made.text, "CREATE STREAM flights (a INT) WITH (kafka_topic='it''s_1', partitions=4, format='json')");
}

TEST(Variables, AreDefinedInTheTextAsItGoes) {
  EXPECT_EQ(std::get<Drop>(with("DEFINE x = 'a'; -- ; '\n define x='b' ; DROP STREAM ${x};", {}).body).name.text, "B");
  SyntaxError error = error_of("DEFINE x = 'a';\nUNDEFINE x;\n  DROP STREAM ${x};");
  EXPECT_EQ(error.kind, SyntaxError::Kind::undefined_variable);
  EXPECT_EQ(at(error), "3:15");
  EXPECT_EQ(error.token, "${x}");
}

TEST(Variables, UnknownOnesAreRefused) {
  EXPECT_EQ(error_of("SELECT '${y}' FROM t", {{"x", "1"}}).kind, SyntaxError::Kind::undefined_variable);
  EXPECT_EQ(parse_one<Drop>("DROP STREAM s -- ${y}").name.text, "S");
  EXPECT_EQ(parse_one<Drop>("/* ${y} */ DROP STREAM s").name.text, "S");
}

TEST(Variables, CanBeEscaped) {
  EXPECT_EQ(std::get<RunScript>(with("RUN SCRIPT '$${x}${x}$'", {{"x", "1"}}).body).path, "${x}1$");
}

TEST(Variables, NeverAddMoreThanOneToken) {
  for (const char* value : {"a; DROP STREAM b", "a b", "'x' OR 'y'", "", "-- a", "a)", "''x'", "--1"}) {
    EXPECT_EQ(error_of("DROP STREAM ${v}", {{"v", value}}).kind, SyntaxError::Kind::invalid) << value;
  }
  EXPECT_EQ(std::get<Drop>(with("DROP STREAM `${v}`", {{"v", "a` b"}}).body).name.text, "a` b");
  EXPECT_EQ(std::get<InsertValues>(with("INSERT INTO s VALUES (${v})", {{"v", "-1.5"}}).body).values[0]->text, "-1.5");
}

TEST(Variables, PositionsAreThoseOfTheAuthorsText) {
  SyntaxError error = error_of("SELECT ${long} + ${long}, FROM t", {{"long", "a_very_long_name"}});
  EXPECT_EQ(at(error), "1:27");
  EXPECT_EQ(error.token, "FROM");
  EXPECT_EQ(at(error_of("SELECT a FROM t WHERE ${v} x", {{"v", "12345678"}})), "1:28");
  EXPECT_EQ(at(error_of("DROP ${v}", {{"v", "x"}})), "1:6");
}

TEST(Variables, CannotGrowTheTextBeyondTheLimit) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "'${v}'";
  EXPECT_EQ(error_of(text, {{"v", std::string(10'000, 'x')}}).kind, SyntaxError::Kind::too_large);
}

}  // namespace
}  // namespace millrace::syntax
