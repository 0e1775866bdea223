#include "server/observation/audited_response.h"

#include <nlohmann/json.hpp>

namespace millrace {

namespace {

constexpr int first_error_status = 400;

class AuditedResponse final : public ResponseStream {
 public:
  AuditedResponse(ResponseStreamPtr response, std::shared_ptr<AuditEntry> entry)
      : response_(std::move(response)), entry_(std::move(entry)) {}
  ~AuditedResponse() override { entry_->finish(500, "internal", "there was no answer"); }

  void reply(int status, Headers headers, std::string body) override {
    finish_audit(*entry_, status, body);
    response_->reply(status, std::move(headers), std::move(body));
  }
  void start(int status, Headers headers) override {
    finish_audit(*entry_, status, "");
    response_->start(status, std::move(headers));
  }
  void write(std::string_view bytes) override { response_->write(bytes); }
  void finish() override { response_->finish(); }
  size_t pending() const override { return response_->pending(); }
  bool wait_drained(size_t bytes, std::chrono::milliseconds timeout) override {
    return response_->wait_drained(bytes, timeout);
  }
  void on_drained(size_t bytes, Callback callback) override { response_->on_drained(bytes, std::move(callback)); }
  bool closed() const override { return response_->closed(); }
  void on_closed(Callback callback) override { response_->on_closed(std::move(callback)); }
  void on_stopping(Callback callback) override { response_->on_stopping(std::move(callback)); }
  bool run_on_worker(Callback job) override {
    return response_->run_on_worker([entry = entry_, job = std::move(job)] { run_audited(*entry, job); });
  }

 private:
  const ResponseStreamPtr response_;
  const std::shared_ptr<AuditEntry> entry_;
};

}  // namespace

ResponseStreamPtr audited(ResponseStreamPtr response, std::shared_ptr<AuditEntry> entry) {
  return std::make_shared<AuditedResponse>(std::move(response), std::move(entry));
}

void run_audited(AuditEntry& entry, const std::function<void()>& job) {
  try {
    job();
  } catch (const std::exception& error) {
    entry.finish(500, "internal", error.what());
    throw;
  }
}

void finish_audit(AuditEntry& entry, int status, std::string_view body) {
  if (status < first_error_status) return entry.finish(status);
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto text = [&](const nlohmann::json& from, const char* name) {
    return from.is_object() && from.contains(name) && from[name].is_string() ? from[name].get<std::string>() : "";
  };
  std::string code = text(json, "code");
  std::string message = text(json, "message");
  // Rows that were all rejected: the first says why.
  if (code.empty() && json.is_object() && json.contains("rejected") && !json["rejected"].empty()) {
    code = text(json["rejected"][0], "code");
    message = text(json["rejected"][0], "message");
  }
  entry.finish(status, code.empty() ? "request_invalid" : code, message);
}

}  // namespace millrace
