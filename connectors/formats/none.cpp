// NONE: no columns, and no bytes. What a record has all the same is not looked at.
#include <fmt/format.h>

#include "connectors/format_registry.h"
#include "connectors/no_columns.h"

namespace millrace {

namespace {

class NoneFormat final : public Format {
 public:
  std::string_view name() const override { return "NONE"; }

  std::optional<std::string> refusal(const std::vector<Field>& fields, bool, const FormatOptions&) const override {
    if (fields.empty()) return std::nullopt;
    return fmt::format("The 'NONE' format can only be used when no columns are defined. Got: [{}]",
                       Schema(fields).to_string());
  }
  std::unique_ptr<Decoder> make_decoder(const std::vector<Field>&, bool, const FormatOptions&) const override {
    return make_no_column_decoder();
  }
  std::unique_ptr<Encoder> make_encoder(const std::vector<Field>&, bool, const FormatOptions&) const override {
    return make_no_column_encoder();
  }
};

}  // namespace

void register_none(FormatRegistry& registry) { registry.add(std::make_unique<NoneFormat>()); }

}  // namespace millrace
