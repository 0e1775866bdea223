// Rows of a SELECT to a client, as they come.
#pragma once

#include <memory>
#include <string>

#include "server/engine.h"
#include "server/http/response_stream.h"

namespace millrace {

// How a result lies on the wire. Every part ends a line.
class QueryFormat {
 public:
  virtual ~QueryFormat() = default;
  virtual std::string content_type() const = 0;
  virtual std::string header(const ResultStream& result) const = 0;
  virtual void append_row(const Batch& batch, size_t row, std::string& out) const = 0;
  // The end, where it came by itself or by an error.
  virtual std::string end(const std::string& message) const = 0;
  virtual std::string end(const Error& error) const = 0;
};

// {"queryId":…,"columnNames":[…],"columnTypes":[…]}, then a row an array; an error is an object.
std::unique_ptr<QueryFormat> make_line_format();
// The same as the elements of one JSON array.
std::unique_ptr<QueryFormat> make_array_format();
// ksqlDB's older form: an array of {"header":…}, {"row":…} and {"finalMessage":…}.
std::unique_ptr<QueryFormat> make_envelope_format();

// What /ws/query sends, a line a message: the schema, {"row":{…}}, {"finalMessage":…} or {"errorMessage":…}.
std::unique_ptr<QueryFormat> make_frame_format();

// Answers with the result until it ends, the client goes, or the server stops. No thread waits for rows, and a client
// that is slow to take them stops the query, not the server.
void stream_query(std::unique_ptr<ResultStream> result, std::unique_ptr<QueryFormat> format,
                  const ResponseStreamPtr& response);

}  // namespace millrace
