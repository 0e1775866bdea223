// What a client asked for, as routes see it. Nothing here knows which front brought it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

// In the order of the wire; names compare without regard to case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // The first of this name, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  size_t size() const { return fields_.size(); }

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A request body that is read while it arrives. Safe to use from any thread.
class BodyStream {
 public:
  // `last` comes exactly once, with the final bytes or with none.
  using Consumer = std::function<void(std::string bytes, bool last)>;

  virtual ~BodyStream() = default;

  // Gives `consumer` what has arrived and what will, in order, one call at a time, on a worker thread. While a call
  // runs nothing further is read from the client than a bounded buffer holds. A client that goes before it sent all
  // is told by ResponseStream::on_closed, and `last` does not come.
  virtual void read(Consumer consumer) = 0;
  // No call begins between the two. A call that runs when pause() is called ends as it likes.
  virtual void pause() = 0;
  virtual void resume() = 0;
  // How many bytes of what it was given the consumer still keeps; 0 where it was not said. False where they are too
  // many together with those of all other requests: then what was said before stays. One call at a time.
  virtual bool keeps(size_t bytes) = 0;
};

class AuditEntry;

struct Request {
  std::string method;
  std::string path;                                            // decoded; the query is not part of it
  std::map<std::string, std::string, std::less<>> query;       // decoded
  std::map<std::string, std::string, std::less<>> parameters;  // what {name} in the route's pattern stands for
  Headers headers;
  std::string body;                   // whole, where the route collects it
  BodyStream* stream = nullptr;       // where the route reads it as it arrives; lives as long as the response stream
  std::string peer;                   // address of the client, "127.0.0.1:40312"
  std::string id;                     // X-Request-Id as given, or made here
  std::shared_ptr<AuditEntry> audit;  // the account of it, where its route has one
};

}  // namespace millrace
