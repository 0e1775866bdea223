#include "connectors/no_columns.h"

namespace millrace {

namespace {

class NoColumnDecoder final : public Decoder {
 public:
  void decode(std::span<const Bytes>, std::span<const std::shared_ptr<Column>>, RowErrors&) override {}
};

class NoColumnEncoder final : public Encoder {
 public:
  void encode(std::span<const ColumnPtr>, Selection rows, EncodedRows& out) override {
    rows.for_each([&](size_t) { out.close(true); });
  }
};

}  // namespace

std::unique_ptr<Decoder> make_no_column_decoder() { return std::make_unique<NoColumnDecoder>(); }
std::unique_ptr<Encoder> make_no_column_encoder() { return std::make_unique<NoColumnEncoder>(); }

}  // namespace millrace
