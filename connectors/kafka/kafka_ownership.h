// Who owns a writer's id.
#pragma once

#include <string>

#include "connectors/kafka/kafka_reader.h"

namespace millrace {

// A topic of its own says who claimed the id last. The claim is made before the transactions of the previous owner are
// fenced: so whoever finds itself fenced, or must open its producer again, can tell a new owner from an accident. Used
// by one thread at a time.
class KafkaOwnership {
 public:
  KafkaOwnership(KafkaParts parts, const std::string& writer_id);

  // Throws Error{unavailable}.
  void claim();
  // Whether somebody claimed it later. Throws Error{unavailable}.
  bool lost() const;

 private:
  KafkaParts parts_;
  std::string topic_;
  int64_t offset_ = -1;  // of our claim
};

}  // namespace millrace
