// "(ARRAY<T>, T...) -> ARRAY<T>": what a function takes and gives, read from the text that documents it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/type.h"

namespace millrace {

// One type of a signature: a kind, a variable (T, K, V, …; ANY is another one each time), or a nested type of such.
struct TypePattern {
  std::string variable;  // empty: `kind`
  TypeKind kind = TypeKind::boolean;
  std::vector<TypePattern> nested;  // ARRAY: element; MAP: key, value
};

class Signature {
 public:
  // The text must be well-formed: it is part of the program.
  explicit Signature(std::string text);

  const std::string& text() const { return text_; }
  // Whether the first parameter is the name of a unit of time, written without quotes; the kernel gets it as text.
  bool takes_unit() const { return text_.starts_with("(UNIT"); }

  // How well arguments of these types fit.
  struct Match {
    int cost = 0;                  // implicit conversions, and a bit for a variable or a variadic parameter
    std::vector<Type> parameters;  // the type that each argument is cast to
    Type result;                   // of a DECIMAL: the widest argument's
  };
  // `types[i]` absent: the argument is an untyped NULL.
  std::optional<Match> match(const std::vector<std::optional<Type>>& types) const;

 private:
  std::string text_;
  std::vector<TypePattern> parameters_;
  std::optional<size_t> variadic_;  // this parameter may come any number of times, also none
  TypePattern result_;
};

// Cost of giving a value of type `from` where `to` is wanted: 0 for the same, absent where it needs a CAST.
std::optional<int> implicit_cast_cost(const Type& from, const Type& to);
// The type both convert to implicitly, if there is one: INTEGER < BIGINT < DECIMAL < DOUBLE. Of STRUCTs whose fields
// are united: the fields of both, null where a value has none.
enum class Fields : uint8_t { equal, united };
std::optional<Type> common_type(const Type& a, const Type& b, Fields fields = Fields::equal);

}  // namespace millrace
