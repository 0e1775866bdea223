#include "grammar/format.h"

#include <algorithm>
#include <set>

#include "grammar/expectation.h"

namespace millrace::syntax {

namespace {

using Kind = Expression::Kind;

// How closely a node binds: an operand that binds less closely than its place asks is put in parentheses.
enum Binding { any, disjunction, conjunction, negation, predicate, addition, multiplication, sign, suffix, atom };

bool is_number(Kind kind) {
  return kind == Kind::integer_literal || kind == Kind::decimal_literal || kind == Kind::double_literal;
}

Binding binding(const Expression& expression) {
  switch (expression.kind) {
    case Kind::logical_or:
      return disjunction;
    case Kind::logical_and:
      return conjunction;
    case Kind::logical_not:
      return negation;
    case Kind::comparison:
    case Kind::is_null:
    case Kind::between:
    case Kind::in_list:
    case Kind::like:
      return predicate;
    case Kind::arithmetic:
      return expression.text == "+" || expression.text == "-" ? addition : multiplication;
    case Kind::negate:
      return sign;
    case Kind::subscript:
    case Kind::field:
      return suffix;
    case Kind::integer_literal:
    case Kind::decimal_literal:
    case Kind::double_literal:
      return expression.text.starts_with('-') ? sign : atom;
    default:
      return atom;
  }
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  void write(const Expression& expression, Binding least = any) {
    if (binding(expression) < least) {
      out_ += '(';
      node(expression);
      out_ += ')';
    } else {
      node(expression);
    }
  }

 private:
  void node(const Expression& e) {
    switch (e.kind) {
      case Kind::null_literal:
        out_ += "NULL";
        return;
      case Kind::boolean_literal:
      case Kind::integer_literal:
      case Kind::decimal_literal:
      case Kind::double_literal:
        out_ += e.text;
        return;
      case Kind::string_literal:
        string(e.text);
        return;
      case Kind::star:
        out_ += '*';
        return;
      case Kind::column:
        if (!e.qualifier.empty()) out_ += quote_name(e.qualifier) + ".";
        out_ += quote_name(e.text);
        return;
      case Kind::negate:
        return negate(*e.children[0]);
      case Kind::arithmetic:
        return arithmetic(e);
      case Kind::comparison:
        return operands(e, " " + e.text + " ", addition);
      case Kind::logical_and:
        return operands(e, " AND ", negation);
      case Kind::logical_or:
        return operands(e, " OR ", conjunction);
      case Kind::logical_not:
        out_ += "NOT ";
        return write(*e.children[0], negation);
      case Kind::is_null:
      case Kind::between:
      case Kind::in_list:
      case Kind::like:
        return test(e);
      case Kind::case_searched:
      case Kind::case_simple:
        return case_node(e);
      case Kind::cast:
        out_ += "CAST(";
        write(*e.children[0]);
        out_ += " AS " + format_type(*e.type) + ")";
        return;
      case Kind::call:
        return list(quote_name(e.text) + "(", e, 0, ")");
      case Kind::array:
        return list("ARRAY[", e, 0, "]");
      case Kind::map:
        return map(e);
      case Kind::structure:
        return structure(e);
      case Kind::subscript:
        return subscript(e);
      case Kind::field:
        write(*e.children[0], suffix);
        out_ += "->" + quote_name(e.text);
        return;
      case Kind::lambda:
        return lambda(e);
    }
  }

  void string(const std::string& text) {
    out_ += '\'';
    for (char c : text) out_.append(c == '\'' ? 2 : 1, c);
    out_ += '\'';
  }

  // A second sign directly after the first would begin a comment, and a number would become a negative literal.
  void negate(const Expression& child) {
    out_ += '-';
    write(child, child.kind == Kind::negate || is_number(child.kind) ? static_cast<Binding>(atom + 1) : sign);
  }

  void arithmetic(const Expression& e) {
    // A long sum leans to the left: its operands are written in a loop.
    Binding own = binding(e);
    std::vector<const Expression*> chain{&e};
    while (chain.back()->children[0]->kind == Kind::arithmetic && binding(*chain.back()->children[0]) == own) {
      chain.push_back(chain.back()->children[0].get());
    }
    write(*chain.back()->children[0], own);
    for (auto part = chain.rbegin(); part != chain.rend(); ++part) {
      out_ += " " + (*part)->text + " ";
      write(*(*part)->children[1], static_cast<Binding>(own + 1));
    }
  }

  void operands(const Expression& e, const std::string& between, Binding least) {
    for (size_t i = 0; i < e.children.size(); ++i) {
      if (i > 0) out_ += between;
      write(*e.children[i], least);
    }
  }

  void list(const std::string& open, const Expression& e, size_t first, const char* close) {
    out_ += open;
    for (size_t i = first; i < e.children.size(); ++i) {
      if (i > first) out_ += ", ";
      write(*e.children[i]);
    }
    out_ += close;
  }

  void test(const Expression& e) {
    write(*e.children[0], addition);
    if (e.kind == Kind::is_null) {
      out_ += e.negated ? " IS NOT NULL" : " IS NULL";
      return;
    }
    if (e.negated) out_ += " NOT";
    if (e.kind == Kind::in_list) return list(" IN (", e, 1, ")");
    out_ += e.kind == Kind::like ? " LIKE " : " BETWEEN ";
    write(*e.children[1], addition);
    if (e.children.size() < 3) return;
    out_ += e.kind == Kind::like ? " ESCAPE " : " AND ";
    write(*e.children[2], addition);
  }

  void case_node(const Expression& e) {
    out_ += "CASE";
    size_t i = 0;
    if (e.kind == Kind::case_simple) {
      out_ += ' ';
      write(*e.children[i++]);
    }
    for (; i + 1 < e.children.size(); i += 2) {
      out_ += " WHEN ";
      write(*e.children[i]);
      out_ += " THEN ";
      write(*e.children[i + 1]);
    }
    if (i < e.children.size()) {
      out_ += " ELSE ";
      write(*e.children[i]);
    }
    out_ += " END";
  }

  void subscript(const Expression& e) {
    write(*e.children[0], suffix);
    out_ += '[';
    write(*e.children[1]);
    out_ += ']';
  }

  void map(const Expression& e) {
    out_ += "MAP(";
    for (size_t i = 0; i + 1 < e.children.size(); i += 2) {
      if (i > 0) out_ += ", ";
      write(*e.children[i]);
      out_ += " := ";
      write(*e.children[i + 1]);
    }
    out_ += ')';
  }

  void structure(const Expression& e) {
    out_ += "STRUCT(";
    for (size_t i = 0; i < e.children.size(); ++i) {
      out_ += (i > 0 ? ", " : "") + quote_name(e.names[i].text) + " := ";
      write(*e.children[i]);
    }
    out_ += ')';
  }

  void lambda(const Expression& e) {
    bool several = e.names.size() != 1;
    if (several) out_ += '(';
    for (size_t i = 0; i < e.names.size(); ++i) out_ += (i > 0 ? ", " : "") + quote_name(e.names[i].text);
    out_ += several ? ") => " : " => ";
    write(*e.children[0]);
  }

  std::string out_;
};

// What cannot be a name without quotes, and what begins a constructor where a name is meant.
std::set<std::string> words_to_quote() {
  std::set<std::string> words = reserved_words();
  words.insert({"ARRAY", "MAP", "STRUCT"});
  return words;
}

}  // namespace

std::string format_expression(const Expression& expression) {
  Writer writer;
  writer.write(expression);
  return writer.take();
}

std::string format_type(const TypeName& type) {
  std::string text =
      type.name == "ARRAY" || type.name == "MAP" || type.name == "STRUCT" ? type.name : quote_name(type.name);
  for (size_t i = 0; i < type.parameters.size(); ++i) text += (i > 0 ? ", " : "(") + std::to_string(type.parameters[i]);
  if (!type.parameters.empty()) text += ')';
  for (size_t i = 0; i < type.arguments.size(); ++i) {
    text += i > 0 ? ", " : "<";
    if (i < type.fields.size()) text += quote_name(type.fields[i].text) + " ";
    text += format_type(type.arguments[i]);
  }
  if (!type.arguments.empty()) text += '>';
  return type.arguments.empty() && type.name == "STRUCT" ? text + "<>" : text;
}

std::string quote_name(std::string_view name) {
  static const std::set<std::string> reserved = words_to_quote();
  auto is_first = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
  auto is_next = [&](char c) { return is_first(c) || (c >= '0' && c <= '9') || c == '@'; };
  bool plain = !name.empty() && is_first(name.front()) && std::all_of(name.begin(), name.end(), is_next) &&
               reserved.count(std::string(name)) == 0;
  if (plain) return std::string(name);
  std::string quoted = "`";
  for (char c : name) quoted.append(c == '`' ? 2 : 1, c);
  return quoted + "`";
}

}  // namespace millrace::syntax
