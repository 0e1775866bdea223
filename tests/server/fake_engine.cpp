#include "tests/server/fake_engine.h"

#include <cstdlib>

namespace millrace {
namespace {

Schema fake_schema() { return Schema({{"K", bigint_type, true}, {"V", varchar_type}}); }

Batch make_batch(const std::vector<FakeRow>& rows) {
  auto keys = std::make_shared<Column>(bigint_type, 0);
  auto values = std::make_shared<Column>(varchar_type, 0);
  auto kinds = std::make_shared<std::vector<RowKind>>();
  for (const FakeRow& row : rows) {
    keys->append<int64_t>(row.key);
    if (row.value) {
      values->append<std::string_view>(values->keep(*row.value));
    } else {
      values->append_null();
    }
    kinds->push_back(row.kind);
  }
  Batch batch;
  batch.rows = rows.size();
  batch.columns = {keys, values};
  batch.kinds = kinds;
  return batch;
}

}  // namespace

class FakeResult final : public ResultStream {
 public:
  FakeResult(std::string id, std::shared_ptr<FakeFeed> feed) : id_(std::move(id)), feed_(std::move(feed)) {}
  ~FakeResult() override {
    const std::lock_guard lock(feed_->mutex_);
    feed_->ready_ = nullptr;
    feed_->cancelled_ = feed_->dropped_ = true;
    feed_->condition_.notify_all();
  }
  const std::string& query_id() const override { return id_; }
  const Schema& schema() const override { return schema_; }
  bool is_push() const override { return true; }
  ResultShape shape() const override { return {}; }
  Chunk poll() override {
    const std::lock_guard lock(feed_->mutex_);
    Chunk chunk;
    if (!feed_->batches_.empty()) {
      chunk.batches.push_back(feed_->batches_.front());
      feed_->batches_.pop_front();
    }
    if (feed_->batches_.empty() && feed_->ended_) {
      chunk.ended = true;
      chunk.message = feed_->message_;
      chunk.error = feed_->error_;
    }
    return chunk;
  }
  void on_ready(std::function<void()> ready) override {
    std::unique_lock lock(feed_->mutex_);
    feed_->ready_ = std::move(ready);
    if (feed_->ended_ || !feed_->batches_.empty()) feed_->changed(std::move(lock));
  }
  void cancel() override {
    feed_->end("Query terminated");
    const std::lock_guard lock(feed_->mutex_);
    feed_->cancelled_ = true;
    feed_->condition_.notify_all();
  }

 private:
  const std::string id_;
  const Schema schema_ = fake_schema();
  const std::shared_ptr<FakeFeed> feed_;
};

class FakeInserts final : public InsertStream {
 public:
  explicit FakeInserts(FakeEngine& engine) : engine_(engine) {}

  const Schema& schema() const override { return schema_; }
  size_t width() const override { return engine_.row_width; }

  std::vector<Outcome> insert(std::span<const std::string_view> rows, Ack, Done done) override {
    std::vector<Outcome> outcomes, refused;
    engine_.insert_thread = std::this_thread::get_id();
    const std::lock_guard lock(engine_.mutex_);
    for (const std::string_view row : rows) {
      outcomes.push_back({next_++, std::nullopt});
      if (row.find("reject") == std::string_view::npos) {
        engine_.inserted_.emplace_back(row);
      } else {
        outcomes.back().error = Error(ErrorCode::value_invalid, "V cannot be \"reject\"");
        refused.push_back(outcomes.back());
      }
    }
    engine_.outstanding_ += rows.size();
    engine_.outstanding_max_ = std::max(engine_.outstanding_max_.load(), engine_.outstanding_);
    engine_.acknowledgements_.emplace_back(
        [&engine = engine_, outcomes = std::move(outcomes), done = std::move(done), count = rows.size()] {
          {
            const std::lock_guard inner(engine.mutex_);
            engine.outstanding_ -= count;
          }
          done(outcomes);
        });
    engine_.changed_.notify_all();
    return refused;
  }

 private:
  FakeEngine& engine_;
  const Schema schema_ = fake_schema();
  size_t next_ = 0;
};

void FakeFeed::changed(std::unique_lock<std::mutex> lock) {
  condition_.notify_all();
  const auto ready = std::exchange(ready_, nullptr);
  lock.unlock();
  if (ready) ready();
}

void FakeFeed::emit(const std::vector<FakeRow>& rows) {
  std::unique_lock lock(mutex_);
  batches_.push_back(make_batch(rows));
  changed(std::move(lock));
}

void FakeFeed::end(std::string message, std::optional<Error> error) {
  std::unique_lock lock(mutex_);
  ended_ = true;
  message_ = std::move(message);
  error_ = std::move(error);
  changed(std::move(lock));
}

bool FakeFeed::wait(const bool& flag, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return condition_.wait_for(lock, time, [&] { return flag; });
}

bool FakeFeed::wait_cancelled(std::chrono::milliseconds time) { return wait(cancelled_, time); }
bool FakeFeed::wait_dropped(std::chrono::milliseconds time) { return wait(dropped_, time); }

size_t FakeFeed::waiting() const {
  const std::lock_guard lock(mutex_);
  return batches_.size();
}

FakeEngine::~FakeEngine() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  acknowledger_.join();
}

void FakeEngine::acknowledge_in_background() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || (!hold_ && !acknowledgements_.empty()); });
    if (ending_) return;
    auto acknowledge = std::move(acknowledgements_.front());
    acknowledgements_.pop_front();
    lock.unlock();
    acknowledge();
    acknowledge = nullptr;
    lock.lock();
  }
}

void FakeEngine::hold_acknowledgements(bool hold) {
  const std::lock_guard lock(mutex_);
  hold_ = hold;
  changed_.notify_all();
}

Engine::Execution FakeEngine::execute(Session& session, std::string_view sql) {
  {
    const std::lock_guard lock(mutex_);
    session_ = session;
    statements_.emplace_back(sql);
  }
  const auto has = [&](std::string_view word) { return sql.find(word) != std::string_view::npos; };
  Execution execution;
  const std::string text(sql);
  const SourceRow source{"S", false, "s", "KAFKA", "JSON", false};
  if (has("SLOW")) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  if (has("CREATE") || !has("FAIL")) {
    StatementResult result{text, CommandDone{"stream/`S`/create", "Stream created", "CSAS_S_1", 7, {}}};
    if (has("SHOW TABLES")) result.body = SourceListing{true, {{"T", true, "t", "KAFKA", "JSON", false}}};
    if (has("SHOW STREAMS")) result.body = SourceListing{false, {source}};
    if (has("SHOW QUERIES")) {
      result.body = QueryListing{
          {{"CSAS_S_1", "CREATE STREAM S", {"S"}, {"s"}, QueryState::running, "", {5, 3, 1, 1, 0, 3}, {}}}};
    }
    if (has("DESCRIBE")) {
      SourceDescription description;
      description.source = source;
      description.schema = fake_schema();
      description.statement = "CREATE STREAM S (K BIGINT KEY, V STRING);";
      result.body = description;
    }
    execution.results.push_back(std::move(result));
  }
  if (has("FAIL")) execution.failure = Failure{Error(ErrorCode::column_unknown, "There is no column X", {2, 3}), text};
  return execution;
}

std::unique_ptr<ResultStream> FakeEngine::query(Session& session, std::string_view sql) {
  if (sql.find("BAD") != std::string_view::npos) {
    throw Error(ErrorCode::syntax, "expected a column name, not BAD", {1, 8});
  }
  auto feed = std::make_shared<FakeFeed>();
  const std::lock_guard lock(mutex_);
  session_ = session;
  const std::string id = "transient_" + std::to_string(feeds_.size() + 1);
  feeds_[id] = feed;
  if (sql.find("PULL") != std::string_view::npos) {
    feed->emit({{1, "one"}, {2, "a, \"b\""}, {3, std::nullopt}});
    feed->end("Query Completed");
  } else {
    fed_.push_back(feed);
    changed_.notify_all();
  }
  return std::make_unique<FakeResult>(id, feed);
}

std::unique_ptr<ResultStream> FakeEngine::follow(Session& session, std::string_view sql,
                                                 const std::optional<std::vector<Position>>&) {
  return query(session, sql);
}

std::unique_ptr<InsertStream> FakeEngine::open_inserts(Session& session, std::string_view target) {
  if (target != "S") throw Error(ErrorCode::source_unknown, "There is no stream " + std::string(target));
  const std::lock_guard lock(mutex_);
  session_ = session;
  return std::make_unique<FakeInserts>(*this);
}

std::unique_ptr<InsertStream> FakeEngine::find_inserts(Session& session, std::string_view target) {
  return finds_inserts ? open_inserts(session, target) : nullptr;
}

bool FakeEngine::close_query(std::string_view query_id) {
  std::shared_ptr<FakeFeed> feed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = feeds_.find(query_id);
    if (found == feeds_.end()) return false;
    feed = found->second;
  }
  feed->end("Query terminated");
  return true;
}

Log& FakeEngine::log() { std::abort(); }

std::shared_ptr<FakeFeed> FakeEngine::feed() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(5), [this] { return !fed_.empty(); });
  return fed_.empty() ? nullptr : fed_.back();
}

std::vector<std::shared_ptr<FakeFeed>> FakeEngine::feeds(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(5), [this, count] { return fed_.size() >= count; });
  return fed_;
}

Session FakeEngine::last_session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

std::vector<std::string> FakeEngine::statements() const {
  const std::lock_guard lock(mutex_);
  return statements_;
}

std::vector<std::string> FakeEngine::inserted() const {
  const std::lock_guard lock(mutex_);
  return inserted_;
}

}  // namespace millrace
