#include "connectors/kafka/kafka_feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/kafka/kafka_offsets.h"
#include "runtime/record_headers.h"

namespace millrace {

namespace {

constexpr size_t messages_at_once = 8192;
constexpr size_t window_bytes_max = 4 << 20;
// Who shares a reader takes turns: a feed that is left for a moment is not lost.
constexpr std::chrono::seconds unused_max{10};

Bytes bytes_of(const void* data, size_t size) {
  return data == nullptr ? null_bytes() : Bytes(static_cast<const char*>(data), size);
}

// Keeps what a block's views point into.
struct BlockPin {
  std::vector<KafkaMessagePtr> messages;
  std::deque<std::string> headers;
};

std::optional<std::string> headers_of(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  std::vector<RecordHeader> list;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    list.push_back({Bytes(name), bytes_of(value, size)});
  return encode_record_headers(list);
}

}  // namespace

KafkaFeed::KafkaFeed(KafkaHandle& handle, const std::string& topic, TopicId id, int32_t partition, int64_t from,
                     std::function<void()> arrived)
    : handle_(handle),
      topic_(handle.topic(topic)),
      name_(topic),
      id_(id),
      partition_(partition),
      arrived_(std::move(arrived)),
      queue_(rd_kafka_queue_new(handle)),
      begin_(from),
      end_(from) {
  rd_kafka_queue_cb_event_enable(
      queue_.get(), [](rd_kafka_t*, void* feed) { static_cast<KafkaFeed*>(feed)->arrived_(); }, this);
  if (rd_kafka_consume_start_queue(topic_, partition_, from, queue_.get()) != 0) {
    rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
    throw_kafka_error(rd_kafka_last_error(), fmt::format("reading {}[{}]", topic, partition));
  }
}

KafkaFeed::~KafkaFeed() { retire(); }

void KafkaFeed::retire() {
  const std::lock_guard lock(mutex_);
  if (retired_) return;
  retired_ = true;
  rd_kafka_consume_stop(topic_, partition_);
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  window_.clear();
  queue_.reset();
}

bool KafkaFeed::covers(int64_t offset) const {
  const std::lock_guard lock(mutex_);
  return !retired_ && error_ == RD_KAFKA_RESP_ERR_NO_ERROR && begin_ <= offset && offset <= std::max(end_, drained_);
}

std::chrono::steady_clock::time_point KafkaFeed::last_used() const {
  const std::lock_guard lock(mutex_);
  return last_used_;
}

KafkaFeed::Next KafkaFeed::next(int64_t offset) {
  const std::lock_guard lock(mutex_);
  last_used_ = std::chrono::steady_clock::now();
  if (retired_) return {.error = RD_KAFKA_RESP_ERR__DESTROY};
  if (offset >= end_) take_arrived();
  const auto at = std::partition_point(window_.begin(), window_.end(),
                                       [&](const RecordBlockPtr& block) { return block->offsets.back() < offset; });
  if (at != window_.end()) return {.block = *at};
  return {.drained = drained_, .near_end = near_end_, .error = error_};
}

void KafkaFeed::take_arrived() {
  if (rd_kafka_queue_length(queue_.get()) == 0) return;
  std::vector<rd_kafka_message_t*> raw(messages_at_once);
  const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 0, raw.data(), raw.size());
  std::vector<KafkaMessagePtr> messages;
  for (ssize_t i = 0; i < count; ++i) {
    KafkaMessagePtr message(raw[static_cast<size_t>(i)]);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      drained_ = -1;
      messages.push_back(std::move(message));
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      drained_ = message->offset;
    } else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
               message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
               message->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
               message->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
               message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
               message->err == RD_KAFKA_RESP_ERR__BAD_MSG) {
      error_ = message->err;
    }
  }
  if (messages.empty()) return;
  window_.push_back(make_block(std::move(messages)));
  window_bytes_ += window_.back()->bytes();
  end_ = window_.back()->offsets.back() + 1;
  int64_t low = 0;
  int64_t high = 0;
  near_end_ =
      rd_kafka_get_watermark_offsets(handle_, name_.c_str(), partition_, &low, &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
      high - end_ <= 1;
  while (window_.size() > 1 && window_bytes_ > window_bytes_max) {
    window_bytes_ -= window_.front()->bytes();
    begin_ = window_.front()->offsets.back() + 1;
    window_.pop_front();
  }
}

RecordBlockPtr KafkaFeed::make_block(std::vector<KafkaMessagePtr> messages) const {
  auto pin = std::make_shared<BlockPin>();
  auto block = std::make_shared<RecordBlock>();
  block->topic = id_.value;
  block->partition = partition_;
  block->offsets.reserve(messages.size());
  block->timestamps.reserve(messages.size());
  block->keys.reserve(messages.size());
  block->values.reserve(messages.size());
  for (const auto& message : messages) {
    block->offsets.push_back(message->offset);
    block->timestamps.push_back(kafka_timestamp(*message));
    block->keys.push_back(bytes_of(message->key, message->key_len));
    block->values.push_back(bytes_of(message->payload, message->len));
    auto headers = headers_of(*message);
    if (!headers && block->headers.empty()) continue;
    block->headers.resize(block->size(), null_bytes());
    if (headers) block->headers.back() = pin->headers.emplace_back(*std::move(headers));
  }
  pin->messages = std::move(messages);
  block->pin = std::move(pin);
  return block;
}

std::shared_ptr<KafkaFeed> KafkaFeeds::acquire(const std::string& topic, TopicId id, uint64_t generation,
                                               int32_t partition, int64_t offset) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(generations_[id.value], generation) != generation)
    for (auto& [key, old] : feeds_)
      for (auto& feed : old)
        if (feed && key.first == id.value) std::exchange(feed, nullptr)->retire();
  Feeds& feeds = feeds_[{id.value, partition}];
  for (const auto& feed : feeds)
    if (feed && feed->covers(offset)) return feed;
  // A place that is free, else one that nobody uses, else the one used least recently.
  auto rank = [](const std::shared_ptr<KafkaFeed>& feed) {
    if (!feed) return std::pair(0, std::chrono::steady_clock::time_point{});
    return std::pair(feed.use_count() == 1 ? 1 : 2, feed->last_used());
  };
  const auto place =
      std::min_element(feeds.begin(), feeds.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  auto& client = clients_[static_cast<size_t>(place - feeds.begin())];
  if (!client)
    client = std::make_unique<KafkaHandle>(RD_KAFKA_CONSUMER, options_, kafka_consumer_settings(),
                                           kafka_consumer_own_settings(), callbacks_);
  if (*place) (*place)->retire();
  place->reset();
  *place = std::make_shared<KafkaFeed>(*client, topic, id, partition, offset, [this, id] { arrived_(id); });
  return *place;
}

void KafkaFeeds::sweep() {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  for (auto& [partition, feeds] : feeds_)
    for (auto& feed : feeds)
      if (feed && feed.use_count() == 1 && now - feed->last_used() > unused_max) feed.reset();
  std::erase_if(feeds_, [](const auto& entry) {
    return std::none_of(entry.second.begin(), entry.second.end(), [](const auto& feed) { return feed != nullptr; });
  });
  for (const auto& client : clients_)
    if (client) rd_kafka_poll(client->get(), 0);
}

}  // namespace millrace
