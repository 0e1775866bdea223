#include "runtime/state/state_column.h"

#include <cmath>

#include "runtime/state/value_bytes.h"

namespace millrace {

StateColumn::StateColumn(Type type) : type_(std::move(type)) {
  const bool flat = !type_.is_text() && !type_.is_nested();
  element_ = flat ? with_element(type_.kind(), [](auto zero) { return sizeof(zero); }) : 0;
}

void StateColumn::resize(size_t entries) {
  valid_.resize(entries);
  if (has_text()) {
    text_.resize(entries);
  } else {
    values_.resize(entries * element_);
  }
}

void StateColumn::reset(size_t entry) {
  valid_[entry] = 0;
  if (has_text()) {
    account_text(text_[entry].size(), 0);
    std::string().swap(text_[entry]);
  } else {
    std::memset(values_.data() + entry * element_, 0, element_);
  }
}

void StateColumn::assign(size_t entry, const Column& from, size_t row) {
  if (!from.valid(row)) return reset(entry);
  valid_[entry] = 1;
  if (type_.is_nested()) return assign_nested(entry, from, row);
  with_element(type_.kind(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, std::string_view>) {
      const auto value = from.at<std::string_view>(row);
      account_text(text_[entry].size(), value.size());
      text_[entry].assign(value);
    } else {
      at<T>(entry) = from.at<T>(row);
    }
  });
}

void StateColumn::assign_nested(size_t entry, const Column& from, size_t row) {
  std::string& bytes = text_[entry];
  const size_t before = bytes.size();
  bytes.clear();
  append_value_bytes(from, row, bytes);
  account_text(before, bytes.size());
}

// REQUIRES: both are valid
bool StateColumn::equals_value(size_t entry, const Column& other, size_t row) const {
  if (type_.is_nested()) {
    std::string bytes;
    append_value_bytes(other, row, bytes);
    return bytes == text_[entry];
  }
  return with_element(type_.kind(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, std::string_view>) {
      return text_[entry] == other.at<std::string_view>(row);
    } else if constexpr (std::is_same_v<T, double>) {
      const double a = at<double>(entry);
      const double b = other.at<double>(row);
      return a == b || (std::isnan(a) && std::isnan(b));
    } else {
      return at<T>(entry) == other.at<T>(row);
    }
  });
}

int StateColumn::compare(size_t a, size_t b) const {
  if (!valid(a) || !valid(b)) return static_cast<int>(valid(a)) - static_cast<int>(valid(b));
  if (has_text()) return text_[a].compare(text_[b]);
  return with_element(type_.kind(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, std::string_view>) {
      return 0;
    } else {
      return at<T>(a) < at<T>(b) ? -1 : at<T>(b) < at<T>(a) ? 1 : 0;
    }
  });
}

std::shared_ptr<Column> StateColumn::read(std::span<const uint32_t> entries) const {
  if (type_.is_nested()) {
    auto out = std::make_shared<Column>(type_, 0);
    for (const uint32_t entry : entries) {
      if (!valid(entry)) {
        out->append_null();
      } else {
        StateReader bytes(text_[entry]);
        read_value_bytes(bytes, *out);
      }
    }
    return out;
  }
  auto out = std::make_shared<Column>(type_, entries.size());
  with_element(type_.kind(), [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!valid(entries[i])) {
        out->set_null(i);
      } else if constexpr (std::is_same_v<T, std::string_view>) {
        out->set(i, out->keep(text_[entries[i]]));
      } else {
        out->set(i, at<T>(entries[i]));
      }
    }
  });
  return out;
}

void StateColumn::save(std::span<const uint32_t> entries, StateWriter& out) const {
  char* valid_bytes = out.reserve(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) valid_bytes[i] = static_cast<char>(valid_[entries[i]]);
  if (has_text()) {
    for (uint32_t entry : entries) out.text(text_[entry]);
    return;
  }
  char* values = out.reserve(entries.size() * element_);
  for (size_t i = 0; i < entries.size(); ++i)
    std::memcpy(values + i * element_, values_.data() + entries[i] * element_, element_);
}

void StateColumn::load(std::span<const uint32_t> entries, StateReader& in) {
  const auto valid_bytes = in.raw(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) valid_[entries[i]] = valid_bytes[i] != 0 ? 1 : 0;
  if (has_text()) {
    for (uint32_t entry : entries) {
      const auto value = in.text();
      account_text(text_[entry].size(), value.size());
      text_[entry].assign(value);
    }
    return;
  }
  const auto values = in.raw(entries.size() * element_);
  for (size_t i = 0; i < entries.size(); ++i)
    std::memcpy(values_.data() + entries[i] * element_, values.data() + i * element_, element_);
}

std::shared_ptr<Column> StateColumn::load_column(const Type& type, size_t count, StateReader& in) {
  const auto valid_bytes = in.raw(count);
  if (type.is_nested()) {
    auto out = std::make_shared<Column>(type, 0);
    for (size_t i = 0; i < count; ++i) {
      StateReader bytes(in.text());
      if (valid_bytes[i] == 0) {
        out->append_null();
      } else {
        read_value_bytes(bytes, *out);
      }
    }
    return out;
  }
  auto out = std::make_shared<Column>(type, count);
  with_element(type.kind(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, std::string_view>) {
      for (size_t i = 0; i < count; ++i) out->set(i, in.text());
    } else {
      const auto values = in.raw(count * sizeof(T));
      if (!values.empty()) std::memcpy(out->values<T>(), values.data(), values.size());
    }
  });
  for (size_t i = 0; i < count; ++i)
    if (valid_bytes[i] == 0) out->set_null(i);
  return out;
}

}  // namespace millrace
