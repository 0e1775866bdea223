#include "grammar/expectation.h"

#include <algorithm>
#include <functional>

#include "SqlParser.h"
#include "antlr4-runtime.h"

namespace millrace::syntax {

namespace {

using Parser = antlr::SqlParser;
using antlr4::atn::ATN;
using antlr4::atn::ATNState;
using antlr4::atn::RuleTransition;
using antlr4::atn::Transition;

bool is_consuming(const Transition& transition) { return !transition.isEpsilon(); }

// What a name means where `rule` asks for one.
const char* name_phrase(size_t rule) {
  switch (rule) {
    case Parser::RuleRelation:
      return "the name of a stream or table";
    case Parser::RuleSelectItem:
      return "an alias";
    case Parser::RuleColumnDefinition:
    case Parser::RuleAddedColumn:
    case Parser::RuleColumnNames:
    case Parser::RuleAtom:
      return "a column name";
    case Parser::RuleSuffix:
      return "the name of a field";
    case Parser::RuleInterval:
      return "a unit of time (MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS)";
    case Parser::RuleProperty:
    case Parser::RuleUnsetProperty:
      return "the name of a property";
    case Parser::RuleControl:
    case Parser::RuleExplain:
      return "the id of a query";
    case Parser::RuleDefine:
    case Parser::RuleUndefine:
      return "the name of a variable";
    case Parser::RuleDescribe:
      return "the name of a stream, table or function";
    case Parser::RuleWindow:
      return nullptr;
    default:
      return "a name";
  }
}

// How a rule is called where `caller` asks for it; null for one that is told by what it consists of, and empty for one
// that is not worth telling.
const char* rule_phrase(size_t rule, size_t caller) {
  switch (rule) {
    case Parser::RuleIdentifier: {
      const char* phrase = name_phrase(caller);
      return phrase == nullptr ? "" : phrase;
    }
    case Parser::RuleBareAlias:
      return "an alias";
    case Parser::RuleStatement:
      return "a statement";
    case Parser::RuleExpression:
      return caller == Parser::RuleSelectItem ? "a column name" : "an expression";
    case Parser::RulePredicate:
    case Parser::RuleSum:
    case Parser::RuleOperand:
    case Parser::RuleAtom:
      return "an expression";
    case Parser::RuleArgument:
      return "an argument";
    case Parser::RulePredicateTail:
    case Parser::RuleSuffix:
      return "an operator";
    case Parser::RuleType:
      return "a type";
    case Parser::RuleInterval:
      return "a time such as 5 MINUTES";
    case Parser::RuleJoin:
      return "JOIN";
    case Parser::RuleWindow:
      return "WINDOW";
    case Parser::RuleLiteral:
      return "a value";
    default:
      return nullptr;
  }
}

}  // namespace

// One walk over all that can be reached from a place without a token.
class Expectation::Walk {
 public:
  // Calls `token` with each transition that needs a token and the place it is at. Calls `rule`, where given, with each
  // rule asked for and the one that asks; it says whether to go into it.
  using OnToken = std::function<void(const Place&, const Transition&)>;
  using OnRule = std::function<bool(size_t rule, size_t caller)>;

  Walk(OnToken token, OnRule rule) : on_token_(std::move(token)), on_rule_(std::move(rule)) {}

  void from(const Place& place) {
    if (!seen_.insert({place.state, place.stack.get()}).second) return;
    if (place.state->getStateType() == ATNState::RULE_STOP) {
      if (place.stack != nullptr) from({place.stack->follow, place.stack->below});
      return;
    }
    for (const Transition* transition : place.state->transitions) {
      if (is_consuming(*transition)) {
        on_token_(place, *transition);
      } else if (transition->getSerializationType() == Transition::RULE) {
        const auto& call = static_cast<const RuleTransition&>(*transition);
        if (on_rule_ != nullptr && !on_rule_(call.ruleIndex, place.state->ruleIndex)) continue;
        frames_.push_back(std::make_shared<Frame>(Frame{call.followState, place.stack}));
        from({call.target, frames_.back()});
      } else {
        from({transition->target, place.stack});
      }
    }
  }

 private:
  OnToken on_token_;
  OnRule on_rule_;
  std::set<std::pair<ATNState*, const Frame*>> seen_;
  std::vector<std::shared_ptr<const Frame>> frames_;  // kept, so that no address in seen_ is used again
};

Expectation::Expectation(const ATN& machine, size_t state, const antlr4::RuleContext* context) : machine_(&machine) {
  std::vector<ATNState*> follows;
  for (; context != nullptr && context->parent != nullptr;
       context = static_cast<antlr4::RuleContext*>(context->parent)) {
    const ATNState& invoking = *machine.states[context->invokingState];
    follows.push_back(static_cast<const RuleTransition*>(invoking.transitions.front())->followState);
  }
  std::shared_ptr<const Frame> stack;
  for (auto follow = follows.rbegin(); follow != follows.rend(); ++follow) {
    stack = std::make_shared<Frame>(Frame{*follow, std::move(stack)});
  }
  places_.push_back({machine.states[state], std::move(stack)});
}

bool Expectation::advance(size_t token) {
  std::vector<Place> next;
  Walk walk(
      [&](const Place& place, const Transition& transition) {
        if (transition.matches(token, antlr4::Token::MIN_USER_TOKEN_TYPE, machine_->maxTokenType)) {
          next.push_back({transition.target, place.stack});
        }
      },
      nullptr);
  for (const Place& place : places_) walk.from(place);
  if (next.empty()) return false;
  places_ = std::move(next);
  return true;
}

std::set<size_t> Expectation::tokens() const {
  std::set<size_t> tokens;
  Walk walk(
      [&](const Place&, const Transition& transition) {
        for (ssize_t token : transition.label().toList()) tokens.insert(static_cast<size_t>(token));
      },
      nullptr);
  for (const Place& place : places_) walk.from(place);
  return tokens;
}

namespace {

bool is_operator(size_t token) {
  switch (token) {
    case Parser::AND:
    case Parser::OR:
    case Parser::PLUS:
    case Parser::MINUS:
    case Parser::STAR:
    case Parser::SLASH:
    case Parser::PERCENT:
    case Parser::CONCAT:
      return true;
    default:
      return false;
  }
}

// Tokens that only lead into something that is told anyway, where `caller` has them.
const char* token_phrase_in(size_t token, size_t caller) {
  if (caller == Parser::RuleExpression || caller == Parser::RuleSum)
    return is_operator(token) ? "an operator" : nullptr;
  if (caller == Parser::RuleAtom && (token == Parser::DOT || token == Parser::OPEN || token == Parser::STRING))
    return "";
  if (caller == Parser::RuleType && token != Parser::INTEGER && token != Parser::COMMA && token != Parser::GREATER &&
      token != Parser::CLOSE) {
    return "";
  }
  if ((caller == Parser::RuleSelectItem || caller == Parser::RuleRelation) && token == Parser::AS) return "an alias";
  if (caller == Parser::RuleArgument) return "";
  return nullptr;
}

}  // namespace

std::vector<std::string> Expectation::phrases() const {
  std::vector<std::string> phrases;
  auto add = [&](const std::string& phrase) {
    if (!phrase.empty() && std::find(phrases.begin(), phrases.end(), phrase) == phrases.end())
      phrases.push_back(phrase);
  };
  Walk walk(
      [&](const Place& place, const Transition& transition) {
        for (ssize_t label : transition.label().toList()) {
          size_t token = static_cast<size_t>(label);
          const char* phrase = token_phrase_in(token, place.state->ruleIndex);
          add(phrase != nullptr ? phrase : token_phrase(token));
        }
      },
      [&](size_t rule, size_t caller) {
        const char* phrase = rule_phrase(rule, caller);
        if (phrase != nullptr) add(phrase);
        return phrase == nullptr;
      });
  for (const Place& place : places_) walk.from(place);
  if (std::find(phrases.begin(), phrases.end(), "a statement") != phrases.end()) return {"a statement"};
  return phrases;
}

namespace {

// As the grammar writes it, without the quotes; empty for what has no fixed text.
std::string literal_text(size_t token) {
  static const Parser parser(nullptr);
  std::string literal = parser.getVocabulary().getLiteralName(token);
  return literal.size() < 3 ? std::string() : literal.substr(1, literal.size() - 2);
}

}  // namespace

std::string keyword(size_t token) {
  std::string text = literal_text(token);
  return text.empty() || text[0] < 'A' || text[0] > 'Z' ? std::string() : text;
}

std::set<std::string> reserved_words() {
  const Parser parser(nullptr);
  const ATN& machine = parser.getATN();
  Expectation name(machine, machine.ruleToStartState[Parser::RuleIdentifier]->stateNumber, nullptr);
  std::set<size_t> names = name.tokens();
  std::set<std::string> words;
  for (size_t token = antlr4::Token::MIN_USER_TOKEN_TYPE; token <= machine.maxTokenType; ++token) {
    if (names.count(token) == 0 && !keyword(token).empty()) words.insert(keyword(token));
  }
  return words;
}

std::string token_phrase(size_t token) {
  switch (token) {
    case antlr4::Token::EOF:
    case Parser::SEMICOLON:
      return "the end of the statement";
    case Parser::INTEGER:
      return "a whole number";
    case Parser::DECIMAL:
    case Parser::DOUBLE:
      return "a number";
    case Parser::STRING:
      return "a string";
    case Parser::NOT_EQUAL:
      return "`<>`";
    case Parser::TYPE_OPEN:
      return "`<`";
    case Parser::DELETE:
      return "DELETE TOPIC";
    case Parser::GROUP:
      return "GROUP BY";
    case Parser::PARTITION:
      return "PARTITION BY";
    case Parser::IDENTIFIER:
      return "a name";
    default:
      break;
  }
  std::string text = literal_text(token);
  return text.empty() || !keyword(token).empty() ? text : "`" + text + "`";
}

}  // namespace millrace::syntax
