// The way back to a client, with the account of what it is told.
#pragma once

#include <functional>

#include "server/http/response_stream.h"
#include "server/observation/audit.h"

namespace millrace {

// The same response; its head, or its whole answer, ends the entry.
ResponseStreamPtr audited(ResponseStreamPtr response, std::shared_ptr<AuditEntry> entry);

// What the job throws ends the entry, and goes on.
void run_audited(AuditEntry& entry, const std::function<void()>& job);

// Ends the entry by an answer as it goes to a client; of an error the body says which.
void finish_audit(AuditEntry& entry, int status, std::string_view body);

}  // namespace millrace
