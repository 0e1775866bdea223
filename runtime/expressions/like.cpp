#include <optional>

#include "runtime/expressions/node.h"

namespace millrace {

namespace {

// A pattern cut into what must match one character and what may match many.
struct LikePattern {
  struct Piece {
    enum Kind : uint8_t { literal, any_one, any_many } kind;
    char byte;
  };
  std::vector<Piece> pieces;

  LikePattern(std::string_view pattern, char escape) {
    for (size_t i = 0; i < pattern.size(); ++i) {
      const char c = pattern[i];
      if (escape != 0 && c == escape && i + 1 < pattern.size()) {
        pieces.push_back({Piece::literal, pattern[++i]});
      } else if (c == '%') {
        if (pieces.empty() || pieces.back().kind != Piece::any_many) pieces.push_back({Piece::any_many, 0});
      } else {
        pieces.push_back({c == '_' ? Piece::any_one : Piece::literal, c});
      }
    }
  }

  // Greedy with one point of return, the last %: text × pattern at worst, never exponential.
  bool matches(std::string_view text) const {
    size_t t = 0, p = 0;
    size_t back_pattern = none, back_text = 0;
    while (t < text.size()) {
      if (p < pieces.size() && pieces[p].kind == Piece::any_many) {
        back_pattern = ++p;
        back_text = t;
      } else if (p < pieces.size() && pieces[p].kind == Piece::any_one) {
        t += character_bytes(text, t);
        ++p;
      } else if (p < pieces.size() && pieces[p].byte == text[t]) {
        ++t;
        ++p;
      } else if (back_pattern != none) {
        back_text += character_bytes(text, back_text);
        t = back_text;
        p = back_pattern;
      } else {
        return false;
      }
    }
    while (p < pieces.size() && pieces[p].kind == Piece::any_many) ++p;
    return p == pieces.size();
  }

 private:
  static constexpr size_t none = ~size_t{0};

  // `_` stands for one code point, not one byte.
  static size_t character_bytes(std::string_view text, size_t at) {
    size_t n = 1;
    while (at + n < text.size() && (static_cast<unsigned char>(text[at + n]) & 0xC0) == 0x80) ++n;
    return n;
  }
};

class LikeNode final : public Node {
 public:
  LikeNode(std::vector<ExpressionPtr> children, char escape)
      : Node(boolean_type, std::move(children)), escape_(escape) {}

  ColumnPtr evaluate(const Batch& batch, Selection rows, RowErrors& errors) const override {
    const ColumnPtr value = children()[0]->evaluate(batch, rows, errors);
    const ColumnPtr pattern = children()[1]->evaluate(batch, rows, errors);
    ResultColumn result(boolean_type, batch.rows, rows, all_constant({value.get(), pattern.get()}));
    std::optional<LikePattern> compiled;
    if (pattern->is_constant() && pattern->valid(0)) compiled.emplace(pattern->at<std::string_view>(0), escape_);
    result.rows.for_each([&](size_t row) {
      if (!value->valid(row) || !pattern->valid(row)) return result.column->set_null(row);
      const auto text = value->at<std::string_view>(row);
      const bool matches =
          compiled ? compiled->matches(text) : LikePattern(pattern->at<std::string_view>(row), escape_).matches(text);
      result.column->set<uint8_t>(row, matches);
    });
    return result.column;
  }
  std::string to_string() const override {
    const std::string escape = escape_ == 0 ? "" : fmt::format(" ESCAPE '{}'", escape_);
    return fmt::format("({} LIKE {}{})", children()[0]->to_string(), children()[1]->to_string(), escape);
  }
  ExpressionPtr with_children(std::vector<ExpressionPtr> c) const override {
    return std::make_shared<LikeNode>(std::move(c), escape_);
  }

 private:
  char escape_;
};

}  // namespace

ExpressionPtr make_like(ExpressionPtr value, ExpressionPtr pattern, char escape) {
  return std::make_shared<LikeNode>(std::vector{std::move(value), std::move(pattern)}, escape);
}

}  // namespace millrace
