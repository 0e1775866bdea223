// Statements: checked by a dry run, recorded, and then done. One file of `statements` for each kind.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/listings.h"
#include "server/local_engine.h"

namespace millrace {

class StatementRunner {
 public:
  explicit StatementRunner(LocalEngine& engine) : engine_(engine) {}

  // Appends to `results`; `statement` is the text of the one at work. Throws Error.
  void run(Session& session, std::string_view sql, std::vector<StatementResult>& results, std::string& statement);
  // One SELECT or PRINT.
  std::unique_ptr<ResultStream> open_query(Session& session, std::string_view sql);
  // One SELECT, followed.
  std::unique_ptr<ResultStream> follow(Session& session, std::string_view sql,
                                       const std::optional<std::vector<Position>>& from);

  // Does again what a record says; the engine is not open yet.
  void replay(const StatementRecord& record, int64_t offset);
  void start_replayed();

 private:
  using Body = decltype(StatementResult::body);

  Body apply(const syntax::CreateSource& s);
  Body apply(const syntax::CreateAsSelect& s);
  Body apply(const syntax::InsertSelect& s);
  Body apply(const syntax::InsertValues& s);
  Body apply(const syntax::Alter& s);
  Body apply(const syntax::Drop& s);
  Body apply(const syntax::CreateType& s);
  Body apply(const syntax::DropType& s);
  Body apply(const syntax::ControlQuery& s);
  Body apply(const syntax::Show& s);
  Body apply(const syntax::Describe& s);
  Body apply(const syntax::DescribeAll& s);
  Body apply(const syntax::DescribeFunction& s);
  Body apply(const syntax::Explain& s);
  Body apply(const syntax::AlterSystem& s);
  Body alter_audit(const syntax::Property& property, bool on, bool off);
  Body alter_audit_retention(const syntax::Property& property, const std::string& value);
  Body apply(const syntax::SetProperty& s);
  Body apply(const syntax::UnsetProperty& s);
  Body apply(const syntax::Define& s);
  Body apply(const syntax::Undefine& s);
  Body apply(const syntax::Select& s);
  Body apply(const syntax::Print& s);
  Body apply(const syntax::AssertTopic& s);
  Body apply(const syntax::AssertSource& s);
  template <class Other>
  Body apply(const Other&);

  std::vector<syntax::Statement> parse(std::string_view sql) const;
  void account(const syntax::Statement& statement) const;
  // Writes the statement's record and says its offset; in a replay, the offset that it has.
  int64_t record(StatementRecord said = {}, AppendKind kind = AppendKind::prompt);
  void await_writers(const std::string& name) const;
  bool offset_reset_said() const;  // by the session, or for all of them
  // Of all sources, one after the other.
  std::vector<Position> start_positions(const QueryPlan& plan) const;
  void check_query_limit() const;
  bool comes_back(const std::string& id, const std::string& sink) const;
  CommandDone start_query(PlannedQuery planned, const std::string& id_kind);
  // Writes the record, makes or changes the query's sink, and says all of the query but its id.
  std::shared_ptr<QueryDefinition> define_query(PlannedQuery planned, std::vector<Position> start);
  // CREATE SOURCE TABLE: the query that keeps its rows for look-ups.
  void keep_table(const std::shared_ptr<const Source>& source, int64_t sequence);
  CommandDone query_created(const QueryDefinition& definition) const;
  // DROP … CASCADE: queries and sources in the order in which they go, the source itself last.
  std::pair<std::vector<std::string>, std::vector<std::string>> standing_on(const std::string& name) const;
  // Warnings of sources that are left without their topic.
  std::vector<std::string> topics_shared(const std::map<std::string, uint64_t>& topics, bool deleted) const;
  // CREATE OR REPLACE of what is there.
  CommandDone replace_source(const syntax::CreateSource& s);
  CommandDone replace_query(const syntax::CreateAsSelect& s);
  // Until all that the query computed is committed; false where the log does not take it in time.
  bool hold(RunningQuery& query) const;
  // The text, which must be one SELECT, or a PRINT where it may.
  syntax::Statement parse_select(Session& session, std::string_view sql, bool or_print);
  std::unique_ptr<ResultStream> open_push(const syntax::Query& query, const PlanContext& context);
  // Its plan and positions are said, its readers where they are not those that queries share.
  std::unique_ptr<ResultStream> start_transient(TransientOptions options);
  std::unique_ptr<ResultStream> open_print(const syntax::Print& s);
  std::unique_ptr<ResultStream> open_pull(const syntax::Query& query, const PlanContext& context);
  QueryDescription explain_select(const syntax::Query& query) const;
  Listings listings() const;
  PlanContext context() const;
  syntax::Position position() const { return statement_->position; }

  LocalEngine& engine_;
  std::unique_lock<std::mutex> lock_;  // of the engine, while a statement is at work
  Session* session_ = nullptr;
  const syntax::Statement* statement_ = nullptr;
  std::map<std::string, std::string> properties_;  // in effect
  const StatementRecord* replayed_ = nullptr;
  int64_t offset_ = -1;
};

}  // namespace millrace
