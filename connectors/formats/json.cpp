// JSON: an object per row, or a bare value where one column is not wrapped.

#include <algorithm>

#include "connectors/format_registry.h"
#include "connectors/json_decoder.h"
#include "connectors/json_text.h"

namespace millrace {

namespace {

// One key column is bare, other single columns are wrapped, unless said otherwise.
bool is_wrapped(const std::vector<Field>& fields, bool key, const FormatOptions& options) {
  return fields.size() != 1 || options.wrap_single.value_or(!key);
}

class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(const std::vector<Field>& fields, bool wrapped) : wrapped_(wrapped) {
    for (const Field& field : fields) {
      std::string& name = names_.emplace_back(names_.empty() ? "{" : ",");
      append_json_string(field.name, name);
      name += ':';
    }
  }

  void encode(std::span<const ColumnPtr> columns, Selection rows, EncodedRows& out) override {
    rows.for_each([&](size_t row) {
      if (!wrapped_) {
        const bool null = !columns[0]->valid(row);
        if (!null) append_json(*columns[0], row, out.buffer);
        out.close(null);
        return;
      }
      if (names_.empty()) out.buffer += '{';
      for (size_t f = 0; f < names_.size(); ++f) {
        out.buffer += names_[f];
        append_json(*columns[f], row, out.buffer);
      }
      out.buffer += '}';
      out.close();
    });
  }

 private:
  bool wrapped_;
  std::vector<std::string> names_;  // {"A": and ,"B":
};

bool has_other_keys(const Type& type) {
  switch (type.kind()) {
    case TypeKind::array:
      return has_other_keys(type.element());
    case TypeKind::map:
      return !type.key().is(TypeKind::varchar) || has_other_keys(type.value());
    case TypeKind::struct_:
      return std::any_of(type.field_types().begin(), type.field_types().end(), has_other_keys);
    default:
      return false;
  }
}

class JsonFormat final : public Format {
 public:
  std::string_view name() const override { return "JSON"; }

  std::optional<std::string> refusal(const std::vector<Field>& fields, bool, const FormatOptions&) const override {
    for (const Field& field : fields)
      if (has_other_keys(field.type)) return "JSON only supports MAP types with STRING keys";
    return std::nullopt;
  }
  std::unique_ptr<Decoder> make_decoder(const std::vector<Field>& fields, bool key,
                                        const FormatOptions& options) const override {
    return make_json_decoder(fields, is_wrapped(fields, key, options), options.refuse_unknown);
  }
  std::unique_ptr<Encoder> make_encoder(const std::vector<Field>& fields, bool key,
                                        const FormatOptions& options) const override {
    return std::make_unique<JsonEncoder>(fields, is_wrapped(fields, key, options));
  }
};

}  // namespace

void register_json(FormatRegistry& registry) { registry.add(std::make_unique<JsonFormat>()); }

}  // namespace millrace
