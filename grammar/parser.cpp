#include "grammar/parser.h"

#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/source_text.h"
#include "grammar/token_scan.h"
#include "grammar/tree.h"

namespace millrace::syntax {

namespace {

using Parser = antlr::SqlParser;

// The tokens of a text, ready to be parsed more than once.
class Tokens {
 public:
  Tokens(const SourceText& source, const ParserLimits& limits)
      : characters_(make_char_stream(source)), list_(scan_tokens(source, *characters_, limits)), stream_(&list_) {}

  antlr4::CommonTokenStream& stream() { return stream_; }

 private:
  std::unique_ptr<antlr4::CharStream> characters_;
  antlr4::ListTokenSource list_;
  antlr4::CommonTokenStream stream_;
};

// Runs `rule`, first in the mode that is fast and nearly always enough, then in the one that is exact, and hands the
// context to `build`.
template <typename Rule, typename Build>
auto parse(Tokens& tokens, Rule rule, Build build) {
  Parser parser(&tokens.stream());
  parser.removeErrorListeners();
  parser.setErrorHandler(std::make_shared<antlr4::BailErrorStrategy>());
  auto* simulator = parser.getInterpreter<antlr4::atn::ParserATNSimulator>();
  simulator->setPredictionMode(antlr4::atn::PredictionMode::SLL);
  try {
    return build(*(parser.*rule)());
  } catch (const antlr4::ParseCancellationException&) {
    const antlr4::Token* token = tokens.stream().LT(1);
    refuse(SyntaxError::Kind::unexpected, "unexpected " + token->getText(), tree::position(*token), token->getText());
  }
}

}  // namespace

std::variant<std::vector<Statement>, SyntaxError> parse_statements(
    std::string_view text, const ParserLimits& limits, const std::map<std::string, std::string>& variables) {
  (void)variables;
  try {
    SourceText source(text, limits.bytes_max);
    Tokens tokens(source, limits);
    return parse(tokens, &Parser::statements, [](Parser::StatementsContext& context) {
      std::vector<Statement> statements;
      for (Parser::StatementContext* statement : context.all) statements.push_back(tree::statement(*statement));
      return statements;
    });
  } catch (const Refusal& refusal) {
    return refusal.error;
  }
}

std::variant<ExpressionPtr, SyntaxError> parse_expression(std::string_view text, const ParserLimits& limits) {
  try {
    SourceText source(text, limits.bytes_max);
    Tokens tokens(source, limits);
    return parse(tokens, &Parser::onlyExpression,
                 [](Parser::OnlyExpressionContext& context) { return tree::expression(*context.expression()); });
  } catch (const Refusal& refusal) {
    return refusal.error;
  }
}

}  // namespace millrace::syntax
