// From code points to tokens, and the limits that keep the parser's stack and the tree's depth bounded.
#pragma once

#include <memory>
#include <vector>

#include "grammar/source_text.h"

namespace antlr4 {
class Token;
class CharStream;
}  // namespace antlr4

namespace millrace::syntax {

// The characters that tokens refer to. Lives as long as its tokens.
std::unique_ptr<antlr4::CharStream> make_char_stream(const SourceText& source);

// All tokens up to the end of the text, placed where the author's text has them. Takes linear time. Refuses what is no
// token, and more tokens, nesting or operators than the limits allow.
std::vector<std::unique_ptr<antlr4::Token>> scan_tokens(const SourceText& source, antlr4::CharStream& characters,
                                                        const ParserLimits& limits);

}  // namespace millrace::syntax
