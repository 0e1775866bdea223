#pragma once

namespace millrace::shell {

// How a statement ended.
enum class Outcome { done, failed, interrupted };

}  // namespace millrace::shell
