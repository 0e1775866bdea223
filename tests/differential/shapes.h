// The shapes, one file each.
#pragma once

#include "tests/differential/query_case.h"

namespace millrace::differential {

QueryCase projection_shape(Random& random);      // WHERE, expressions, PARTITION BY
QueryCase explode_shape(Random& random);         // EXPLODE
QueryCase table_shape(Random& random);           // WHERE over a table
QueryCase grouping_shape(Random& random);        // GROUP BY over a stream, HAVING
QueryCase table_grouping_shape(Random& random);  // GROUP BY over a table
QueryCase window_shape(Random& random);          // tumbling and hopping windows, EMIT FINAL
QueryCase session_shape(Random& random);         // session windows, EMIT FINAL
QueryCase stream_join_shape(Random& random);     // two streams
QueryCase lookup_join_shape(Random& random);     // a stream and a table
QueryCase table_join_shape(Random& random);      // two tables
QueryCase foreign_key_shape(Random& random);     // a table that refers to another

}  // namespace millrace::differential
