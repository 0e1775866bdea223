#include "server/statement_runner.h"

#include <fmt/format.h>

#include "grammar/parser.h"
#include "planner/properties.h"

namespace millrace {

namespace {

[[noreturn]] void throw_syntax_error(const syntax::SyntaxError& error) {
  ErrorCode code = ErrorCode::syntax;
  if (error.kind == syntax::SyntaxError::Kind::too_large) code = ErrorCode::statement_too_large;
  if (error.kind == syntax::SyntaxError::Kind::undefined_variable) code = ErrorCode::undefined_variable;
  if (error.kind == syntax::SyntaxError::Kind::unsupported) code = ErrorCode::unsupported;
  std::string message = error.message;
  if (!error.suggestion.empty() && message.find(error.suggestion) == std::string::npos)
    message += fmt::format(" (did you mean {}?)", error.suggestion);
  throw Error(code, message, at(error.position));
}

// What a statement is about; empty where that is nothing with a name.
template <class Statement>
std::string object_of(const Statement& s) {
  if constexpr (requires { s.target.text; }) {
    return s.target.text;
  } else if constexpr (requires { s.name.text; }) {
    return s.name.text;
  } else if constexpr (requires { s.query.from.name.text; }) {
    return s.query.from.name.text;
  } else if constexpr (requires { s.id->text; }) {
    return s.id ? s.id->text : "";
  } else if constexpr (requires { s.property.name.text; }) {
    return s.property.name.text;
  } else {
    return "";
  }
}

}  // namespace

void StatementRunner::account(const syntax::Statement& statement) const {
  if (!session_->audit) return;
  session_->audit->add(operation_of(statement.text),
                       std::visit([](const auto& body) { return object_of(body); }, statement.body));
}

std::vector<syntax::Statement> StatementRunner::parse(std::string_view sql) const {
  syntax::ParserLimits limits;
  limits.bytes_max = engine_.options_.statement_bytes_max;
  auto parsed = syntax::parse_statements(sql, limits, session_->variables);
  if (const auto* error = std::get_if<syntax::SyntaxError>(&parsed)) {
    if (session_->audit) session_->audit->add(operation_of(sql), "");
    throw_syntax_error(*error);
  }
  return std::get<std::vector<syntax::Statement>>(std::move(parsed));
}

void StatementRunner::run(Session& session, std::string_view sql, std::vector<StatementResult>& results,
                          std::string& statement) {
  session_ = &session;
  statement = sql.substr(0, 1000);
  session.properties = check_session_properties(session.properties);
  const std::vector<syntax::Statement> statements = parse(sql);
  for (const syntax::Statement& one : statements) {
    statement = one.text;
    statement_ = &one;
    account(one);
    properties_ = engine_.effective(session);
    lock_ = std::unique_lock(engine_.mutex_);
    results.push_back({one.text, std::visit([this](const auto& body) { return apply(body); }, one.body)});
    lock_ = {};
  }
}

void StatementRunner::replay(const StatementRecord& record, int64_t offset) {
  Session session;
  session.properties = record.properties;
  session_ = &session;
  replayed_ = &record;
  offset_ = offset;
  const std::vector<syntax::Statement> statements = parse(record.sql);
  for (const syntax::Statement& one : statements) {
    statement_ = &one;
    properties_ = engine_.effective(session);
    std::visit([this](const auto& body) { apply(body); }, one.body);
  }
}

// A replay plans with the partitions that there were: which rows meet, and whose time is whose, follows from them.
PlanContext StatementRunner::context() const {
  PlanContext context = engine_.context(properties_);
  if (replayed_ == nullptr) return context;
  context.topics = [now = std::move(context.topics), then = replayed_->partitions](std::string_view name) {
    auto topic = now(name);
    const auto known = then.find(std::string(name));
    if (topic && known != then.end()) topic->partitions = known->second;
    return topic;
  };
  return context;
}

int64_t StatementRunner::record(StatementRecord said, AppendKind kind) {
  if (replayed_ != nullptr) return offset_;
  said.sql = statement_->text;
  said.properties = properties_;
  return engine_.append_statement(said, kind);
}

StatementRunner::Body StatementRunner::apply(const syntax::Select&) {
  refuse(ErrorCode::query_invalid, position(), "a SELECT gives rows: send it to /query-stream");
}

template <class Other>
StatementRunner::Body StatementRunner::apply(const Other&) {
  refuse_unsupported(position(), "this statement");
}

}  // namespace millrace
