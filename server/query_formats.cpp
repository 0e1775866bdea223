#include <nlohmann/json.hpp>

#include "connectors/json_text.h"
#include "server/error_answer.h"
#include "server/query_answer.h"
#include "server/result_json.h"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

void append_cells(const Batch& batch, size_t row, std::string& out) {
  out.push_back('[');
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_json(*batch.columns[i], row, out, JsonTimes::text);
  }
  out.push_back(']');
}

void append_row_object(const Batch& batch, size_t row, std::string& out) {
  out.append(R"({"row":{"columns":)");
  append_cells(batch, row, out);
  if (batch.kind(row) == RowKind::tombstone) out.append(R"(,"tombstone":true)");
  out.append("}}");
}

std::string header_json(const ResultStream& result) {
  Json names = Json::array();
  Json types = Json::array();
  for (const Field& field : result.schema().fields()) {
    names.push_back(field.name);
    types.push_back(field.type.to_string());
  }
  const std::string& id = result.query_id();
  return dump({{"queryId", id.empty() ? Json(nullptr) : Json(id)}, {"columnNames", names}, {"columnTypes", types}});
}

class LineFormat final : public QueryFormat {
 public:
  std::string content_type() const override { return "application/vnd.ksqlapi.delimited.v1"; }
  std::string header(const ResultStream& result) const override { return header_json(result) + "\n"; }
  void append_row(const Batch& batch, size_t row, std::string& out) const override {
    append_cells(batch, row, out);
    out.push_back('\n');
  }
  std::string end(const std::string&) const override { return {}; }
  std::string end(const Error& error) const override { return dump(error_json(error)) + "\n"; }
};

class ArrayFormat final : public QueryFormat {
 public:
  std::string content_type() const override { return "application/json"; }
  std::string header(const ResultStream& result) const override { return "[" + header_json(result); }
  void append_row(const Batch& batch, size_t row, std::string& out) const override {
    out.append(",\n");
    append_cells(batch, row, out);
  }
  std::string end(const std::string&) const override { return "]\n"; }
  std::string end(const Error& error) const override { return ",\n" + dump(error_json(error)) + "]\n"; }
};

// Separators end the lines, so that each part is complete when it is sent; a last part always follows.
class EnvelopeFormat final : public QueryFormat {
 public:
  std::string content_type() const override { return "application/json"; }
  std::string header(const ResultStream& result) const override {
    // The base language marks the key in the schema of a look-up only; a client that keeps the rows of a table as it
    // changes finds its key beside the schema.
    Json header = {{"queryId", result.query_id()}, {"schema", result.schema().to_string(!result.is_push())}};
    if (result.is_push()) {
      Json keys = Json::array();
      for (const size_t key : result.schema().key_indexes()) keys.push_back(result.schema()[key].name);
      if (!keys.empty()) header["keys"] = std::move(keys);
    }
    return "[" + dump({{"header", header}}) + ",\n";
  }
  void append_row(const Batch& batch, size_t row, std::string& out) const override {
    append_row_object(batch, row, out);
    out.append(",\n");
  }
  std::string end(const std::string& message) const override {
    return dump({{"finalMessage", message.empty() ? "Query Completed" : message}}) + "]\n";
  }
  std::string end(const Error& error) const override { return dump({{"errorMessage", error_json(error)}}) + "]\n"; }
};

// The parts of the older form, without the array around them.
class FrameFormat final : public QueryFormat {
 public:
  std::string content_type() const override { return "application/json"; }
  std::string header(const ResultStream& result) const override {
    Json fields = Json::array();
    for (const Field& field : result.schema().fields())
      fields.push_back({{"name", field.name}, {"schema", type_json(field.type)}});
    return dump(fields) + "\n";
  }
  void append_row(const Batch& batch, size_t row, std::string& out) const override {
    append_row_object(batch, row, out);
    out.push_back('\n');
  }
  std::string end(const std::string& message) const override {
    return dump({{"finalMessage", message.empty() ? "Query Completed" : message}}) + "\n";
  }
  std::string end(const Error& error) const override { return dump({{"errorMessage", error_json(error)}}) + "\n"; }
};

}  // namespace

std::unique_ptr<QueryFormat> make_frame_format() { return std::make_unique<FrameFormat>(); }
std::unique_ptr<QueryFormat> make_line_format() { return std::make_unique<LineFormat>(); }
std::unique_ptr<QueryFormat> make_array_format() { return std::make_unique<ArrayFormat>(); }
std::unique_ptr<QueryFormat> make_envelope_format() { return std::make_unique<EnvelopeFormat>(); }

}  // namespace millrace
