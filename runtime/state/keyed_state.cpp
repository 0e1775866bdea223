#include "runtime/state/keyed_state.h"

#include <algorithm>

#include "runtime/check.h"

namespace millrace {

namespace {

constexpr uint8_t block_version = 1;
constexpr size_t slots_min = 16;

uint8_t bucket_of(uint64_t hash) { return static_cast<uint8_t>(hash >> 58); }

}  // namespace

KeyedState::KeyedState(std::vector<Type> keys, std::vector<Type> values) {
  for (Type& type : keys) keys_.emplace_back(std::move(type));
  for (Type& type : values) values_.emplace_back(std::move(type));
}

bool KeyedState::keys_equal(uint32_t entry, std::span<const ColumnPtr> keys, size_t row) const {
  for (size_t i = 0; i < keys_.size(); ++i)
    if (!keys_[i].equals(entry, *keys[i], row)) return false;
  return true;
}

void KeyedState::upsert(std::span<const ColumnPtr> keys, Selection rows, size_t batch_rows,
                        std::vector<uint32_t>& entries, std::vector<uint32_t>* created) {
  scratch_.assign(batch_rows, 0);
  for (const ColumnPtr& key : keys) hash_values(*key, scratch_);
  entries.resize(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if ((live_ + 1) * 2 > slots_.size()) grow();
    const size_t mask = slots_.size() - 1;
    if (i + 8 < rows.size()) __builtin_prefetch(&slots_[scratch_[rows[i + 8]] & mask]);
    if (i + 4 < rows.size()) {
      const uint32_t ahead = slots_[scratch_[rows[i + 4]] & mask];
      if (ahead != empty_slot) {
        __builtin_prefetch(&hashes_[ahead]);
        keys_[0].prefetch(ahead);
      }
    }
    const uint64_t hash = scratch_[rows[i]];
    size_t slot = hash & mask;
    uint32_t entry = slots_[slot];
    while (entry != empty_slot && (hashes_[entry] != hash || !keys_equal(entry, keys, rows[i]))) {
      slot = (slot + 1) & mask;
      entry = slots_[slot];
    }
    if (entry == empty_slot) {
      entry = new_entry(hash);
      slots_[slot] = entry;
      for (size_t k = 0; k < keys_.size(); ++k) keys_[k].assign(entry, *keys[k], rows[i]);
      if (created != nullptr) created->push_back(entry);
    }
    touch(entry);
    entries[i] = entry;
  }
}

void KeyedState::find(std::span<const ColumnPtr> keys, Selection rows, size_t batch_rows,
                      std::vector<uint32_t>& entries) const {
  scratch_.assign(batch_rows, 0);
  for (const ColumnPtr& key : keys) hash_values(*key, scratch_);
  entries.resize(rows.size());
  const size_t mask = slots_.empty() ? 0 : slots_.size() - 1;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i + 8 < rows.size() && !slots_.empty()) __builtin_prefetch(&slots_[scratch_[rows[i + 8]] & mask]);
    entries[i] = find(keys, rows[i], scratch_[rows[i]]).value_or(no_entry);
  }
}

std::optional<uint32_t> KeyedState::find(std::span<const ColumnPtr> keys, size_t row) const {
  std::vector<uint64_t> hashes(row + 1, 0);
  for (const ColumnPtr& key : keys) hash_values(*key, hashes);
  return find(keys, row, hashes[row]);
}

std::optional<uint32_t> KeyedState::find(std::span<const ColumnPtr> keys, size_t row, uint64_t hash) const {
  if (slots_.empty()) return std::nullopt;
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask; slots_[slot] != empty_slot; slot = (slot + 1) & mask)
    if (hashes_[slots_[slot]] == hash && keys_equal(slots_[slot], keys, row)) return slots_[slot];
  return std::nullopt;
}

void KeyedState::grow() {
  slots_.assign(std::max(slots_min, slots_.size() * 2), empty_slot);
  for (uint32_t entry = 0; entry < flags_.size(); ++entry)
    if (alive(entry)) slots_[insert(hashes_[entry])] = entry;
}

uint32_t KeyedState::insert(uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot] != empty_slot) slot = (slot + 1) & mask;
  return static_cast<uint32_t>(slot);
}

uint32_t KeyedState::new_entry(uint64_t hash) {
  ++live_;
  if (!free_.empty()) {
    const uint32_t entry = free_.back();
    free_.pop_back();
    hashes_[entry] = hash;
    flags_[entry] = flag_alive;
    return entry;
  }
  const auto entry = static_cast<uint32_t>(flags_.size());
  MILLRACE_CHECK(entry != empty_slot);
  flags_.push_back(flag_alive);
  hashes_.push_back(hash);
  for (StateColumn& column : keys_) column.resize(flags_.size());
  for (StateColumn& column : values_) column.resize(flags_.size());
  return entry;
}

void KeyedState::touch(uint32_t entry) {
  if ((flags_[entry] & flag_touched) != 0) return;
  flags_[entry] |= flag_touched;
  touched_.push_back(entry);
}

void KeyedState::erase(uint32_t entry) {
  MILLRACE_CHECK(alive(entry));
  touch(entry);
  unlink(entry);
}

// Takes the entry out of the table, closing the gap by moving back what probed past it (Knuth 6.4, algorithm R).
void KeyedState::unlink(uint32_t entry) {
  const size_t mask = slots_.size() - 1;
  size_t gap = hashes_[entry] & mask;
  while (slots_[gap] != entry) gap = (gap + 1) & mask;
  for (size_t slot = (gap + 1) & mask; slots_[slot] != empty_slot; slot = (slot + 1) & mask) {
    const size_t home = hashes_[slots_[slot]] & mask;
    if (((slot - home) & mask) >= ((slot - gap) & mask)) {
      slots_[gap] = slots_[slot];
      gap = slot;
    }
  }
  slots_[gap] = empty_slot;
  flags_[entry] &= static_cast<uint8_t>(~flag_alive);
  --live_;
}

std::vector<uint32_t> KeyedState::all() const {
  std::vector<uint32_t> entries;
  entries.reserve(live_);
  for (uint32_t entry = 0; entry < flags_.size(); ++entry)
    if (alive(entry)) entries.push_back(entry);
  return entries;
}

std::vector<StateBlock> KeyedState::take_changes(size_t bytes_max, uint64_t images) {
  std::array<std::vector<uint32_t>, bucket_count> buckets;
  for (uint32_t entry : touched_) {
    const uint8_t bucket = bucket_of(hashes_[entry]);
    if (((images >> bucket) & 1) == 0) buckets[bucket].push_back(entry);
  }
  if (images != 0)
    for (uint32_t entry = 0; entry < flags_.size(); ++entry)
      if (alive(entry) && ((images >> bucket_of(hashes_[entry])) & 1) != 0)
        buckets[bucket_of(hashes_[entry])].push_back(entry);
  std::vector<StateBlock> blocks;
  for (int bucket = 0; bucket < bucket_count; ++bucket) {
    const bool image = ((images >> bucket) & 1) != 0;
    if (buckets[bucket].empty() && !image) continue;
    write_blocks(static_cast<uint8_t>(bucket), buckets[bucket], image, bytes_max, blocks);
  }
  free_erased();
  return blocks;
}

// Erased entries keep their keys until the delta that names them is written.
void KeyedState::free_erased() {
  for (uint32_t entry : touched_) {
    flags_[entry] &= static_cast<uint8_t>(~flag_touched);
    if (alive(entry)) continue;
    for (StateColumn& column : keys_) column.reset(entry);
    for (StateColumn& column : values_) column.reset(entry);
    free_.push_back(entry);
  }
  touched_.clear();
}

void KeyedState::write_blocks(uint8_t bucket, std::span<const uint32_t> entries, bool image, size_t bytes_max,
                              std::vector<StateBlock>& out) const {
  bool first = true;
  size_t piece = std::max<size_t>(1, bytes_max / 256);  // entries per piece; halved below where they are large
  while (first || !entries.empty()) {
    size_t count = std::min(piece, entries.size());
    StateWriter writer;
    for (;;) {
      const auto part = entries.first(count);
      writer.clear();
      writer.number(block_version);
      writer.number(static_cast<uint32_t>(count));
      for (uint32_t entry : part) writer.number(static_cast<uint8_t>(alive(entry) ? 1 : 0));
      for (const StateColumn& column : keys_) column.save(part, writer);
      std::vector<uint32_t> living;
      for (uint32_t entry : part)
        if (alive(entry)) living.push_back(entry);
      for (const StateColumn& column : values_) column.save(living, writer);
      if (writer.size() <= bytes_max || count <= 1) break;
      count /= 2;
    }
    out.push_back({bucket, image && first, image, writer.take()});
    entries = entries.subspan(count);
    first = false;
  }
}

void KeyedState::load(uint8_t bucket, bool image_start, std::string_view block) {
  if (image_start) {
    for (uint32_t entry = 0; entry < flags_.size(); ++entry) {
      if (!alive(entry) || bucket_of(hashes_[entry]) != bucket) continue;
      erase(entry);
    }
  }
  StateReader reader(block);
  const auto version = reader.number<uint8_t>();
  if (version != block_version)
    throw Error(ErrorCode::state_unreadable, "a state block has version " + std::to_string(version) +
                                                 ", this program reads version " + std::to_string(block_version));
  const auto count = reader.number<uint32_t>();
  const std::string_view live_flags = reader.raw(count);
  std::vector<ColumnPtr> keys;
  for (const StateColumn& column : keys_) keys.push_back(StateColumn::load_column(column.type(), count, reader));
  std::vector<uint32_t> living, dead;
  for (uint32_t i = 0; i < count; ++i) (live_flags[i] != 0 ? living : dead).push_back(i);
  scratch_.assign(count, 0);
  for (const ColumnPtr& key : keys) hash_values(*key, scratch_);
  for (uint32_t row : dead) {
    if (const auto entry = find(keys, row, scratch_[row])) {
      erase(*entry);
    }
  }
  std::vector<uint32_t> loaded;
  upsert(keys, Selection(living), count, loaded);
  for (StateColumn& column : values_) column.load(loaded, reader);
  free_erased();
}

void KeyedState::clear() {
  for (StateColumn& column : keys_) column = StateColumn(column.type());
  for (StateColumn& column : values_) column = StateColumn(column.type());
  slots_.clear();
  hashes_.clear();
  flags_.clear();
  touched_.clear();
  free_.clear();
  live_ = 0;
}

size_t KeyedState::bytes() const {
  size_t sum = slots_.capacity() * 4 + hashes_.capacity() * 8 + flags_.capacity() + touched_.capacity() * 4 +
               free_.capacity() * 4 + scratch_.capacity() * 8;
  for (const StateColumn& column : keys_) sum += column.bytes();
  for (const StateColumn& column : values_) sum += column.bytes();
  return sum;
}

std::string KeyedState::layout() const {
  std::string text = "keyed(";
  for (const StateColumn& column : keys_) text += column.type().to_string() + ",";
  text += ";";
  for (const StateColumn& column : values_) text += column.type().to_string() + ",";
  return text + ")";
}

}  // namespace millrace
