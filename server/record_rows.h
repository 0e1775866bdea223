// The rows of a request body: JSON, a JSON object a line, or CSV.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/error.h"
#include "runtime/schema.h"

namespace millrace {

struct RecordRow {
  std::string_view text;       // one JSON object, as far as anybody has looked
  std::optional<Error> error;  // why the row is none
};

// Points into the body that it was made of.
class RecordRows {
 public:
  // By the content type: "text/csv", "application/x-ndjson" (also jsonl, json-lines); anything else is JSON, an array
  // of objects or one object after the other. CSV begins with a line of column names, ROWTIME among them; its cells are
  // typed by `schema`, and an empty one without quotes is null. Throws Error{value_invalid} with the place where the
  // body cannot be taken apart, and Error{column_unknown} for a column of CSV.
  RecordRows(std::string_view body, std::string_view content_type, const Schema& schema);

  const std::vector<RecordRow>& rows() const { return rows_; }

 private:
  void split_json(std::string_view body);
  void split_lines(std::string_view body);
  void split_csv(std::string_view body, const Schema& schema);

  std::vector<RecordRow> rows_;
  std::deque<std::string> made_;  // texts that are not in the body
};

}  // namespace millrace
