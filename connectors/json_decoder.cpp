#include "connectors/json_decoder.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <map>
#include <unordered_map>

#include "connectors/json_scalar.h"
#include "connectors/json_tokens.h"
#include "connectors/utf8.h"
#include "runtime/nearest_name.h"
#include "runtime/same_bytes.h"

namespace millrace {

namespace {

// A declared type with what reading it needs and remembers.
struct Node {
  Type type;
  std::vector<Node> children;  // as in Column

  // As a field of an object: where its values go, and the number of the object in which it was last seen, by its very
  // name, with a value that is not null.
  Column* out = nullptr;
  uint64_t seen = 0;
  uint64_t seen_exact = 0;
  uint64_t valued = 0;

  // STRUCT, and the record itself:
  std::vector<std::string> names;
  std::map<std::string, uint32_t, std::less<>> by_name;
  uint64_t object = 0;        // the number of the object that is being read
  size_t values_missing = 0;  // in it

  // Records of a topic name their fields alike and in the same order: what the i-th name was, and what it meant.
  struct Spelling {
    std::string text;  // from the first quote to the colon
    uint32_t field = none;
    bool exact = false;
  };
  static constexpr uint32_t none = ~uint32_t{0};
  static constexpr size_t spellings_max = 256;
  std::vector<Spelling> spellings;
};

Node make_struct_node(Type type, const std::vector<std::string>& names, const std::vector<Type>& types);

Node make_node(const Type& type) {
  if (type.is(TypeKind::struct_)) return make_struct_node(type, type.field_names(), type.field_types());
  Node node;
  node.type = type;
  if (type.is(TypeKind::array)) node.children.push_back(make_node(type.element()));
  if (type.is(TypeKind::map)) {
    node.children.push_back(make_node(type.key()));
    node.children.push_back(make_node(type.value()));
  }
  return node;
}

Node make_struct_node(Type type, const std::vector<std::string>& names, const std::vector<Type>& types) {
  Node node;
  node.type = std::move(type);
  node.names = names;
  for (uint32_t i = 0; i < names.size(); ++i) {
    node.children.push_back(make_node(types[i]));
    node.by_name.emplace(names[i], i);
  }
  return node;
}

void set_null(Column* out, size_t row) {
  if (out == nullptr) return;
  if (!out->type().is_nested()) return out->set_null(row);
  out->truncate(row);
  out->append_null();
}

enum class Read : uint8_t {
  value,
  null,
  fault,    // not JSON: the record cannot be read on
  problem,  // JSON, but not of the declared type: noted, and read over
};

class JsonDecoder final : public Decoder {
 public:
  JsonDecoder(const std::vector<Field>& fields, bool wrapped, bool refuse_unknown)
      : wrapped_(wrapped), refuse_unknown_(refuse_unknown) {
    std::vector<std::string> names;
    std::vector<Type> types;
    for (const Field& field : fields) {
      names.push_back(field.name);
      types.push_back(field.type);
    }
    root_ = make_struct_node(Type(), names, types);
  }

  void decode(std::span<const Bytes> payloads, std::span<const std::shared_ptr<Column>> columns,
              RowErrors& rejected) override {
    for (size_t f = 0; f < columns.size(); ++f) {
      root_.children[f].out = columns[f].get();
      // Nested columns are made by appending.
      if (columns[f] && columns[f]->type().is_nested()) *columns[f] = Column(columns[f]->type(), 0);
    }
    for (size_t row = 0; row < payloads.size(); ++row) {
      row = decode_run(payloads, row);
      if (row == payloads.size()) break;
      if (!is_null(payloads[row])) {
        if (decode_record(payloads[row], row)) continue;
        reject(row, payloads[row], rejected);
      }
      set_all_null(row);
    }
  }

 private:
  size_t decode_run(std::span<const Bytes> payloads, size_t row);
  bool decode_record(Bytes payload, size_t row);
  bool decode_value(JsonCursor& cursor, size_t row);
  Read read_other_record(JsonCursor& cursor, size_t row);
  void reject(size_t row, Bytes payload, RowErrors& rejected);
  void set_all_null(size_t row) {
    for (Node& field : root_.children) set_null(field.out, row);
  }

  // `out` is null where the value is only checked. Flat columns have `row`, nested ones end before it; they take the
  // value where there is one, and the caller sees to the others.
  Read read(Node& node, JsonCursor& cursor, Column* out, size_t row);
  Read read_scalar(const Type& type, JsonCursor& cursor, Column* out, size_t row);
  Read read_nested_text(JsonCursor& cursor, Column* out, size_t row);
  Read read_fields(Node& node, JsonCursor& cursor, size_t row);
  Read read_field(Node& node, uint32_t index, bool exact, JsonCursor& cursor, size_t row);
  static bool take_plain_field(Node& node, Node& field, const Node::Spelling& spelling, JsonCursor& cursor);
  bool read_plain_field(Node& node, size_t position, JsonCursor& cursor, size_t row);
  bool read_any_field(Node& node, size_t position, JsonCursor& cursor, size_t row);
  bool find_field(Node& node, size_t position, const JsonCursor& cursor, Node::Spelling& found);
  Read read_struct(Node& node, JsonCursor& cursor, Column* out, size_t row);
  Read read_array(Node& node, JsonCursor& cursor, Column* out);
  Read read_map(Node& node, JsonCursor& cursor, Column* out);
  Read read_element(Node& node, JsonCursor& cursor, Column* out);

  Read mismatch(const Type& type, JsonCursor& cursor);
  Read note(RowErrorCode code, const Type& type, std::string_view came);
  Read fault(const JsonCursor& cursor, std::string_view expected) {
    fault_ = {cursor.offset(), expected};
    return Read::fault;
  }

  struct Problem {
    uint32_t field;
    RowErrorCode code;
    std::string reason;  // of an unknown column its name, in quotes
  };

  static constexpr size_t run_records_max = 512;
  static constexpr size_t run_bytes_max = 64 << 10;

  Node root_;
  size_t run_records_ = run_records_max;  // to be tried at once
  bool wrapped_;
  bool refuse_unknown_;
  JsonTokens tokens_;
  std::string scratch_;

  // Of the record that is being read:
  uint32_t field_ = 0;
  JsonTokenError token_error_ = JsonTokenError::none;
  JsonFault fault_;
  std::vector<Problem> problems_;
};

// --- records ---------------------------------------------------------------------------------------------------------

// How many records lie directly behind each other.
size_t adjacent(std::span<const Bytes> payloads, size_t records_max, size_t bytes_max) {
  size_t count = 0, bytes = 0;
  for (; count < payloads.size() && count < records_max; ++count) {
    const Bytes payload = payloads[count];
    bytes += payload.size();
    if (payload.empty() || bytes > bytes_max || payload.data() + payload.size() != payloads[0].data() + bytes) break;
  }
  return count;
}

// Finds the tokens of several records at once, which is faster, and reads records while all is well: each begins with
// a token, at its first byte, and ends before the one at the next's. So nothing of one record can pass as the other's.
// The row of the first record that was not read; whatever is wrong with it shows when it is read alone.
size_t JsonDecoder::decode_run(std::span<const Bytes> payloads, size_t row) {
  const size_t count = adjacent(payloads.subspan(row), run_records_, run_bytes_max);
  run_records_ = std::min(run_records_ * 2, run_records_max);
  if (count < 2) return row;
  const char* const begin = payloads[row].data();
  const std::string_view text(
      begin, static_cast<size_t>(payloads[row + count - 1].data() - begin) + payloads[row + count - 1].size());
  JsonCursor cursor;
  const auto begins_at = [&](size_t i) {
    const auto offset = static_cast<size_t>(payloads[i].data() - begin);
    return !cursor.done() && cursor.offset() == offset && static_cast<unsigned char>(begin[offset]) < 0x80;
  };
  bool well = tokens_.read(text, cursor) == JsonTokenError::none && begins_at(row);
  const bool escapes = cursor.escapes;
  const size_t end = row + count;
  for (; well && row < end; ++row) {
    cursor.escapes = escapes && has_json_escapes(payloads[row]);
    well = decode_value(cursor, row) && (row + 1 < end ? begins_at(row + 1) : cursor.done());
    if (!well) break;
  }
  if (well) return end;
  run_records_ = 1;  // and grows again, so that bad records cost no more than a few of their neighbours' time
  for (Node& field : root_.children)
    if (field.out != nullptr && field.type.is_nested()) field.out->truncate(row);
  return row;
}

// False where the record is to be rejected; token_error_, fault_ and problems_ say why.
bool JsonDecoder::decode_record(Bytes payload, size_t row) {
  JsonCursor cursor;
  token_error_ = tokens_.read(payload, cursor);
  if (token_error_ != JsonTokenError::none) return false;
  const bool well = decode_value(cursor, row);
  if (fault_.expected.empty() && !cursor.done()) fault(cursor, "nothing more");
  return well && cursor.done();
}

// The record at the cursor, which moves behind it.
bool JsonDecoder::decode_value(JsonCursor& cursor, size_t row) {
  fault_ = {};
  problems_.clear();
  Read result;
  if (wrapped_) {
    result = cursor.peek() == '{' ? read_fields(root_, cursor, row) : read_other_record(cursor, row);
  } else {
    field_ = 0;
    result = read(root_.children[0], cursor, root_.children[0].out, row);
    if (result == Read::null) set_null(root_.children[0].out, row);
  }
  return result != Read::fault && problems_.empty();
}

// A record that is no object: `null` says nothing of any field, everything else is wrong.
Read JsonDecoder::read_other_record(JsonCursor& cursor, size_t row) {
  const size_t begin = cursor.offset();
  const bool null = cursor.peek() == 'n';
  if (!skip_json(cursor, fault_)) return Read::fault;
  if (null) {
    set_all_null(row);
    return Read::null;
  }
  field_ = Node::none;
  return note(RowErrorCode::wrong_type, root_.type, {cursor.text + begin, cursor.offset() - begin});
}

void JsonDecoder::reject(size_t row, Bytes payload, RowErrors& rejected) {
  switch (token_error_) {
    case JsonTokenError::none:
      break;
    case JsonTokenError::invalid_utf8:
      return rejected.add(row, RowErrorCode::invalid_utf8, "the record is not UTF-8");
    case JsonTokenError::too_large:
      return rejected.add(row, RowErrorCode::too_large, "the record is too large for JSON");
    case JsonTokenError::no_memory:
      return rejected.add(row, RowErrorCode::too_large, "no memory to read the record");
    case JsonTokenError::empty:
      return rejected.add(row, RowErrorCode::malformed, "malformed JSON: nothing is there");
    case JsonTokenError::unclosed_string:
      return rejected.add(row, RowErrorCode::malformed, "malformed JSON: a string does not end");
    case JsonTokenError::control_character:
      return rejected.add(row, RowErrorCode::malformed, "malformed JSON: a string has a control character");
  }
  if (!fault_.expected.empty()) {
    const std::string_view came = payload.substr(fault_.offset);
    return rejected.add(row, RowErrorCode::malformed,
                        fmt::format("malformed JSON at byte {}: expected {}, got {}", fault_.offset, fault_.expected,
                                    came.empty() ? "the end" : excerpt(came)));
  }
  Problem& problem = problems_[0];
  if (problem.code == RowErrorCode::unknown_column) {
    const std::string_view name = std::string_view(problem.reason).substr(1, problem.reason.size() - 2);
    constexpr size_t hints_max = 1000;  // nobody reads more
    problem.reason = fmt::format("there is no column {}{}", problem.reason,
                                 rejected.count() < hints_max
                                     ? did_you_mean(absl::AsciiStrToUpper({name.data(), name.size()}), root_.names)
                                     : "");
  }
  rejected.add(row, problem.code, std::move(problem.reason));
}

Read JsonDecoder::note(RowErrorCode code, const Type& type, std::string_view came) {
  while (!came.empty() && JsonCursor::is_space(came.back())) came.remove_suffix(1);
  std::string reason = field_ == Node::none ? fmt::format("expected an object, got {}", excerpt(came))
                                            : fmt::format("field `{}`: expected {}, got {}", root_.names[field_],
                                                          type.to_string(), excerpt(came));
  problems_.push_back({field_, code, std::move(reason)});
  return Read::problem;
}

Read JsonDecoder::mismatch(const Type& type, JsonCursor& cursor) {
  const size_t begin = cursor.offset();
  const bool null = !cursor.done() && cursor.token() == "null";
  if (!skip_json(cursor, fault_)) return Read::fault;
  if (null) return Read::null;
  return note(RowErrorCode::wrong_type, type, {cursor.text + begin, cursor.offset() - begin});
}

// --- objects ---------------------------------------------------------------------------------------------------------

// What the name at the cursor, the i-th of an object, means; false where it is no name.
bool JsonDecoder::find_field(Node& node, size_t position, const JsonCursor& cursor, Node::Spelling& found) {
  std::string_view name;
  if (!json_string_body(cursor.token(), name)) return false;
  found.text = {cursor.text + cursor.at[0], cursor.at[1] - cursor.at[0]};
  if (has_json_escapes(name)) {
    scratch_.clear();
    if (!unescape_json(name, scratch_)) return false;
    name = scratch_;
  }
  auto it = node.by_name.find(name);
  found.exact = it != node.by_name.end();
  if (!found.exact) {
    std::string upper(name);
    absl::AsciiStrToUpper(&upper);
    it = node.by_name.find(upper);
  }
  found.field = it != node.by_name.end() ? it->second : Node::none;
  if (position < Node::spellings_max) {
    if (position >= node.spellings.size()) node.spellings.resize(position + 1);
    node.spellings[position] = found;
  }
  return true;
}

// The value of a field, at the cursor.
Read JsonDecoder::read_field(Node& node, uint32_t index, bool exact, JsonCursor& cursor, size_t row) {
  if (index == Node::none) return skip_json(cursor, fault_) ? Read::null : Read::fault;
  Node& field = node.children[index];
  if (!exact && field.seen_exact == node.object) return skip_json(cursor, fault_) ? Read::null : Read::fault;
  if (&node == &root_) field_ = index;
  if (field.seen == node.object) {
    // Of equal names the last counts: what the one before left is taken back.
    if (field.valued == node.object) ++node.values_missing;
    field.valued = 0;
    if (field.out != nullptr && field.type.is_nested()) field.out->truncate(row);
    if (&node == &root_) std::erase_if(problems_, [&](const Problem& problem) { return problem.field == index; });
  }
  field.seen = node.object;
  if (exact) field.seen_exact = node.object;
  const Read result = read(field, cursor, field.out, row);
  if (result == Read::value) {
    field.valued = node.object;
    --node.values_missing;
  }
  return result;
}

inline bool JsonDecoder::take_plain_field(Node& node, Node& field, const Node::Spelling& spelling, JsonCursor& cursor) {
  field.seen = node.object;
  field.valued = node.object;
  if (spelling.exact) field.seen_exact = node.object;
  --node.values_missing;
  cursor.at += 3;
  return true;
}

// The i-th field of an object where it is what it nearly always is: spelled as in the record before, seen for the first
// time, a short number or a text without escapes. Moves the cursor behind it, or leaves it.
inline bool JsonDecoder::read_plain_field(Node& node, size_t position, JsonCursor& cursor, size_t row) {
  // Name, colon, value, and what must follow.
  if (cursor.end - cursor.at < 4 || position >= node.spellings.size()) return false;
  const Node::Spelling& spelling = node.spellings[position];
  const char* const name = cursor.text + cursor.at[0];
  if (cursor.text[cursor.at[1]] != ':' || cursor.at[1] - cursor.at[0] != spelling.text.size() ||
      !same_bytes(name, spelling.text.data(), spelling.text.size()) || spelling.field == Node::none)
    return false;
  Node& field = node.children[spelling.field];
  if (field.seen == node.object) return false;
  const std::string_view token = cursor.token(cursor.at + 2);
  if (field.out == nullptr && is_plain_whole(token, field.type.kind()))
    return take_plain_field(node, field, spelling, cursor);
  switch (field.type.kind()) {
    case TypeKind::integer: {
      int64_t value;
      if (!read_plain_whole(token, value) || value != static_cast<int32_t>(value)) return false;
      if (field.out != nullptr) field.out->set(row, static_cast<int32_t>(value));
      break;
    }
    case TypeKind::bigint:
    case TypeKind::timestamp: {
      int64_t value;
      if (!read_plain_whole(token, value)) return false;
      if (field.out != nullptr) field.out->set(row, value);
      break;
    }
    case TypeKind::double_: {
      double value;
      if (!read_plain_double(token, value)) return false;
      if (field.out != nullptr) field.out->set(row, value);
      break;
    }
    case TypeKind::varchar: {
      std::string_view body;
      if (cursor.escapes || !json_string_body(token, body)) return false;
      if (field.out != nullptr) field.out->set(row, body);
      break;
    }
    default:
      if (field.type.is_nested() || read_json_scalar(field.type, token, field.out, row, scratch_) != JsonScalar::value)
        return false;
  }
  return take_plain_field(node, field, spelling, cursor);
}

bool JsonDecoder::read_any_field(Node& node, size_t position, JsonCursor& cursor, size_t row) {
  const auto wrong = [&](std::string_view expected) { return fault(cursor, expected) != Read::fault; };
  if (cursor.peek() != '"') return wrong("a field's name");
  Node::Spelling found;
  if (position < node.spellings.size() &&
      node.spellings[position].text == std::string_view(cursor.text + cursor.at[0], cursor.at[1] - cursor.at[0])) {
    found.field = node.spellings[position].field;
    found.exact = node.spellings[position].exact;
  } else if (!find_field(node, position, cursor, found)) {
    return wrong("a field's name");
  }
  if (found.field == Node::none && refuse_unknown_ && &node == &root_)
    problems_.push_back({found.field, RowErrorCode::unknown_column, excerpt(cursor.token())});
  ++cursor.at;
  if (!cursor.take(':')) return wrong("':'");
  return read_field(node, found.field, found.exact, cursor, row) != Read::fault;
}

// Reads an object into the columns of its fields.
Read JsonDecoder::read_fields(Node& node, JsonCursor& cursor, size_t row) {
  ++node.object;
  node.values_missing = node.children.size();
  JsonCursor at = cursor;  // its address is never taken, so it stays in registers
  ++at.at;
  if (!at.take('}')) {
    size_t position = 0;
    do {
      if (!read_plain_field(node, position, at, row)) {
        cursor = at;
        if (!read_any_field(node, position, cursor, row)) return Read::fault;
        at = cursor;
      }
      ++position;
    } while (at.take(','));
    if (!at.take('}')) return fault(at, "',' or '}'");
  }
  cursor = at;
  if (node.values_missing != 0)
    for (Node& field : node.children)
      if (field.valued != node.object) set_null(field.out, row);
  return Read::value;
}

Read JsonDecoder::read_struct(Node& node, JsonCursor& cursor, Column* out, size_t row) {
  for (size_t f = 0; f < node.children.size(); ++f) {
    Node& field = node.children[f];
    field.out = out == nullptr ? nullptr : &out->child(f);
    if (out != nullptr && !field.type.is_nested()) field.out->resize(row + 1);
  }
  const Read result = read_fields(node, cursor, row);
  if (result == Read::value && out != nullptr) out->append_nested();
  return result;
}

// --- values ----------------------------------------------------------------------------------------------------------

Read JsonDecoder::read(Node& node, JsonCursor& cursor, Column* out, size_t row) {
  const char first = cursor.peek();
  switch (node.type.kind()) {
    case TypeKind::struct_:
      return first == '{' ? read_struct(node, cursor, out, row) : mismatch(node.type, cursor);
    case TypeKind::map:
      return first == '{' ? read_map(node, cursor, out) : mismatch(node.type, cursor);
    case TypeKind::array:
      return first == '[' ? read_array(node, cursor, out) : mismatch(node.type, cursor);
    default:
      break;
  }
  if (first == '{' || first == '[')
    return node.type.is(TypeKind::varchar) ? read_nested_text(cursor, out, row) : mismatch(node.type, cursor);
  return read_scalar(node.type, cursor, out, row);
}

Read JsonDecoder::read_scalar(const Type& type, JsonCursor& cursor, Column* out, size_t row) {
  if (cursor.done()) return fault(cursor, "a value");
  const std::string_view token = cursor.token();
  const JsonScalar result = read_json_scalar(type, token, out, row, scratch_);
  if (result == JsonScalar::malformed) return fault(cursor, "a value");
  ++cursor.at;
  switch (result) {
    case JsonScalar::value:
      return Read::value;
    case JsonScalar::null:
      return Read::null;
    case JsonScalar::wrong_type:
      return note(RowErrorCode::wrong_type, type, token);
    default:
      return note(RowErrorCode::out_of_range, type, token);
  }
}

// An array or an object where text is declared.
Read JsonDecoder::read_nested_text(JsonCursor& cursor, Column* out, size_t row) {
  scratch_.clear();
  if (!compact_json(cursor, fault_, scratch_, cursor.peek() == '{')) return Read::fault;
  if (out != nullptr) out->set(row, out->keep(scratch_));
  return Read::value;
}

Read JsonDecoder::read_element(Node& node, JsonCursor& cursor, Column* out) {
  const size_t row = out == nullptr ? 0 : out->size();
  if (out != nullptr && !out->type().is_nested()) out->resize(row + 1);
  const Read result = read(node, cursor, out, row);
  if (result == Read::null || result == Read::problem) set_null(out, row);
  return result;
}

Read JsonDecoder::read_array(Node& node, JsonCursor& cursor, Column* out) {
  ++cursor.at;
  if (!cursor.take(']')) {
    do {
      if (read_element(node.children[0], cursor, out == nullptr ? nullptr : &out->child(0)) == Read::fault)
        return Read::fault;
    } while (cursor.take(','));
    if (!cursor.take(']')) return fault(cursor, "',' or ']'");
  }
  if (out != nullptr) out->append_nested();
  return Read::value;
}

// Of equal keys the last value counts, at the place of the first.
void drop_equal_keys(Column& keys, Column& values, size_t begin) {
  const size_t end = keys.size();
  std::unordered_map<std::string_view, size_t> last;
  for (size_t i = begin; i < end; ++i) last[keys.at<std::string_view>(i)] = i;
  if (last.size() == end - begin) return;
  Column kept_keys(keys.type(), 0);
  Column kept_values(values.type(), 0);
  for (size_t i = begin; i < end; ++i) {
    const auto it = last.find(keys.at<std::string_view>(i));
    if (it == last.end()) continue;
    append_value(kept_keys, keys, i);
    append_value(kept_values, values, it->second);
    last.erase(it);
  }
  keys.truncate(begin);
  values.truncate(begin);
  for (size_t i = 0; i < kept_keys.size(); ++i) {
    append_value(keys, kept_keys, i);
    append_value(values, kept_values, i);
  }
}

Read JsonDecoder::read_map(Node& node, JsonCursor& cursor, Column* out) {
  Column* keys = out == nullptr ? nullptr : &out->child(0);
  Column* values = out == nullptr ? nullptr : &out->child(1);
  const size_t begin = out == nullptr ? 0 : keys->size();
  ++cursor.at;
  if (!cursor.take('}')) {
    do {
      if (cursor.peek() != '"') return fault(cursor, "a key");
      if (read_element(node.children[0], cursor, keys) == Read::fault) return Read::fault;
      if (!cursor.take(':')) return fault(cursor, "':'");
      if (read_element(node.children[1], cursor, values) == Read::fault) return Read::fault;
    } while (cursor.take(','));
    if (!cursor.take('}')) return fault(cursor, "',' or '}'");
  }
  if (out != nullptr) {
    if (keys->size() - begin > 1) drop_equal_keys(*keys, *values, begin);
    out->append_nested();
  }
  return Read::value;
}

}  // namespace

std::unique_ptr<Decoder> make_json_decoder(const std::vector<Field>& fields, bool wrapped, bool refuse_unknown) {
  return std::make_unique<JsonDecoder>(fields, wrapped, refuse_unknown);
}

}  // namespace millrace
