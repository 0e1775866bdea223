#include "server/live/live_feed.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "connectors/json_text.h"
#include "server/error_answer.h"
#include "server/live/live_request.h"
#include "server/live/live_subscription.h"

namespace millrace {

namespace {

using Json = nlohmann::ordered_json;

// What a change and a key take beside their texts, in the containers of a feed.
constexpr size_t change_bytes = 64;
constexpr size_t row_bytes = 256;
constexpr size_t block_bytes_max = 64 << 20;

std::string describe(const ResultStream& result, const ResultShape& shape) {
  Json schema = Json::array();
  Json key = Json::array();
  for (const Field& field : result.schema().fields()) {
    schema.push_back({{"name", field.name}, {"type", field.type.to_string()}});
    if (shape.whole_key && field.key) key.push_back(field.name);
  }
  const std::string text = dump({{"query", result.query_id()},
                                 {"table", shape.table},
                                 {"windowed", shape.windowed},
                                 {"schema", std::move(schema)},
                                 {"key", std::move(key)}});
  return text.substr(1, text.size() - 2);
}

void append_member(const Field& field, const Column& column, size_t row, std::string& out) {
  if (out.back() != '{') out += ',';
  append_json_string(field.name, out);
  out += ':';
  append_json(column, row, out, JsonTimes::text);
}

}  // namespace

Error LiveLimits::used_up_error() const {
  return {
      ErrorCode::quota_exceeded,
      fmt::format("the live results of all clients hold {} bytes together, the limit is {} (live.bytes.max): follow "
                  "less, narrow it by WHERE, or try again later",
                  memory->bytes(), memory->bytes_max())};
}

LiveFeed::LiveFeed(std::shared_ptr<Lane> lane, std::unique_ptr<ResultStream> result, bool waits, bool whole,
                   LiveLimits limits, std::function<void()> ended)
    : lane_(std::move(lane)),
      result_(std::move(result)),
      waits_(waits),
      whole_(whole),
      limits_(std::move(limits)),
      ended_(std::move(ended)),
      shape_(result_->shape()),
      schema_(result_->schema()),
      description_(describe(*result_, shape_)),
      keeps_keys_(shape_.table && shape_.whole_key),
      rows_share_(limits_.memory) {}

LiveFeed::~LiveFeed() = default;

bool LiveFeed::join(const std::shared_ptr<LiveSubscription>& subscription) {
  if (end_) return false;
  if (subscription->walks() && shape_.whole_key) keeps_keys_ = true;
  subscriptions_.push_back(subscription);
  schedule();
  return true;
}

void LiveFeed::leave(const std::shared_ptr<LiveSubscription>& subscription) {
  std::erase(subscriptions_, subscription);
  if (subscriptions_.empty()) finish("", std::nullopt);
}

LiveFeed::BlockPtr LiveFeed::block_at(uint64_t number) const {
  const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), number,
                                      [](uint64_t n, const BlockPtr& block) { return n < block->first; });
  if (after == blocks_.begin() || number >= number_) return nullptr;
  return *std::prev(after);
}

void LiveFeed::walk(uint64_t number, const std::function<bool(uint64_t, const Change&)>& use) const {
  for (auto at = by_change_.lower_bound(number); at != by_change_.end(); ++at)
    if (!use(at->first, rows_.at(*at->second).change)) return;
}

void LiveFeed::taken() {
  if (waits_) evict();
  if (blocked_ && bytes_ < limits_.buffer_bytes) schedule();
}

void LiveFeed::abandon() {
  result_.reset();
  subscriptions_.clear();
}

void LiveFeed::schedule() {
  if (std::exchange(scheduled_, true)) return;
  lane_->post([self = shared_from_this()] { self->work(); });
}

// One chunk a turn, so that others get the thread.
void LiveFeed::work() {
  scheduled_ = false;
  blocked_ = false;
  if (!result_) return;
  if (waits_ && !blocks_.empty() && (bytes_ >= limits_.buffer_bytes || limits_.memory->used_up())) {
    blocked_ = true;
    return;
  }
  const ResultStream::Chunk chunk = result_->poll();
  if (chunk.batches.empty() && !chunk.ended && !chunk.progress) {
    result_->on_ready([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->lane_->post([self] { self->schedule(); });
    });
    return;
  }
  Block block;
  block.first = number_;
  for (const Batch& batch : chunk.batches) take(batch, block);
  number_ = block.end();
  const bool too_large = block.bytes > block_bytes_max;
  if (chunk.progress) {
    if (shape_.resumable) cursor_ = write_cursor(chunk.progress->positions);
    time_ = std::max(time_, chunk.progress->time);
    caught_up_ = caught_up_ || chunk.progress->caught_up;
  }
  block.cursor = cursor_;
  if (!block.changes.empty()) {
    bytes_ += block.bytes;
    block.share = std::make_unique<MemoryShare>(limits_.memory);
    block.share->add(block.bytes);
    blocks_.push_back(std::make_shared<const Block>(std::move(block)));
  }
  if (rows_.size() > limits_.rows_max) {
    give_up(Error(ErrorCode::limit_exceeded,
                  fmt::format("the result has more than {} rows (live.rows.max): narrow it by WHERE, or follow it "
                              "without its key",
                              limits_.rows_max)));
  } else if (too_large) {
    give_up(Error(
        ErrorCode::limit_exceeded,
        fmt::format("changes that came at once have more than {} bytes: select less of each row", block_bytes_max)));
  } else if (!find_room()) {
    give_up(limits_.used_up_error());
  } else if (chunk.ended) {
    finish(chunk.message, chunk.error);
  } else {
    schedule();
  }
  deliver();
  evict();
}

// What is constant in a batch may be large in each of its changes: no more of it than is too much.
void LiveFeed::take(const Batch& batch, Block& block) {
  for (size_t row = 0; row < batch.rows && block.bytes <= block_bytes_max; ++row) {
    const RowKind kind = batch.kind(row);
    if (kind == RowKind::old) continue;  // the new one tells all
    std::string event;
    std::string key;
    if (shape_.whole_key) {
      event = "\"key\":{";
      for (size_t i = 0; i < schema_.size(); ++i)
        if (schema_[i].key) append_member(schema_[i], *batch.columns[i], row, event);
      event += '}';
      if (shape_.windowed)
        fmt::format_to(std::back_inserter(event), ",\"window\":{{\"start\":{},\"end\":{}}}",
                       batch.columns[schema_.size()]->at<int64_t>(row),
                       batch.columns[schema_.size() + 1]->at<int64_t>(row));
      if (keeps_keys_) key = event;
      event += ',';
    }
    Change change;
    change.gone = kind == RowKind::tombstone;
    if (!change.gone) {
      event += "\"row\":{";
      for (size_t i = 0; i < schema_.size(); ++i) append_member(schema_[i], *batch.columns[i], row, event);
      event += "},";
    }
    fmt::format_to(std::back_inserter(event), "\"time\":{}}}", batch.time_at(row));
    // That a row is gone which nobody has seen is no change.
    if (change.gone && keeps_keys_ && shape_.table && whole_ && !rows_.contains(key)) continue;
    block.bytes += event.size() + change_bytes;
    change.event = std::make_shared<const std::string>(std::move(event));
    if (keeps_keys_) keep(std::move(key), change, block.end());
    block.changes.push_back(std::move(change));
  }
}

void LiveFeed::keep(std::string key, const Change& change, uint64_t number) {
  const auto [at, added] = rows_.try_emplace(std::move(key));
  if (added) {
    rows_bytes_ += at->first.size() + row_bytes;
  } else {
    by_change_.erase(at->second.number);
    passing_.erase(at->second.number);
    rows_bytes_ -= at->second.change.event->size();
  }
  at->second = {number, change};
  rows_bytes_ += change.event->size();
  by_change_[number] = &at->first;
  if (!shape_.table || change.gone) passing_.insert(number);
}

// In the quota for the rows; where there is none the feed cannot go on.
bool LiveFeed::find_room() { return rows_share_.resize(rows_bytes_ - std::min(rows_bytes_, limits_.rows_bytes_free)); }

void LiveFeed::forget(std::unordered_map<std::string, Row>::iterator row) {
  rows_bytes_ -= row->first.size() + row_bytes + row->second.change.event->size();
  rows_.erase(row);
}

// Blocks go when all have them, and where nobody waits also when they are too much; keys when no subscription will come
// by: a table's rows stay, for those who join.
void LiveFeed::evict() {
  uint64_t needed = number_;
  uint64_t walked = number_;
  for (const auto& subscription : subscriptions_) {
    if (subscription->needs_blocks()) needed = std::min(needed, subscription->position());
    if (subscription->walks()) walked = std::min(walked, subscription->position());
  }
  const auto too_much = [&] { return bytes_ > limits_.buffer_bytes || limits_.memory->used_up(); };
  while (!blocks_.empty() && (blocks_.front()->end() <= needed || (!waits_ && too_much()))) {
    bytes_ -= blocks_.front()->bytes;
    blocks_.pop_front();
  }
  while (!passing_.empty() && *passing_.begin() < walked) {
    const auto at = by_change_.find(*passing_.begin());
    forget(rows_.find(*at->second));
    by_change_.erase(at);
    passing_.erase(passing_.begin());
  }
  find_room();  // for no more than it had
}

void LiveFeed::deliver() {
  const auto all = subscriptions_;  // some leave meanwhile
  for (const auto& subscription : all) subscription->deliver();
}

void LiveFeed::give_up(const Error& error) {
  finish("", error);
  const auto all = subscriptions_;
  for (const auto& subscription : all) subscription->refuse(error);
}

void LiveFeed::finish(std::string message, std::optional<Error> error) {
  if (end_) return;
  end_ = End{std::move(message), std::move(error)};
  result_.reset();
  if (const auto ended = std::exchange(ended_, nullptr)) ended();
}

}  // namespace millrace
