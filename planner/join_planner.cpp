#include "planner/join_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "planner/expression_binder.h"

namespace millrace {

using Kind = syntax::Expression::Kind;

namespace {

constexpr int64_t default_grace_ms = 24 * 3'600'000;

std::string_view kind_text(JoinKind kind) {
  switch (kind) {
    case JoinKind::inner:
      return "INNER";
    case JoinKind::left:
      return "LEFT OUTER";
    case JoinKind::right:
      return "RIGHT OUTER";
    case JoinKind::full:
      return "FULL OUTER";
  }
  return "";
}

JoinKind bind_kind(syntax::JoinKind kind) {
  switch (kind) {
    case syntax::JoinKind::inner:
      return JoinKind::inner;
    case syntax::JoinKind::left:
      return JoinKind::left;
    case syntax::JoinKind::right:
      return JoinKind::right;
    case syntax::JoinKind::full:
      return JoinKind::full;
  }
  return JoinKind::inner;
}

class JoinPlanner {
 public:
  JoinPlanner(FromClause left, const syntax::Join& join, const PlanContext& context)
      : join_(join),
        context_(context),
        kind_(bind_kind(join.kind)),
        left_(std::move(left)),
        right_(plan_scan(join.right, left_.sources.size(), context)),
        left_width_(left_.root->width) {
    for (const auto& column : left_.scope.columns()) scope_.add(column);
    for (const auto& column : right_.scope.columns()) scope_.add(column);
  }

  FromClause plan() {
    const std::string name = join_.right.alias ? join_.right.alias->text : join_.right.name.text;
    for (const auto& column : left_.scope.columns())
      if (column.qualifier == name)
        refuse(ErrorCode::join_invalid, join_.right.name.position,
               fmt::format("{} stands in FROM twice: give each an alias of its own", name));
    read_condition(*join_.on);
    options_.kind = kind_;
    choose_shape();
    add_windows();
    return result();
  }

 private:
  [[noreturn]] void refuse_join(const std::string& message) const {
    refuse(ErrorCode::join_invalid, join_.position, message);
  }
  [[noreturn]] void refuse_condition(const syntax::Expression& e, const std::string& why) const {
    refuse(ErrorCode::join_invalid, e.position, "Invalid join condition: " + why);
  }

  void read_condition(const syntax::Expression& e) {
    if (e.kind == Kind::logical_and) {
      for (const auto& child : e.children) read_condition(*child);
      return;
    }
    if (e.kind != Kind::comparison || e.text != "=")
      refuse_condition(e, "joins on conditions other than equality are not supported: write l.a = r.b [AND …]");
    ExpressionPtr a = ExpressionBinder(context_, scope_).bind(*e.children[0]);
    ExpressionPtr b = ExpressionBinder(context_, scope_).bind(*e.children[1]);
    const int side_a = side_of(*a);
    const int side_b = side_of(*b);
    if (side_a + side_b != 1 || side_a < 0 || side_b < 0)
      refuse_condition(
          e, "each side of = must name columns of one side of the join, the other side of = of the other one");
    if (side_a == 1) std::swap(a, b);
    if (!(a->type() == b->type()))
      refuse_condition(e, fmt::format("types don't match. Got {}{{{}}} = {}{{{}}}", a->to_string(),
                                      a->type().to_string(), b->to_string(), b->type().to_string()));
    texts_.push_back({a->to_string(), b->to_string()});
    std::vector<ExpressionPtr> shifted;
    for (size_t i = 0; i < scope_.columns().size(); ++i) {
      const auto& column = scope_.columns()[i];
      shifted.push_back(make_column(i < left_width_ ? i : i - left_width_, column.type, scope_.label(i)));
    }
    options_.left.keys.push_back(std::move(a));
    options_.right.keys.push_back(substitute(b, shifted));
  }

  // 0: left, 1: right, −1: both or none.
  int side_of(const Expression& e) const {
    std::set<size_t> columns;
    collect_columns(e, columns);
    bool left = false;
    bool right = false;
    for (size_t i : columns) (i < left_width_ ? left : right) = true;
    if (left == right) return -1;
    return left ? 0 : 1;
  }

  // What names a left row's key may be null where an outer join padded it: the key itself is not.
  void use_key_values() {
    std::vector<ExpressionPtr>& keys = options_.left.keys;
    // Bounds of windows may follow the parts of the key.
    const std::vector<ExpressionPtr> parts(
        keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), left_.keys.size())));
    if (!is_key(left_, parts)) return;
    for (size_t k = 0; k < left_.keys.size(); ++k)
      keys[k] =
          make_column(left_.keys[k].value, keys[k]->type(), scope_.label(static_cast<size_t>(keys[k]->column_index())));
  }

  // Whether these expressions are the key of that side's rows, part by part.
  static bool is_key(const FromClause& side, const std::vector<ExpressionPtr>& keys) {
    if (keys.size() != side.keys.size()) return false;
    for (size_t k = 0; k < keys.size(); ++k) {
      const auto& part = side.keys[k].columns;
      const int column = keys[k]->column_index();
      if (column < 0 || std::find(part.begin(), part.end(), static_cast<size_t>(column)) == part.end()) return false;
    }
    return true;
  }

  void choose_shape() {
    const bool left_table = left_.table();
    const bool right_table = right_.table();
    if (!left_table && !right_table) {
      if (!join_.within)
        refuse_join(
            "a join of two streams needs a WITHIN clause: how far apart in time their rows may be. None was "
            "provided");
      options_.shape = JoinShape::stream_stream;
      options_.window = window(*join_.within);
      scattered_ = left_.scattered || !is_key(left_, options_.left.keys) || !is_key(right_, options_.right.keys) ||
                   !partitioned_alike(*left_.sources[0], *right_.sources[0]);
      if (scattered_) options_.logical_partitions = std::max(partitions(left_), partitions(right_));
      return;
    }
    if (join_.within)
      refuse(ErrorCode::join_invalid, join_.within->position,
             "WITHIN is for a join of two streams; a table has one row per key at any time");
    if (left_table && !right_table)
      refuse_join(
          fmt::format("Invalid join order: table-stream joins are not supported; only stream-table joins. Write "
                      "FROM {} … JOIN {} …",
                      right_.sources[0]->name, left_.sources[0]->name));
    const bool right_is_key = is_key(right_, options_.right.keys);
    if (!left_table) {
      options_.shape = JoinShape::stream_table;
      scattered_ = left_.scattered || !is_key(left_, options_.left.keys);
      if (kind_ == JoinKind::right || kind_ == JoinKind::full)
        refuse_join(
            fmt::format("{} joins between streams and tables are not supported: a row of the stream looks one "
                        "of the table up. Use INNER or LEFT",
                        kind_text(kind_)));
      if (!right_is_key)
        refuse_condition(*join_.on, fmt::format("stream-table joins require to join on the table's primary key{}.",
                                                key_text(right_)));
      return;
    }
    if (!right_is_key)
      refuse_condition(*join_.on, fmt::format("table-table joins require to join on the primary key of the right "
                                              "input table{}.",
                                              key_text(right_)));
    options_.shape = is_key(left_, options_.left.keys) ? JoinShape::table_table : JoinShape::foreign_key;
    if (options_.shape == JoinShape::foreign_key && kind_ != JoinKind::inner && kind_ != JoinKind::left)
      refuse_join(
          fmt::format("Invalid join type: {} join not supported for foreign-key table-table join. Use INNER or "
                      "LEFT",
                      kind_text(kind_)));
  }

  // Whether rows of equal keys lie in partitions of the same number.
  static bool partitioned_alike(const Source& a, const Source& b) {
    if (a.topic.partitions != b.topic.partitions) return false;
    if (a.topic.partitions == 1) return true;
    if (a.key_format != b.key_format || a.key_options.delimiter != b.key_options.delimiter) return false;
    const std::vector<size_t> of_a = a.schema.key_indexes();
    const std::vector<size_t> of_b = b.schema.key_indexes();
    // Keys of several parts may be written with the names of these.
    return of_a.size() == 1 || std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                                          [&](size_t i, size_t j) { return a.schema[i].name == b.schema[j].name; });
  }

  static std::string key_text(const FromClause& side) {
    std::string text;
    for (const auto& part : side.keys) text += (text.empty() ? " " : ", ") + side.scope.columns()[part.value].name;
    return text;
  }

  JoinWindow window(const syntax::Within& within) const {
    JoinWindow out;
    out.before_ms = within.before.milliseconds;
    out.after_ms = within.after.milliseconds;
    out.grace_ms = within.grace ? within.grace->milliseconds
                                : std::max<int64_t>(0, default_grace_ms - out.before_ms - out.after_ms);
    out.pads_at_close = within.grace.has_value();
    return out;
  }

  // Rows of windows meet in the same window only.
  void add_windows() {
    if (!left_.window && !right_.window) return;
    if ((left_.window && !is_key(left_, options_.left.keys)) || (right_.window && !is_key(right_, options_.right.keys)))
      refuse_join("Implicit repartitioning of windowed sources is not supported: they join by their whole key");
    if (!left_.window || !right_.window) {
      if (options_.shape == JoinShape::stream_stream || options_.shape == JoinShape::table_table)
        refuse_join(
            fmt::format("a windowed source joins only with another windowed one, of the same windows: {} has "
                        "no window",
                        left_.window ? join_.right.name.text : left_.sources[0]->name));
      if (right_.window)
        refuse_join(fmt::format("the table {} is windowed: it has no single row per key", join_.right.name.text));
      return;
    }
    if (options_.shape == JoinShape::foreign_key || options_.shape == JoinShape::stream_table)
      refuse_join("windowed sources join by their keys and windows");
    if (left_.window->type != right_.window->type &&
        (left_.window->type == "SESSION" || right_.window->type == "SESSION"))
      refuse_join(
          fmt::format("Incompatible windowed sources.\nLeft source: {}\nRight source: {}\n"
                      "Session windowed sources can only be joined to other session windowed sources, and may "
                      "still not result in expected behaviour as session bounds must be an exact match for the "
                      "join to work",
                      left_.window->type, right_.window->type));
    // Equal starts are equal windows, but for sessions; the result's window is as long as the left one.
    const size_t start = *right_.window_start;
    auto column = [](size_t i, const char* name) { return make_column(i, bigint_type, name); };
    options_.left.keys.push_back(column(*left_.window_start, "WINDOWSTART"));
    options_.right.keys.push_back(column(start, "WINDOWSTART"));
    options_.left.keys.push_back(column(*left_.window_start + 1, "WINDOWEND"));
    options_.right.keys.push_back(left_.window->type == "SESSION"
                                      ? column(start + 1, "WINDOWEND")
                                      : make_arithmetic(ArithmeticOp::add, column(start, "WINDOWSTART"),
                                                        make_bigint(left_.window->size_ms), bigint_type));
  }

  FromClause result() {
    FromClause out;
    out.sources = left_.sources;
    out.sources.push_back(right_.sources[0]);
    const size_t first_key = scope_.columns().size();
    const std::vector<Type> key_types = result_key_types();
    take_keys(out, first_key, key_types);
    use_key_values();
    out.scattered = scattered_;
    if (left_.window) {
      out.window = left_.window;
      out.window_start = first_key + texts_.size();
    }
    fill_side(options_.left, left_);
    fill_side(options_.right, right_);
    JoinNode node;
    describe(node);
    node.options = std::move(options_);
    out.root = std::make_unique<PlanNode>();
    out.root->change = left_.table() ? Change::upsert : Change::append;
    out.root->width = first_key + key_types.size();
    out.root->node = std::move(node);
    out.root->inputs.push_back(std::move(left_.root));
    out.root->inputs.push_back(std::move(right_.root));
    return out;
  }

  static int32_t partitions(const FromClause& side) {
    int32_t most = 1;
    for (const auto& source : side.sources) most = std::max(most, source->topic.partitions);
    return most;
  }

  std::vector<Type> result_key_types() const {
    std::vector<Type> types;
    if (options_.shape == JoinShape::foreign_key) {
      for (const auto& part : left_.keys) types.push_back(left_.scope.columns()[part.value].type);
    } else {
      for (const auto& key : options_.left.keys) types.push_back(key->type());
    }
    return types;
  }

  // The key's columns follow those of both sides: in every row they have the key's value. Where no column of a side
  // stands for it, a SELECT names it ROWKEY.
  void take_keys(FromClause& out, size_t first_key, const std::vector<Type>& types) {
    out.scope = Scope();
    for (Scope::Column column : scope_.columns()) {
      if (column.qualifier.empty()) {  // of an earlier join
        column.name.clear();
        column.pseudo = true;
      }
      out.scope.add(std::move(column));
    }
    std::vector<std::string> names(types.size());
    const bool foreign = options_.shape == JoinShape::foreign_key;
    const size_t parts = foreign ? left_.keys.size() : texts_.size();
    for (size_t k = 0; k < parts; ++k) {
      FromClause::KeyPart part = foreign ? left_.keys[k] : joined_key(k);
      part.value = first_key + k;
      if (part.columns.empty()) {
        part.columns.push_back(part.value);
        names[k] = synthetic_name(k);
      }
      out.keys.push_back(std::move(part));
    }
    for (size_t k = 0; k < types.size(); ++k) out.scope.add({"", names[k], types[k], names[k].empty()});
  }

  FromClause::KeyPart joined_key(size_t k) const {
    FromClause::KeyPart part;
    if (kind_ != JoinKind::full) {
      // What had the key's value before has it still.
      for (const auto& known : left_.keys)
        if (known.equal.contains(texts_[k].first)) part = known;
      add_column(options_.left.keys[k]->column_index(), 0, part);
      add_column(options_.right.keys[k]->column_index(), left_width_, part);
    }
    part.equal.insert({texts_[k].first, texts_[k].second});
    return part;
  }
  static void add_column(int column, size_t first, FromClause::KeyPart& part) {
    if (column < 0) return;
    const size_t index = first + static_cast<size_t>(column);
    if (std::find(part.columns.begin(), part.columns.end(), index) == part.columns.end()) part.columns.push_back(index);
  }

  std::string synthetic_name(size_t k) const {
    for (int i = static_cast<int>(k);; ++i) {
      std::string name = i == 0 ? "ROWKEY" : fmt::format("ROWKEY_{}", i);
      const bool taken =
          std::any_of(scope_.columns().begin(), scope_.columns().end(),
                      [&](const Scope::Column& column) { return !column.qualifier.empty() && column.name == name; });
      if (!taken) return name;
    }
  }

  static void fill_side(JoinSide& side, const FromClause& from) {
    for (const auto& column : from.scope.columns()) side.types.push_back(column.type);
    for (const auto& part : from.keys) side.key_columns.push_back(part.value);
    side.counts = std::holds_alternative<ScanNode>(from.root->node);
  }

  void describe(JoinNode& node) const {
    for (size_t k = 0; k < options_.left.keys.size(); ++k)
      node.condition += fmt::format("{}{} = {}", k == 0 ? "" : " AND ", options_.left.keys[k]->to_string(),
                                    options_.right.keys[k]->to_string());
    std::string shape = "stream-stream";
    if (options_.shape == JoinShape::stream_table) shape = "stream-table";
    if (options_.shape == JoinShape::table_table) shape = "table-table";
    if (options_.shape == JoinShape::foreign_key) shape = "foreign-key table-table";
    if (options_.window)
      node.within = fmt::format("within {} ms before, {} ms after, grace {} ms", options_.window->before_ms,
                                options_.window->after_ms, options_.window->grace_ms);
    node.kind = fmt::format("{} JOIN ({})", kind_text(kind_), shape);
  }

  const syntax::Join& join_;
  const PlanContext& context_;
  JoinKind kind_;
  FromClause left_, right_;
  size_t left_width_;
  Scope scope_;
  JoinOptions options_;
  bool scattered_ = false;                                  // see FromClause
  std::vector<std::pair<std::string, std::string>> texts_;  // of the keys: left and right
};

}  // namespace

FromClause plan_join(FromClause left, const syntax::Join& join, const PlanContext& context) {
  return JoinPlanner(std::move(left), join, context).plan();
}

}  // namespace millrace
