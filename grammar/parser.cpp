#include "grammar/parser.h"

#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/explanation.h"
#include "grammar/source_text.h"
#include "grammar/token_scan.h"
#include "grammar/tree.h"
#include "grammar/variables.h"

namespace millrace::syntax {

namespace {

using Parser = antlr::SqlParser;

// Gives up at the first error, and knows where the parser stood when it had read the token before it: from there on
// everything that could have come next is still open.
class FirstError final : public antlr4::BailErrorStrategy {
 public:
  void reset(antlr4::Parser* parser) override {
    BailErrorStrategy::reset(parser);
    next_ = none;
  }
  void sync(antlr4::Parser* parser) override { stand(parser); }
  antlr4::Token* recoverInline(antlr4::Parser* parser) override {
    stand(parser);
    return BailErrorStrategy::recoverInline(parser);
  }

  SyntaxError explained(antlr4::Parser& parser, const std::vector<antlr4::Token*>& tokens) const {
    return explain(tokens, next_, Expectation(parser.getATN(), state_, context_));
  }

 private:
  static constexpr size_t none = static_cast<size_t>(-1);

  // Called at every decision; the first one before a token is what counts.
  void stand(antlr4::Parser* parser) {
    size_t next = parser->getTokenStream()->index();
    if (next == next_) return;
    next_ = next;
    state_ = parser->getState();
    context_ = parser->getContext();
    // Rules that have read nothing yet: what counts is where the first of them was asked for.
    while (context_->parent != nullptr && context_->start->getTokenIndex() == next) {
      state_ = context_->invokingState;
      context_ = static_cast<antlr4::ParserRuleContext*>(context_->parent);
    }
  }

  size_t next_ = none;
  size_t state_ = 0;
  antlr4::ParserRuleContext* context_ = nullptr;
};

// The tokens of a text, ready to be parsed more than once.
class Tokens {
 public:
  Tokens(const SourceText& source, const ParserLimits& limits)
      : characters_(make_char_stream(source)), list_(scan_tokens(source, *characters_, limits)), stream_(&list_) {}

  antlr4::CommonTokenStream& stream() { return stream_; }

  std::vector<antlr4::Token*> all() {
    stream_.fill();
    return stream_.getTokens();
  }

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
  auto first_error = std::make_shared<FirstError>();
  parser.setErrorHandler(first_error);
  auto* simulator = parser.getInterpreter<antlr4::atn::ParserATNSimulator>();
  for (auto mode : {antlr4::atn::PredictionMode::SLL, antlr4::atn::PredictionMode::LL}) {
    simulator->setPredictionMode(mode);
    parser.reset();
    try {
      return build(*(parser.*rule)());
    } catch (const antlr4::ParseCancellationException&) {
      if (mode == antlr4::atn::PredictionMode::LL) throw Refusal{first_error->explained(parser, tokens.all())};
    }
  }
  __builtin_unreachable();
}

}  // namespace

std::variant<std::vector<Statement>, SyntaxError> parse_statements(
    std::string_view text, const ParserLimits& limits, const std::map<std::string, std::string>& variables) {
  try {
    SourceText source(text, limits.bytes_max);
    replace_variables(source, variables);
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
