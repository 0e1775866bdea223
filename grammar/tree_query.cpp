// Queries.
#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/source_text.h"
#include "grammar/tree.h"

namespace millrace::syntax::tree {

namespace {

using Parser = antlr::SqlParser;

SelectItem item(Parser::SelectItemContext& context) {
  if (context.star != nullptr) {
    SelectItem all;
    all.position = position(context);
    return all;
  }
  SelectItem item = select_item(*context.expression());
  if (context.alias == nullptr) return item;
  if (item.expression == nullptr || item.all_fields) {
    refuse_token(*context.alias->start, "* stands for several columns and takes no alias");
  }
  item.alias = name(*context.alias);
  return item;
}

Relation relation(Parser::RelationContext& context) {
  Relation relation{name(*context.name), {}};
  if (context.alias != nullptr) relation.alias = name(*context.alias);
  if (context.bare != nullptr) relation.alias = name(*context.bare);
  return relation;
}

Within within(Parser::WithinContext& context) {
  Within within;
  within.position = position(context);
  within.before = within.after = interval(*context.before);
  if (context.after != nullptr) within.after = interval(*context.after);
  if (context.grace != nullptr) within.grace = interval(*context.grace);
  return within;
}

Join join(Parser::JoinContext& context) {
  Join join;
  join.position = position(context);
  if (context.side != nullptr) {
    size_t side = context.side->getType();
    join.kind = side == Parser::LEFT ? JoinKind::left : side == Parser::RIGHT ? JoinKind::right : JoinKind::full;
  }
  join.right = relation(*context.right);
  if (Parser::WithinContext* clause = context.within()) join.within = within(*clause);
  join.on = expression(*context.on);
  return join;
}

void set_once(std::optional<Interval>& option, const Interval& value, const antlr4::Token& token) {
  if (option) refuse_token(token, token.getText() + " is given twice");
  option = value;
}

// A session has a gap without a word before it, the others a SIZE; only a hopping window advances.
Window window(Parser::WindowContext& context) {
  Window window;
  window.position = position(*context.kind);
  size_t kind = context.kind->getType();
  window.kind = kind == Parser::TUMBLING  ? WindowKind::tumbling
                : kind == Parser::HOPPING ? WindowKind::hopping
                                          : WindowKind::session;
  bool session = kind == Parser::SESSION;
  std::optional<Interval> size;
  for (Parser::WindowOptionContext* option : context.options) {
    Interval length = interval(*option->interval());
    const antlr4::Token& token = *option->start;
    size_t what = option->what == nullptr ? size_t{Parser::SIZE} : option->what->getType();
    if (what == Parser::ADVANCE && kind != Parser::HOPPING) refuse_token(token, "only a HOPPING window has ADVANCE BY");
    if (what == Parser::SIZE && session != (option->what == nullptr)) {
      if (session) refuse_expecting("the gap of the session, as in SESSION (5 MINUTES)", token);
      refuse_expecting("SIZE, ADVANCE BY, RETENTION or GRACE PERIOD", token);
    }
    switch (what) {
      case Parser::SIZE:
        set_once(size, length, token);
        break;
      case Parser::ADVANCE:
        set_once(window.advance, length, token);
        break;
      case Parser::RETENTION:
        set_once(window.retention, length, token);
        break;
      default:
        set_once(window.grace, length, token);
        break;
    }
  }
  if (!size)
    refuse_token(*context.kind,
                 session ? "a SESSION window needs its gap, as in SESSION (5 MINUTES)" : "the window needs SIZE");
  if (kind == Parser::HOPPING && !window.advance) refuse_token(*context.kind, "a HOPPING window needs ADVANCE BY");
  window.size = *size;
  return window;
}

}  // namespace

Query query(Context& untyped) {
  auto& context = static_cast<Parser::QueryContext&>(untyped);
  Query query;
  query.position = position(context);
  for (Parser::SelectItemContext* selected : context.items) query.items.push_back(item(*selected));
  query.from = relation(*context.source);
  for (Parser::JoinContext* joined : context.joins) query.joins.push_back(join(*joined));
  if (Parser::WindowContext* clause = context.window()) query.window = window(*clause);
  if (context.where != nullptr) query.where = expression(*context.where);
  if (context.groupBy != nullptr) query.group_by = grouping(*context.groupBy);
  if (context.partitionBy != nullptr) query.partition_by = grouping(*context.partitionBy);
  if (context.having != nullptr) query.having = expression(*context.having);
  if (context.emit != nullptr) {
    query.emit = context.emit->getType() == Parser::FINAL ? Emit::final : Emit::changes;
    query.emit_position = position(*context.emitToken);
  }
  if (context.limit != nullptr) query.limit = integer(*context.limit);
  return query;
}

}  // namespace millrace::syntax::tree
