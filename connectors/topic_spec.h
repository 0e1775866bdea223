#pragma once

#include "runtime/log.h"

namespace millrace {

// What every log asks of a topic that is to be made; throws Error{name_invalid}, Error{value_invalid}.
void check_topic_spec(const TopicSpec& spec);

}  // namespace millrace
