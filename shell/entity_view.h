// What /ksql answers, for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>

#include "shell/row_printer.h"

namespace millrace::shell {

// One entity: listings as tables, descriptions as names and values, everything else as its message. As CSV a
// description is its columns, or one table of names and values, and a message is nothing.
void print_entity(const nlohmann::ordered_json& entity, OutputFormat format, std::ostream& out,
                  const Terminal& terminal = {});

}  // namespace millrace::shell
