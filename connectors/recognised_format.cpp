#include "connectors/recognised_format.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace millrace {

namespace {

struct Recognised {
  std::string text;
  std::string_view format;
};

uint64_t big_endian(Bytes bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool is_text(Bytes bytes) {
  auto control = [](unsigned char c) { return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F; };
  return std::none_of(bytes.begin(), bytes.end(), control) && simdjson::validate_utf8(bytes.data(), bytes.size());
}

// Whole numbers of more than 52 bits are rarer than doubles, whose first bits say how large they are.
Recognised number_of_8_bytes(Bytes bytes) {
  const auto whole = std::bit_cast<int64_t>(big_endian(bytes));
  const auto real = std::bit_cast<double>(big_endian(bytes));
  constexpr int64_t likely_max = int64_t{1} << 52;
  if (std::abs(real) < 1e-100 || !std::isfinite(real) || (whole >= -likely_max && whole <= likely_max))
    return {std::to_string(whole), "KAFKA_BIGINT"};
  return {fmt::format("{}", real), "KAFKA_DOUBLE"};
}

class RecognisingDecoder final : public Decoder {
 public:
  explicit RecognisingDecoder(bool key) : key_(key) {}

  void decode(std::span<const Bytes> payloads, std::span<const std::shared_ptr<Column>> columns, RowErrors&) override {
    for (size_t i = 0; i < payloads.size(); ++i) {
      if (is_null(payloads[i])) {
        for (const auto& column : columns)
          if (column) column->set_null(i);
        continue;
      }
      const auto windowed = key_ ? recognise_windowed(payloads[i]) : std::nullopt;
      const Recognised plain = windowed ? Recognised{} : recognise(payloads[i]);
      const std::string_view texts[] = {windowed ? windowed->first : plain.text,
                                        windowed ? std::string_view(windowed->second) : plain.format};
      for (size_t c = 0; c < columns.size(); ++c)
        if (columns[c]) columns[c]->set<std::string_view>(i, columns[c]->keep(texts[c]));
    }
  }

 private:
  Recognised recognise(Bytes bytes) {
    if (is_text(bytes)) return {std::string(bytes), is_json(bytes) ? "JSON" : "KAFKA_STRING"};
    if (bytes.size() == 4) return {std::to_string(static_cast<int32_t>(big_endian(bytes))), "KAFKA_INT"};
    if (bytes.size() == 8) return number_of_8_bytes(bytes);
    std::string text = "0x";
    for (const char c : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(c));
    return {std::move(text), "BYTES"};
  }

  // Times since 1970 have two zero bytes at their beginning for thousands of years.
  std::optional<std::pair<std::string, std::string>> recognise_windowed(Bytes bytes) {
    auto is_time = [](Bytes at) { return at[0] == 0 && at[1] == 0; };
    if (bytes.size() <= 8 || !is_time(bytes.substr(bytes.size() - 8))) return std::nullopt;
    const uint64_t start = big_endian(bytes.substr(bytes.size() - 8));
    const bool session = bytes.size() > 16 && is_time(bytes.substr(bytes.size() - 16, 8)) &&
                         big_endian(bytes.substr(bytes.size() - 16, 8)) >= start;
    const Recognised key = recognise(bytes.substr(0, bytes.size() - (session ? 16 : 8)));
    if (key.format == "BYTES") return std::nullopt;
    const std::string end = session ? std::to_string(big_endian(bytes.substr(bytes.size() - 16, 8))) : "-";
    return std::pair(fmt::format("[{}@{}/{}]", key.text, start, end), fmt::format("WINDOWED {}", key.format));
  }

  bool is_json(Bytes bytes) {
    const size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == Bytes::npos || std::string_view("{[\"").find(bytes[first]) == std::string_view::npos) return false;
    return parser_.parse(bytes.data(), bytes.size(), true).error() == simdjson::SUCCESS;
  }

  bool key_;
  simdjson::dom::parser parser_;
};

class RecognisedFormat final : public Format {
 public:
  std::string_view name() const override { return "RECOGNISED"; }

  std::optional<std::string> refusal(const std::vector<Field>&, bool, const FormatOptions&) const override {
    return "nothing is declared in a format that is only recognised";
  }
  std::unique_ptr<Decoder> make_decoder(const std::vector<Field>&, bool key, const FormatOptions&) const override {
    return std::make_unique<RecognisingDecoder>(key);
  }
  std::unique_ptr<Encoder> make_encoder(const std::vector<Field>&, bool, const FormatOptions&) const override {
    return nullptr;
  }
};

}  // namespace

const Format& recognised_format() {
  static const RecognisedFormat format;
  return format;
}

}  // namespace millrace
