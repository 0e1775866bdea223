// From the parser's tree to the tree of statement.h. Each function takes the context that its name says (`query` a
// QueryContext, …); contexts are untyped here so that no ANTLR header is seen by who includes this. All may refuse.
#pragma once

#include <string>

#include "grammar/statement.h"

namespace antlr4 {
class ParserRuleContext;
class Token;
}  // namespace antlr4

namespace millrace::syntax::tree {

using Context = antlr4::ParserRuleContext;

Position position(const antlr4::Token& token);
Position position(Context& context);

// `it's` of 'it''s', and the same for the other quotes.
std::string unquoted(const antlr4::Token& token);
std::string upper_cased(std::string text);
int64_t integer(const antlr4::Token& token);

// A token's text, cut where it is too long for a message.
std::string shown(const antlr4::Token& token);

// Refuses a token that the grammar accepts and its place does not: "expected …, found …".
[[noreturn]] void refuse_expecting(const std::string& expected, const antlr4::Token& found);
// The same in other words.
[[noreturn]] void refuse_token(const antlr4::Token& token, std::string message);

Name name(Context& identifier);
TypeName type(Context& type);
Interval interval(Context& interval);

ExpressionPtr expression(Context& expression);
ExpressionPtr literal(Context& literal);
// The expressions of a GROUP BY or PARTITION BY, in parentheses or without.
std::vector<ExpressionPtr> grouping(Context& grouping);
// All but the alias.
SelectItem select_item(Context& expression);

Query query(Context& query);
Statement statement(Context& statement);

}  // namespace millrace::syntax::tree
