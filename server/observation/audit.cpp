#include "server/observation/audit.h"

#include <algorithm>
#include <utility>

#include "connectors/utf8.h"
#include "runtime/system_time.h"

namespace millrace {

namespace {

constexpr size_t entries_max = 100'000;  // that are not taken yet
constexpr size_t object_bytes_max = 1000;
constexpr size_t name_bytes_max = 1000;
constexpr size_t statements_max = 10'000;  // of one request, that are counted
// A request that takes longer lets others pass.
constexpr std::chrono::milliseconds patience{500};

// At most so many bytes, and text: what is none could not be read from the stream.
std::string clean(std::string_view bytes, size_t bytes_max) {
  size_t end = std::min(bytes.size(), bytes_max);
  while (end > 0 && end < bytes.size() && (static_cast<unsigned char>(bytes[end]) & 0xC0) == 0x80) --end;
  std::string text(bytes.substr(0, end));
  if (!is_utf8(text))
    std::replace_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }, '?');
  return text;
}

}  // namespace

AuditEntry::AuditEntry(Arrival arrival, size_t text_bytes_max, Statistics& statistics)
    : text_bytes_max_(text_bytes_max), statistics_(statistics) {
  record_.time = system_milliseconds();
  for (std::string* text : {&arrival.session, &arrival.request_id, &arrival.user, &arrival.peer, &arrival.way})
    if (text->size() > name_bytes_max || !is_utf8(*text)) *text = clean(*text, name_bytes_max);
  record_.operation = arrival.operation;
  record_.arrival = std::move(arrival);
}

void AuditEntry::add(std::string_view operation, std::string_view named) {
  const std::string object = clean(named, name_bytes_max);
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  record_.operation = statements_.empty() ? operation : "SCRIPT";
  if (statements_.size() < statements_max) statements_.emplace_back(operation, object);
  if (object.empty() || record_.object.size() + object.size() > object_bytes_max) return;
  if (!record_.object.empty()) record_.object += ", ";
  record_.object += object;
}

void AuditEntry::say(std::string_view text) {
  const std::lock_guard lock(mutex_);
  record_.text = clean(text, text_bytes_max_);
}

void AuditEntry::finish(int status, std::string_view code, std::string_view error) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(finished_, true)) return;
  record_.status = status;
  record_.code = code;
  record_.error = clean(error, text_bytes_max_);
  record_.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_);
  count();
}

void AuditEntry::count() const {
  if (statements_.empty()) statistics_.count("requests", record_.operation, "");
  // Of what was refused there may be no such thing: names that clients make up are not counted by.
  const bool named = record_.code == "ok" && record_.operation != "CLOSE";
  for (const auto& [operation, object] : statements_) statistics_.count("requests", operation, named ? object : "");
  if (record_.code != "ok") statistics_.count("request_errors", record_.operation, "");
  statistics_.time("request_duration", record_.operation, "", record_.duration);
}

bool AuditEntry::finished() const {
  const std::lock_guard lock(mutex_);
  return finished_;
}

AuditEntry::Record AuditEntry::record() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

std::chrono::milliseconds AuditEntry::age() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
}

std::shared_ptr<AuditEntry> Audit::begin(AuditEntry::Arrival arrival) {
  auto entry = std::make_shared<AuditEntry>(std::move(arrival), text_bytes_max_, statistics_);
  if (!on_) return entry;
  const std::lock_guard lock(mutex_);
  if (arrived_.size() + late_.size() < entries_max) {
    arrived_.push_back(entry);
  } else {
    ++lost_;
  }
  return entry;
}

std::vector<AuditEntry::Record> Audit::take() {
  std::vector<AuditEntry::Record> records;
  const std::lock_guard lock(mutex_);
  // Nobody is left who could finish it.
  const auto give_up = [](const std::shared_ptr<AuditEntry>& entry) {
    if (entry.use_count() == 1) entry->finish(400, "request_invalid", "the request was given up");
  };
  std::erase_if(late_, [&](const auto& entry) {
    give_up(entry);
    if (!entry->finished()) return false;
    records.push_back(entry->record());
    return true;
  });
  while (!arrived_.empty()) {
    const auto& entry = arrived_.front();
    give_up(entry);
    if (entry->finished()) {
      records.push_back(entry->record());
    } else if (entry->age() > patience) {
      late_.push_back(entry);
    } else {
      break;
    }
    arrived_.pop_front();
  }
  return records;
}

std::string operation_of(std::string_view sql) {
  constexpr std::string_view space = " \t\r\n;";
  while (!sql.empty()) {
    sql.remove_prefix(std::min(sql.find_first_not_of(space), sql.size()));
    if (sql.starts_with("--")) {
      sql.remove_prefix(std::min(sql.find('\n'), sql.size()));
    } else if (sql.starts_with("/*")) {
      const size_t end = sql.find("*/", 2);
      sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 2);
    } else {
      break;
    }
  }
  std::string word;
  for (const char c : sql) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0 || word.size() == 32) break;
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  constexpr std::string_view known[] = {"ALTER",  "ASSERT", "CREATE",    "DEFINE",   "DESCRIBE", "DROP", "EXPLAIN",
                                        "INSERT", "LIST",   "PAUSE",     "PRINT",    "RESUME",   "RUN",  "SELECT",
                                        "SET",    "SHOW",   "TERMINATE", "UNDEFINE", "UNSET"};
  return std::find(std::begin(known), std::end(known), word) == std::end(known) ? "UNKNOWN" : word;
}

}  // namespace millrace
