// Precedence, literals, and every kind of expression.
#include "tests/grammar/parse.h"

namespace millrace::syntax {
namespace {

TEST(Expressions, Precedence) {
  EXPECT_EQ(shape("a + b * c - d"), "(- (+ A (* B C)) D)");
  EXPECT_EQ(shape("a - b - c"), "(- (- A B) C)");
  EXPECT_EQ(shape("a / b % c"), "(% (/ A B) C)");
  EXPECT_EQ(shape("(a + b) * c"), "(* (+ A B) C)");
  EXPECT_EQ(shape("a = 1 OR b = 2 AND NOT c = 3"), "(or (= A 1) (and (= B 2) (not (= C 3))))");
  EXPECT_EQ(shape("a + 1 < b * 2"), "(< (+ A 1) (* B 2))");
  EXPECT_EQ(shape("- a + b"), "(+ (- A) B)");
  EXPECT_EQ(shape("NOT a IS NULL"), "(not (is_null A))");
}

TEST(Expressions, ChainsOfLogicAreFlat) {
  EXPECT_EQ(shape("a AND b AND c"), "(and A B C)");
  EXPECT_EQ(shape("a OR b AND c OR d"), "(or A (and B C) D)");
  EXPECT_EQ(shape("(a AND b) AND c"), "(and (and A B) C)");
}

TEST(Expressions, ConcatenationIsACall) {
  EXPECT_EQ(shape("a || b || c"), "(call CONCAT A B C)");
  EXPECT_EQ(shape("a || b + 1 || c"), "(call CONCAT A (+ B 1) C)");
  EXPECT_EQ(shape("a + b || c"), "(call CONCAT (+ A B) C)");
}

TEST(Expressions, Literals) {
  EXPECT_EQ(shape("NULL"), "(null)");
  EXPECT_EQ(shape("true"), "(boolean TRUE)");
  EXPECT_EQ(shape("12"), "12");
  EXPECT_EQ(shape(".5"), "(decimal .5)");
  EXPECT_EQ(shape("1.50"), "(decimal 1.50)");
  EXPECT_EQ(shape("1."), "(decimal 1.)");
  EXPECT_EQ(shape("1e3"), "(double 1e3)");
  EXPECT_EQ(shape("1.5E-3"), "(double 1.5E-3)");
  EXPECT_EQ(shape("'it''s'"), "(string it's)");
  EXPECT_EQ(shape("''"), "(string)");
  EXPECT_EQ(shape("DATE '2024-02-29'"), "(cast DATE (string 2024-02-29))");
}

TEST(Expressions, AMinusBeforeANumberBelongsToIt) {
  EXPECT_EQ(shape("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(shape("-1.5"), "(decimal -1.5)");
  EXPECT_EQ(shape("a - 1"), "(- A 1)");
  EXPECT_EQ(shape("a -1"), "(- A 1)");
  EXPECT_EQ(shape("a - -1"), "(- A -1)");
  EXPECT_EQ(shape("-(1)"), "(- 1)");
  EXPECT_EQ(shape("- - 1"), "(- -1)");
  EXPECT_EQ(shape("+ + a"), "A");
}

TEST(Expressions, Names) {
  EXPECT_EQ(shape("abc"), "ABC");
  EXPECT_EQ(shape("`a``b`"), "a`b");
  EXPECT_EQ(shape("\"a\"\"b\""), "a\"b");
  EXPECT_EQ(shape("t.`Col`"), "(column T. Col)");
  EXPECT_EQ(shape("_x@1"), "_X@1");
  EXPECT_EQ(shape("2nd"), "2ND");
  EXPECT_EQ(shape("s->a->`b`"), "(-> b (-> A S))");
}

TEST(Expressions, Tests) {
  EXPECT_EQ(shape("a != b"), "(<> A B)");
  EXPECT_EQ(shape("a IS NOT DISTINCT FROM b"), "(IS NOT DISTINCT FROM A B)");
  EXPECT_EQ(shape("a IS DISTINCT FROM NULL"), "(IS DISTINCT FROM A (null))");
  EXPECT_EQ(shape("a IS NOT NULL"), "(is_null not A)");
  EXPECT_EQ(shape("a NOT BETWEEN 1 AND 2 AND b"), "(and (between not A 1 2) B)");
  EXPECT_EQ(shape("a IN (1, b + 1)"), "(in A 1 (+ B 1))");
  EXPECT_EQ(shape("a NOT IN (1)"), "(in not A 1)");
  EXPECT_EQ(shape("a LIKE 'x%' ESCAPE '!'"), "(like A (string x%) (string !))");
  EXPECT_EQ(shape("a NOT LIKE b"), "(like not A B)");
}

TEST(Expressions, CaseAndCast) {
  EXPECT_EQ(shape("CASE WHEN a THEN 1 WHEN b THEN 2 END"), "(case A 1 B 2)");
  EXPECT_EQ(shape("CASE WHEN a THEN 1 ELSE 2 END"), "(case A 1 2)");
  EXPECT_EQ(shape("CASE a WHEN 1 THEN b ELSE c END"), "(case_of A 1 B C)");
  EXPECT_EQ(shape("CAST(a AS ARRAY<STRUCT<x INT, y MAP<STRING, DECIMAL(4, 2)>>>)"),
            "(cast ARRAY<STRUCT<X INT, Y MAP<STRING, DECIMAL(4, 2)>>> A)");
  EXPECT_EQ(shape("CAST(a AS my_type)"), "(cast MY_TYPE A)");
}

TEST(Expressions, CallsAndLambdas) {
  EXPECT_EQ(shape("f()"), "(call F)");
  EXPECT_EQ(shape("count(*)"), "(call COUNT (star))");
  EXPECT_EQ(shape("f(a, g(b))"), "(call F A (call G B))");
  EXPECT_EQ(shape("transform(a, x => x + 1)"), "(call TRANSFORM A (lambda :X (+ X 1)))");
  EXPECT_EQ(shape("reduce(a, 0, (s, x) => s + x)"), "(call REDUCE A 0 (lambda :S :X (+ S X)))");
  EXPECT_EQ(shape("transform(m, (k, v) => ucase(k), (k, v) => filter(v, x => x > k))"),
            "(call TRANSFORM M (lambda :K :V (call UCASE K)) (lambda :K :V (call FILTER V (lambda :X (> X K)))))");
}

TEST(Expressions, Collections) {
  EXPECT_EQ(shape("ARRAY[1, a][1]"), "([] (array 1 A) 1)");
  EXPECT_EQ(shape("array[]"), "(array)");
  EXPECT_EQ(shape("`ARRAY`[1]"), "([] ARRAY 1)");
  EXPECT_EQ(shape("MAP('k' := 1, a := b)"), "(map (string k) 1 A B)");
  EXPECT_EQ(shape("MAP()"), "(map)");
  EXPECT_EQ(shape("STRUCT(a := 1, `b` := STRUCT(c := 2))"), "(struct :A :b 1 (struct :C 2))");
  EXPECT_EQ(shape("m['k']->f[a + 1]"), "([] (-> F ([] M (string k))) (+ A 1))");
  EXPECT_EQ(shape("map < 3 AND array > 4"), "(and (< MAP 3) (> ARRAY 4))");
}

TEST(Expressions, Positions) {
  ExpressionPtr sum = parse("abc +\n  d->e");
  EXPECT_EQ(sum->position.column, 5);
  EXPECT_EQ(sum->children[0]->position.column, 1);
  EXPECT_EQ(sum->children[1]->position.line, 2);
  EXPECT_EQ(sum->children[1]->position.column, 4);
  EXPECT_EQ(parse("'ü€😀' = x")->position.column, 7);
}

TEST(Expressions, FormatGivesTheSameExpressionBack) {
  for (const char* text : {"a + b * (c - d) - (e - f)",
                           "(a AND b) AND NOT (c OR d)",
                           "NOT NOT a",
                           "-(-a)",
                           "- - 1",
                           "-(1)",
                           "a - -1",
                           "(-1)->f",
                           "(-a)[1]",
                           "(a + b)->c",
                           "(a = b) = c",
                           "(a IS NULL) IS NOT NULL",
                           "(a AND b) IS NULL",
                           "-(a->b)",
                           "CASE a WHEN b THEN c END->d",
                           "CASE WHEN a AND b THEN c OR d ELSE -1 END",
                           "CAST(a AS DECIMAL(10, 2)) / 2",
                           "CAST(a AS `my type`)",
                           "CAST(a AS STRUCT<`x y` INT, b ARRAY<MAP<STRING, BIGINT>>>)",
                           "f(x => x, (a, b) => a + b)",
                           "ARRAY[ARRAY[], a][1][2]",
                           "`ARRAY`[1]",
                           "`MAP`(a)",
                           "`lower`(`a``b`)",
                           "MAP(a + 1 := b OR c)",
                           "STRUCT(`select` := 1, b := NULL)",
                           "t.`from`",
                           "`1st`",
                           "'it''s' || x || 'y'",
                           "a NOT BETWEEN b + 1 AND -c",
                           "a NOT IN (b, c OR d)",
                           "a NOT LIKE 'x' ESCAPE '!'",
                           "count(*)",
                           "a IS NOT DISTINCT FROM (b = c)",
                           "1e3 + .5 + 1.",
                           "(a || b) + c",
                           "a * (b / c) * d % e",
                           "TIMESTAMP '2020-01-01'",
                           "\"\"\"\"",
                           "NOT (a = b) AND c",
                           "TRUE OR NULL"}) {
    ExpressionPtr first = parse(text);
    std::string formatted = format_expression(*first);
    EXPECT_EQ(shape(*parse(formatted)), shape(*first)) << text << " became " << formatted;
    EXPECT_EQ(format_expression(*parse(formatted)), formatted);
  }
}

TEST(Expressions, FormatIsShort) {
  EXPECT_EQ(format_expression(*parse("((a)+(b*c))")), "A + B * C");
  EXPECT_EQ(format_expression(*parse("not(a=1)or(b)")), "NOT A = 1 OR B");
  EXPECT_EQ(quote_name("ABC_1"), "ABC_1");
  EXPECT_EQ(quote_name("SELECT"), "`SELECT`");
  EXPECT_EQ(quote_name("TOPIC"), "TOPIC");
  EXPECT_EQ(quote_name("a`b"), "`a``b`");
  EXPECT_EQ(quote_name("1ST"), "`1ST`");
}

}  // namespace
}  // namespace millrace::syntax
