#include "tests/conformance/test_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>

namespace millrace::conformance {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Whether `word` stands in the text as a whole word; `rest`: more letters may follow.
bool mentions(std::string_view text, std::string_view word, bool rest = false) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (rest || end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

void replace_all(JsonValue& value, std::string_view what, std::string_view with) {
  if (value.is(JsonValue::Kind::string)) replace_all(value.text, what, with);
  for (JsonValue& element : value.elements) replace_all(element, what, with);
  for (JsonMember& member : value.members) replace_all(member.value, what, with);
}

const std::vector<JsonValue>& elements_of(const JsonValue& json, std::string_view name) {
  static const std::vector<JsonValue> none;
  const JsonValue* list = json.find(name);
  return list == nullptr ? none : list->elements;
}

int64_t number_of(const JsonValue& json, std::string_view name) { return std::stoll(json.text_of(name, "0")); }

CaseRecord read_record(const JsonValue& json) {
  CaseRecord record;
  record.topic = json.text_of("topic");
  if (const JsonValue* key = json.find("key")) record.key = *key;
  if (const JsonValue* value = json.find("value")) record.value = *value;
  if (json.find("timestamp") != nullptr) record.timestamp = number_of(json, "timestamp");
  if (const JsonValue* window = json.find("window"); window != nullptr && !window->is_null())
    record.window =
        CaseWindow{number_of(*window, "start"), number_of(*window, "end"), upper(window->text_of("type")) == "SESSION"};
  if (const JsonValue* headers = json.find("headers"); headers != nullptr && !headers->is_null()) {
    record.headers.emplace();
    for (const JsonValue& header : headers->elements) {
      const JsonValue* value = header.find("VALUE");
      record.headers->push_back({header.text_of("KEY"), value == nullptr || value->is_null()
                                                            ? std::nullopt
                                                            : std::optional<std::string>(value->text)});
    }
  }
  return record;
}

CaseTopic read_topic(const JsonValue& json) {
  CaseTopic topic;
  topic.name = json.text_of("name");
  if (json.find("partitions") != nullptr) topic.partitions = static_cast<int32_t>(number_of(json, "partitions"));
  const std::string both = json.text_of("format");
  topic.key_format = upper(json.text_of("keyFormat"));
  topic.value_format = upper(json.text_of("valueFormat", both));
  return topic;
}

void read_post(const JsonValue& post, TestCase& out) {
  for (const JsonValue& source : elements_of(post, "sources"))
    out.sources.push_back({source.text_of("name"), upper(source.text_of("type")) == "TABLE", source.text_of("schema")});
  const JsonValue* topics = post.find("topics");
  if (topics == nullptr) return;
  for (const JsonValue& topic : elements_of(*topics, "topics")) {
    const std::string name = topic.text_of("name");
    const bool internal = name.ends_with("-changelog") || name.ends_with("-repartition");
    if (!internal) out.topics_after.push_back(name);
  }
}

// Functions that exist in the other engine's test code only.
bool needs_foreign_function(std::string_view statement) {
  constexpr std::array names = {"VAR_ARG", "GENERIC_VAR_ARG", "MID_VAR_ARG", "MULTI_ARG", "OBJ_COL_ARG"};
  constexpr std::array beginnings = {"TEST_UD", "BAD_UD", "THROWING_UD", "WHOLE_"};
  return std::any_of(names.begin(), names.end(), [&](auto name) { return mentions(statement, name); }) ||
         std::any_of(beginnings.begin(), beginnings.end(), [&](auto name) { return mentions(statement, name, true); });
}

bool needs_registry(const TestCase& test) {
  constexpr std::array formats = {"AVRO", "PROTOBUF", "PROTOBUF_NOSR", "JSON_SR"};
  const auto named_in = [&](const std::string& text) {
    return std::any_of(formats.begin(), formats.end(), [&](auto format) { return mentions(upper(text), format); });
  };
  return std::any_of(test.statements.begin(), test.statements.end(), named_in) ||
         std::any_of(test.topics.begin(), test.topics.end(),
                     [&](const CaseTopic& t) { return named_in(t.key_format) || named_in(t.value_format); }) ||
         std::any_of(test.properties.begin(), test.properties.end(), [&](const auto& p) { return named_in(p.second); });
}

std::vector<ExpectedResponse> read_responses(const JsonValue& json) {
  std::vector<ExpectedResponse> out;
  for (const JsonValue& response : elements_of(json, "responses")) {
    if (const JsonValue* admin = response.find("admin")) out.push_back({true, *admin});
    if (const JsonValue* rows = response.find("query")) out.push_back({false, *rows});
  }
  return out;
}

TestCase read_case(const std::string& file, const JsonValue& json) {
  TestCase out;
  out.file = file;
  out.name = json.text_of("name");
  for (const JsonValue& topic : elements_of(json, "topics")) out.topics.push_back(read_topic(topic));
  for (const JsonValue& statement : elements_of(json, "statements")) out.statements.push_back(statement.text);
  for (const JsonValue& record : elements_of(json, "inputs")) out.inputs.push_back(read_record(record));
  for (const JsonValue& record : elements_of(json, "outputs")) out.outputs.push_back(read_record(record));
  if (const JsonValue* properties = json.find("properties"))
    for (const JsonMember& property : properties->members)
      out.properties.emplace_back(property.name, property.value.text);
  if (const JsonValue* refusal = json.find("expectedException")) out.refusal = refusal->text_of("message");
  out.responses = read_responses(json);
  if (const JsonValue* error = json.find("expectedError")) {
    out.refusal = error->text_of("message");
    out.status_code = static_cast<int>(number_of(*error, "status"));
  }
  if (const JsonValue* conditions = json.find("inputConditions"))
    out.feed_after_header = conditions->text_of("waitForActivePushQuery") == "true";
  if (const JsonValue* post = json.find("post")) read_post(*post, out);
  out.kind = out.refusal ? CaseKind::refusal : needs_registry(out) ? CaseKind::registry : CaseKind::data;
  if (json.text_of("enabled") == "false") out.status = CaseStatus::disabled;
  if (std::any_of(out.statements.begin(), out.statements.end(),
                  [](const std::string& text) { return needs_foreign_function(upper(text)); }))
    out.status = CaseStatus::foreign;
  return out;
}

// The case once for each text that its list `member` names, which takes the place of {MEMBER}.
std::vector<JsonValue> expand(const std::vector<JsonValue>& cases, const std::string& member) {
  const std::string place = "{" + upper(member) + "}";
  std::vector<JsonValue> out;
  for (const JsonValue& json : cases) {
    const JsonValue* list = json.find(member);
    if (list == nullptr || !list->is(JsonValue::Kind::array) || list->elements.empty()) {
      out.push_back(json);
      continue;
    }
    for (const JsonValue& choice : list->elements) {
      JsonValue variant = json;
      for (JsonMember& m : variant.members) {
        if (m.name == "name") m.value.text += fmt::format(" [{}]", choice.text);
        replace_all(m.value, place, choice.text);
      }
      out.push_back(std::move(variant));
    }
  }
  return out;
}

}  // namespace

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) throw JsonError("cannot read " + file.string());
  return text.str();
}

std::vector<std::filesystem::path> find_case_files(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<TestCase> read_cases(const std::filesystem::path& file) {
  std::vector<TestCase> out;
  try {
    const JsonValue json = parse_json(read_file(file));
    std::map<std::string, int> times;  // names are meant to be unique, and are not all
    for (const JsonValue& variant : expand(expand(elements_of(json, "tests"), "format"), "config")) {
      out.push_back(read_case(file.filename().string(), variant));
      const int time = ++times[out.back().name];
      if (time > 1) out.back().name += fmt::format(" ({})", time);
    }
  } catch (const JsonError& error) {
    throw JsonError(fmt::format("{}: {}", file.string(), error.what()));
  }
  return out;
}

std::vector<TestCase> read_all_cases(const std::vector<std::string>& paths) {
  std::vector<TestCase> out;
  for (const auto& file : find_case_files(paths))
    for (TestCase& test : read_cases(file)) out.push_back(std::move(test));
  return out;
}

}  // namespace millrace::conformance
