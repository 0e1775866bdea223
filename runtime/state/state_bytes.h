// Writing and reading the bytes of state blocks: little-endian, bounds checked.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "runtime/error.h"

namespace millrace {

class StateWriter {
 public:
  template <class T>
  void number(T value) {
    buffer_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    buffer_.append(value);
  }
  void raw(const void* data, size_t size) { buffer_.append(static_cast<const char*>(data), size); }
  // Room for `size` bytes that the caller fills at once.
  char* reserve(size_t size) {
    buffer_.resize(buffer_.size() + size);
    return buffer_.data() + buffer_.size() - size;
  }
  size_t size() const { return buffer_.size(); }
  const std::string& buffer() const { return buffer_; }
  std::string take() { return std::move(buffer_); }
  void clear() { buffer_.clear(); }

 private:
  std::string buffer_;
};

// Throws Error{state_unreadable} where the bytes end early.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, raw(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view text() { return raw(number<uint32_t>()); }
  std::string_view raw(size_t size) {
    if (size > bytes_.size()) throw Error(ErrorCode::state_unreadable, "a state record ends early");
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }
  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

}  // namespace millrace
