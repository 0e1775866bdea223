// What the grammar allows at a place in a text, found by walking its state machine. Used once a text is known to be
// wrong: it finds out which token is, what could stand there, and whether a small repair would help.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "grammar/parser.h"

namespace antlr4 {
class RuleContext;
}

namespace antlr4::atn {
class ATN;
class ATNState;
class Transition;
}  // namespace antlr4::atn

namespace millrace::syntax {

class Expectation {
 public:
  // At a state of the machine within `context`, which is not used later. The machine lives as long as the program.
  Expectation(const antlr4::atn::ATN& machine, size_t state, const antlr4::RuleContext* context);

  // Goes over one token, given by its type; false, and no change, where it cannot come next.
  bool advance(size_t token);

  std::set<size_t> tokens() const;

  // What can come next in words, grouped and without repetition: "a column name", "`,`", "FROM", ….
  std::vector<std::string> phrases() const;

 private:
  // The rules that are not finished yet, as the states where they go on.
  struct Frame {
    antlr4::atn::ATNState* follow;
    std::shared_ptr<const Frame> below;
  };
  struct Place {
    antlr4::atn::ATNState* state;
    std::shared_ptr<const Frame> stack;
  };
  class Walk;

  const antlr4::atn::ATN* machine_;
  std::vector<Place> places_;
};

// A token as people call it: "FROM", "`,`", "a string", "the end of the statement".
std::string token_phrase(size_t token);
// The keyword, or empty for a token that is none.
std::string keyword(size_t token);
// The keywords that are no names.
std::set<std::string> reserved_words();

}  // namespace millrace::syntax
