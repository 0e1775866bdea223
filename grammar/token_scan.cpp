#include "grammar/token_scan.h"

#include "SqlLexer.h"
#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/depth_limit.h"

namespace millrace::syntax {

namespace {

using Lexer = antlr::SqlLexer;

// Shows the lexer ASCII letters upper-cased, so that keywords match in any case.
class CharacterStream final : public antlr4::CharStream {
 public:
  explicit CharacterStream(const SourceText& source) : source_(source) {}

  size_t LA(ssize_t offset) override {
    const std::u32string& points = source_.points();
    size_t at = offset > 0 ? index_ + static_cast<size_t>(offset) - 1 : index_ - static_cast<size_t>(-offset);
    if (at >= points.size()) return antlr4::IntStream::EOF;
    char32_t point = points[at];
    return point >= 'a' && point <= 'z' ? point - 'a' + 'A' : point;
  }
  void consume() override { ++index_; }
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return index_; }
  void seek(size_t index) override { index_ = index; }
  size_t size() override { return source_.points().size(); }
  std::string getSourceName() const override { return {}; }
  std::string getText(const antlr4::misc::Interval& interval) override {
    return source_.utf8(static_cast<size_t>(interval.a), static_cast<size_t>(interval.b) + 1);
  }
  std::string toString() const override { return source_.utf8(0, source_.points().size()); }

 private:
  const SourceText& source_;
  size_t index_ = 0;
};

// What a character that is none of the language's was meant to be.
std::string meant(const std::string& character) {
  for (const char* quote : {"‘", "’", "“", "”", "´"})
    if (character == quote) return "; text is written in single quotes, 'text'";
  if (character == "&") return "; both conditions are joined by AND";
  if (character == "|") return "; either of two conditions is OR, two texts are joined by ||";
  if (character == "!") return "; a condition is turned round by NOT";
  return "";
}

void refuse_impossible(const antlr4::Token& token, Position position) {
  auto invalid = [&](const std::string& message, size_t characters) {
    std::string text = token.getText().substr(0, characters);
    refuse(SyntaxError::Kind::invalid, message, position, text);
  };
  switch (token.getType()) {
    case Lexer::UNCLOSED_STRING:
      return invalid(
          "the string that begins here is not closed; a quote within a string is written twice, as in 'it''s'", 1);
    case Lexer::UNCLOSED_QUOTE:
      return invalid("the name in double quotes that begins here is not closed", 1);
    case Lexer::UNCLOSED_BACKQUOTE:
      return invalid("the name in back-ticks that begins here is not closed", 1);
    case Lexer::UNCLOSED_COMMENT:
      return invalid("the comment that begins here is not closed", 2);
    case Lexer::UNKNOWN:
      return invalid("the character " + token.getText() + " means nothing here" + meant(token.getText()),
                     std::string::npos);
    default:
      return;
  }
}

// Whether `<` after this token begins the arguments of a type.
bool takes_type_arguments(size_t type) { return type == Lexer::ARRAY || type == Lexer::MAP || type == Lexer::STRUCT; }

}  // namespace

std::unique_ptr<antlr4::CharStream> make_char_stream(const SourceText& source) {
  return std::make_unique<CharacterStream>(source);
}

std::vector<std::unique_ptr<antlr4::Token>> scan_tokens(const SourceText& source, antlr4::CharStream& characters,
                                                        const ParserLimits& limits) {
  Lexer lexer(&characters);
  lexer.removeErrorListeners();
  DepthLimit depth(limits);
  std::vector<std::unique_ptr<antlr4::Token>> tokens;
  size_t previous = 0;
  do {
    std::unique_ptr<antlr4::Token> token = lexer.nextToken();
    auto& writable = static_cast<antlr4::WritableToken&>(*token);
    Position position{static_cast<int>(token->getLine()), static_cast<int>(token->getCharPositionInLine()) + 1};
    if (source.replaced()) {
      position = source.position(token->getStartIndex());
      writable.setLine(static_cast<size_t>(position.line));
      writable.setCharPositionInLine(static_cast<size_t>(position.column) - 1);
    }
    refuse_impossible(*token, position);
    if (token->getType() == Lexer::LESS && takes_type_arguments(previous))
      writable.setType(antlr::SqlParser::TYPE_OPEN);
    depth.add(token->getType(), position);
    previous = token->getType();
    writable.setTokenIndex(tokens.size());
    tokens.push_back(std::move(token));
    if (tokens.size() > limits.tokens_max + 1) {
      refuse(SyntaxError::Kind::too_large, "more than " + std::to_string(limits.tokens_max) + " words and signs",
             position);
    }
  } while (previous != antlr4::Token::EOF);
  return tokens;
}

}  // namespace millrace::syntax
