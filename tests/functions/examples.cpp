#include <gtest/gtest.h>

#include "tests/functions/evaluate.h"

namespace millrace {
namespace {

// Every function's example gives what it says, and its help is there to be read.
TEST(Functions, ExamplesGiveWhatTheySay) {
  for (const auto& [name, function] : all_functions().all()) {
    EXPECT_FALSE(function.group.empty()) << name;
    EXPECT_TRUE(function.help.ends_with('.')) << name;
    EXPECT_FALSE(function.overloads.empty()) << name;
    EXPECT_NE(function.example.first.find(name), std::string::npos) << name;
    try {
      const ExpressionPtr example = bind_text(function.example.first);
      const ExpressionPtr literal = bind_text(function.example.second);
      RowErrors errors;
      const ColumnPtr value = evaluate_constant(*example, errors);
      const ColumnPtr expected = evaluate_constant(*literal, errors);
      EXPECT_EQ(errors.count(), 0U) << name;
      ASSERT_EQ(example->type(), literal->type())
          << name << " gives " << example->type().to_string() << ", says " << literal->type().to_string();
      EXPECT_TRUE(same_value(*value, 0, *expected, 0)) << name << " gives " << evaluate(function.example.first);
    } catch (const Error& error) {
      ADD_FAILURE() << name << ": " << error.message();
    }
  }
}

}  // namespace
}  // namespace millrace
