#include "connectors/embedded/rocksdb_store.h"

#include <fmt/format.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <filesystem>
#include <limits>

#include "connectors/embedded/block_codec.h"
#include "connectors/embedded/log_keys.h"
#include "runtime/error.h"

namespace millrace {

namespace {

constexpr std::string_view blocks_name = "blocks";
constexpr std::string_view metadata_name = "metadata";
constexpr uint64_t removed_due = 1000;  // blocks; a dropped topic counts as many

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

// RocksDB's own log file ends the process when the disk is full; this one writes no file.
class ReportLogger : public rocksdb::Logger {
 public:
  explicit ReportLogger(std::function<void(const std::string&)> report)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), report_(std::move(report)) {}

  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!report_) return;
    char line[1024];
    std::vsnprintf(line, sizeof(line), format, arguments);
    report_(fmt::format("RocksDB: {}", line));
  }

 private:
  std::function<void(const std::string&)> report_;
};

// What a loaded block's views point into. Without a block cache it owns its memory and may outlive the database.
struct Pinned {
  rocksdb::PinnableSlice slice;
};

[[noreturn]] void throw_permission(const std::string& directory, const std::string& reason) {
  throw Error(ErrorCode::log_permission,
              fmt::format("no permission to use the data directory {}: {}", directory, reason));
}

void make_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error == std::errc::permission_denied || error == std::errc::read_only_file_system) {
    throw_permission(directory, error.message());
  }
  if (error == std::errc::no_space_on_device) {
    throw Error(ErrorCode::log_full, fmt::format("no room for the data directory {}", directory));
  }
  if (error)
    throw Error(ErrorCode::log_failed,
                fmt::format("cannot make the data directory {}: {}", directory, error.message()));
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    throw_permission(directory, std::generic_category().message(errno));
  }
}

rocksdb::ColumnFamilyOptions family_options(const EmbeddedLogOptions& options) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = static_cast<size_t>(options.write_buffer_bytes);
  family.compression = rocksdb::kNoCompression;  // LZ4 was measured: reading takes three times the CPU
  // Larger blocks lie in files of their own, which RocksDB does not copy when it sorts keys: so what is written once is
  // written twice, log and file, and sorting needs hardly any room on the disk.
  family.enable_blob_files = true;
  family.min_blob_size = 4 << 10;
  // A file of blocks is given back when none of them is left. Compactions that copied what is left of old files would
  // need room that nobody has kept free for them: reclaim() does that, as far as there is room.
  family.enable_blob_garbage_collection = false;
  rocksdb::BlockBasedTableOptions table;
  // Readers read on, hardly ever the same again; what they loaded must not depend on a cache's life.
  table.no_block_cache = true;
  table.block_size = 16 << 10;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

rocksdb::DBOptions database_options(const EmbeddedLogOptions& options, rocksdb::Env* env) {
  rocksdb::DBOptions database;
  if (env) database.env = env;
  database.create_if_missing = true;
  database.create_missing_column_families = true;
  database.info_log = std::make_shared<ReportLogger>(options.report);
  database.max_open_files = 1000;
  // Room for a whole file is not taken ahead: on a disk that is nearly full the attempt fails writes beside it.
  database.allow_fallocate = false;
  database.max_total_wal_size = static_cast<uint64_t>(options.write_buffer_bytes) * 2;
  database.skip_stats_update_on_db_open = true;
  database.skip_checking_sst_file_sizes_on_db_open = true;
  database.stats_dump_period_sec = 0;
  database.stats_persist_period_sec = 0;
  // After a power cut the end of the write-ahead log may be torn: what was synced lies before it.
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return database;
}

}  // namespace

RocksDbStore::RocksDbStore(const EmbeddedLogOptions& options, LogState& state) : options_(options) {
  make_directory(options_.directory);
  if (options_.file_system) env_ = rocksdb::NewCompositeEnv(options_.file_system);
  try {
    open();
    check_version();
    restore(state);
  } catch (...) {
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
    throw;
  }
  if (options_.sync == LogSync::interval) syncer_ = std::thread([this] { sync_at_intervals(); });
}

RocksDbStore::~RocksDbStore() {
  {
    std::lock_guard lock(sync_mutex_);
    ending_ = true;
  }
  sync_changed_.notify_all();
  if (syncer_.joinable()) syncer_.join();
  if (options_.sync != LogSync::never) sync();
  for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
}

void RocksDbStore::open() {
  const rocksdb::DBOptions database = database_options(options_, env_.get());
  // A newer version may have families that this one does not know: they are opened so that its version can be read.
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(database, options_.directory, &names).ok())
    names = {rocksdb::kDefaultColumnFamilyName};
  for (std::string_view ours : {blocks_name, metadata_name}) {
    if (std::find(names.begin(), names.end(), ours) == names.end()) names.emplace_back(ours);
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names) families.emplace_back(name, family_options(options_));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database, options_.directory, families, &families_, &db);
  db_.reset(db);
  if (!status.ok()) throw_status("open", status);
  for (auto* family : families_) {
    if (family->GetName() == blocks_name) blocks_ = family;
    if (family->GetName() == metadata_name) metadata_ = family;
  }
}

void RocksDbStore::check_version() {
  std::string value;
  const rocksdb::Status status = db_->Get({}, metadata_, slice(log_keys::version), &value);
  if (status.IsNotFound()) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto put =
        db_->Put(synced, metadata_, slice(log_keys::version), log_keys::number_value(log_keys::format_version));
    if (!put.ok()) throw_status("write to", put);
    return;
  }
  if (!status.ok()) throw_status("read", status);
  const auto version = log_keys::parse_number(value);
  if (version == log_keys::format_version) return;
  throw Error(ErrorCode::log_version,
              fmt::format("the data directory {} has version {} of the log, this program knows version {}",
                          options_.directory, version ? std::to_string(*version) : "?", log_keys::format_version));
}

void RocksDbStore::restore(LogState& state) {
  auto number = [&](std::string_view key) -> std::optional<uint64_t> {
    std::string value;
    const rocksdb::Status status = db_->Get({}, metadata_, slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) throw_status("read", status);
    return log_keys::parse_number(value);
  };
  state.topic_next = topic_next_ = number(log_keys::topic_next).value_or(1);
  state.sequence = static_cast<int64_t>(number(log_keys::sequence).value_or(0));
  restore_topics(state);
  restore_blocks(state);
  state.sequence_assigned = state.sequence;
  for (auto& [id, topic] : state.topics.all()) {
    for (Partition& partition : topic.partitions) partition.assigned = partition.end;
  }
}

void RocksDbStore::restore_topics(LogState& state) {
  auto corrupt = [&](std::string_view what) {
    throw Error(ErrorCode::log_corrupt,
                fmt::format("the data directory {} has {} that cannot be read", options_.directory, what));
  };
  auto each = [&](char prefix, const auto& use) {
    std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, metadata_));
    for (it->Seek(std::string(1, prefix)); it->Valid() && it->key()[0] == prefix; it->Next())
      use(view(it->key()), view(it->value()));
    if (!it->status().ok()) throw_status("read", it->status());
  };
  each(log_keys::topic_prefix, [&](std::string_view key, std::string_view value) {
    auto topic = log_keys::parse_topic(value, log_keys::topic_of(key, 1));
    if (!topic) corrupt("the description of a topic");
    state.topics.add({std::move(*topic), {}});
  });
  each(log_keys::dropped_prefix, [&](std::string_view key, std::string_view value) {
    state.topics.add_dropped(log_keys::topic_of(key, 1), std::string(value));
    dropped_.push_back(log_keys::topic_of(key, 1));
  });
  each(log_keys::partition_prefix, [&](std::string_view key, std::string_view value) {
    const BlockKey place = log_keys::parse_block_key(std::string(key) + std::string(8, '\0'), 1);
    const auto bounds = log_keys::parse_bounds(value, place.topic, place.partition);
    Topic* topic = state.topics.find(place.topic);
    if (!bounds || !topic || place.partition >= topic->description.partitions) {
      corrupt("the bounds of a partition");
      return;
    }
    Partition& partition = topic->partitions[static_cast<size_t>(place.partition)];
    partition.start = bounds->start;
    partition.end = bounds->end;
  });
}

void RocksDbStore::restore_blocks(LogState& state) {
  rocksdb::ReadOptions read;
  read.readahead_size = 2 << 20;
  std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(read, metadata_));
  Topic* topic = nullptr;
  for (it->Seek(std::string(1, log_keys::entry_prefix)); it->Valid() && it->key()[0] == log_keys::entry_prefix;
       it->Next()) {
    const BlockKey key = log_keys::parse_block_key(view(it->key()), 1);
    auto entry = log_keys::parse_entry(view(it->value()), key.first);
    if (!topic || topic->description.id != key.topic) topic = state.topics.find(key.topic);
    if (!entry || !topic || key.partition < 0 || key.partition >= topic->description.partitions) {
      throw Error(
          ErrorCode::log_corrupt,
          fmt::format(
              "the data directory {} has an entry that cannot be read, of the block at offset {} of topic id {}, "
              "partition {}",
              options_.directory, key.first, key.topic.value, key.partition));
    }
    Partition& partition = topic->partitions[static_cast<size_t>(key.partition)];
    if (entry->last < partition.start) {
      state.removals.push_back(key);
      continue;
    }
    partition.bytes += entry->bytes;
    partition.end = std::max(partition.end, entry->last + 1);
    partition.blocks.push_back(std::move(*entry));
  }
  if (!it->status().ok()) throw_status("read", it->status());
}

WriteResult RocksDbStore::write(const LogChanges& changes) {
  using Outcome = WriteResult::Outcome;
  if (changes.room_needed > 0 && !has_room(changes.room_needed)) {
    return {Outcome::refused, true, fmt::format("no room in the data directory {}", options_.directory)};
  }
  std::lock_guard writing(writing_mutex_);
  if (broken()) {
    if (std::chrono::steady_clock::now() < resume_at_) return broken_;
    const rocksdb::Status resumed = db_->Resume();
    if (!resumed.ok()) {
      failed(resumed);
      return broken_;
    }
    broken_ = {};
  }
  rocksdb::WriteBatch batch;
  add_to(batch, changes);
  rocksdb::WriteOptions write;
  // Housekeeping reaches the disk with what is synced next: none of it is missed when it is lost.
  const bool lasting = changes.lasting || !changes.created.empty() || !changes.dropped.empty();
  write.sync = options_.sync == LogSync::commit && lasting;
  const rocksdb::Status status = db_->Write(write, &batch);
  if (!status.ok()) return failed(status);
  if (!write.sync) unsynced_ = true;
  removed_ += changes.removed.size() + changes.dropped.size() * removed_due;
  return {};
}

void RocksDbStore::add_to(rocksdb::WriteBatch& batch, const LogChanges& changes) {
  auto put = [&](std::string_view key, const std::string& value) {
    batch.Put(metadata_, slice(key), value).PermitUncheckedError();
  };
  for (const TopicDescription& topic : changes.created) {
    put(log_keys::topic_key(log_keys::topic_prefix, topic.id), log_keys::topic_value(topic));
    topic_next_ = std::max(topic_next_, topic.id.value + 1);
    put(log_keys::topic_next, log_keys::number_value(topic_next_));
  }
  for (const TopicDescription& topic : changes.dropped) {
    batch.Delete(metadata_, log_keys::topic_key(log_keys::topic_prefix, topic.id)).PermitUncheckedError();
    for (char prefix : {log_keys::partition_prefix, log_keys::entry_prefix}) {
      const std::string from = log_keys::topic_key(prefix, topic.id);
      batch.DeleteRange(metadata_, from, log_keys::topic_end(from)).PermitUncheckedError();
    }
    const std::string from = log_keys::topic_key('\0', topic.id).substr(1);
    batch.DeleteRange(blocks_, from, log_keys::topic_end(from)).PermitUncheckedError();
    put(log_keys::topic_key(log_keys::dropped_prefix, topic.id), topic.name);
    dropped_.push_back(topic.id);
    if (dropped_.size() > TopicTable::dropped_max) {
      batch.Delete(metadata_, log_keys::topic_key(log_keys::dropped_prefix, dropped_.front())).PermitUncheckedError();
      dropped_.pop_front();
    }
  }
  for (const BlockKey& key : changes.removed) {
    batch.Delete(blocks_, log_keys::block_key(key)).PermitUncheckedError();
    batch.Delete(metadata_, log_keys::entry_key(key)).PermitUncheckedError();
  }
  for (const PartitionBounds& bounds : changes.bounds) {
    put(log_keys::partition_key(bounds.topic, bounds.partition), log_keys::bounds_value(bounds));
  }
  for (const NewBlock& block : changes.added) {
    const BlockKey key{block.topic, block.partition, block.entry.first};
    encoded_.clear();
    encode_block(block, encoded_);
    batch.Put(blocks_, log_keys::block_key(key), encoded_).PermitUncheckedError();
    put(log_keys::entry_key(key), log_keys::entry_value(block.entry));
  }
  put(log_keys::sequence, log_keys::number_value(static_cast<uint64_t>(changes.sequence)));
  if (encoded_.capacity() > size_t{16} << 20) std::string().swap(encoded_);
}

// A write that met a full disk is torn and will not be read again. After any other failure nobody knows.
WriteResult RocksDbStore::failed(const rocksdb::Status& status) {
  // RocksDB's attempts to go on wait up to a second for its own background.
  constexpr auto pause = std::chrono::milliseconds(500);
  resume_at_ = std::chrono::steady_clock::now() + pause;
  // While RocksDB itself tries to go on, it says it is busy, which is not why.
  if (broken() && status.IsBusy()) return broken_;
  broken_ = {WriteResult::Outcome::refused, status.IsNoSpace() || !has_room(0), status.ToString()};
  WriteResult result = broken_;
  if (!status.IsNoSpace()) result.outcome = WriteResult::Outcome::unknown;
  return result;
}

LoadedBlock RocksDbStore::load(const BlockKey& key) {
  auto pinned = std::make_shared<Pinned>();
  // The block's own checksum, which is faster than RocksDB's, covers its key as well.
  rocksdb::ReadOptions read;
  read.verify_checksums = false;
  const rocksdb::Status status = db_->Get(read, blocks_, log_keys::block_key(key), &pinned->slice);
  if (status.IsNotFound()) return {};
  if (status.IsCorruption()) return {{}, status.ToString()};
  if (!status.ok()) throw_status("read", status);
  const Bytes stored = view(pinned->slice);
  auto pieces = decode_block(stored, key, std::move(pinned));
  if (!pieces) return {{}, "its checksum is wrong"};
  return {std::move(*pieces), ""};
}

// Removed keys give their blocks up when they are compacted, which RocksDB does by itself only where new records come
// close to them; keys are small. Blocks that are left in the oldest files are copied, as many as fit, where half of all
// bytes are garbage, or where the disk is full.
void RocksDbStore::reclaim() {
  using Policy = rocksdb::BlobGarbageCollectionPolicy;
  const auto compact = [this](Policy policy, double oldest) {
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    options.blob_garbage_collection_policy = policy;
    options.blob_garbage_collection_age_cutoff = oldest;
    const rocksdb::Status status = db_->CompactRange(options, blocks_, nullptr, nullptr);
    if (!status.ok() && options_.report) options_.report(fmt::format("cannot give back room: {}", status.ToString()));
    return status.ok();
  };
  const bool full = !has_room(0);
  if (const uint64_t removed = removed_; removed >= (full ? 1 : removed_due)) {
    if (compact(Policy::kDisable, 0)) removed_ -= removed;
  }
  const BlockFiles files = block_files();
  if (!full && files.garbage < std::max(files.bytes / 2, garbage_left_ + files.bytes / 8)) return;
  if (files.garbage <= garbage_left_) return;
  const double fits = static_cast<double>(free_bytes()) / 2 / static_cast<double>(files.bytes);
  if (compact(Policy::kForce, std::max(std::min(fits, 0.5), 1.0 / static_cast<double>(files.count)))) {
    const BlockFiles now = block_files();
    garbage_left_ = now.garbage < files.garbage ? 0 : now.garbage;
  }
}

RocksDbStore::BlockFiles RocksDbStore::block_files() const {
  BlockFiles files;
  db_->GetIntProperty(blocks_, rocksdb::DB::Properties::kNumBlobFiles, &files.count);
  db_->GetIntProperty(blocks_, rocksdb::DB::Properties::kLiveBlobFileSize, &files.bytes);
  db_->GetIntProperty(blocks_, rocksdb::DB::Properties::kLiveBlobFileGarbageSize, &files.garbage);
  return files.count == 0 ? BlockFiles{} : files;
}

// What lies in the write-ahead log only will be written once more, into files of blocks.
bool RocksDbStore::has_room(int64_t bytes) const {
  uint64_t unflushed = 0;
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &unflushed);
  return free_bytes() - bytes - static_cast<int64_t>(unflushed) >= options_.reserve_bytes;
}

// Where the system does not say, a write will.
int64_t RocksDbStore::free_bytes() const {
  struct statvfs disk;
  if (::statvfs(options_.directory.c_str(), &disk) != 0) return std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(disk.f_bavail * disk.f_frsize);
}

void RocksDbStore::sync_at_intervals() {
  std::unique_lock lock(sync_mutex_);
  while (
      !sync_changed_.wait_for(lock, std::chrono::milliseconds(options_.sync_interval_ms), [this] { return ending_; })) {
    lock.unlock();
    sync();
    lock.lock();
  }
}

// Not beside a write: after a failed sync RocksDB, as Debian builds it, takes a further write or sync of the same file
// for a mistake of the program and aborts.
void RocksDbStore::sync() {
  std::lock_guard writing(writing_mutex_);
  uint64_t errors = 0;
  if (broken() || !unsynced_ || !db_->GetIntProperty(rocksdb::DB::Properties::kBackgroundErrors, &errors) || errors > 0)
    return;
  const rocksdb::Status status = db_->SyncWAL();
  unsynced_ = false;
  if (status.ok()) return;
  failed(status);
  if (options_.report) options_.report(fmt::format("cannot sync the log: {}", status.ToString()));
}

void RocksDbStore::throw_status(const std::string& doing, const rocksdb::Status& status) const {
  const std::string text = status.ToString();
  auto says = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  if (says("lock file") || says("lock hold")) {
    throw Error(ErrorCode::log_locked,
                fmt::format("the data directory {} is in use by another server", options_.directory));
  }
  if (says("Permission denied")) throw_permission(options_.directory, text);
  const ErrorCode code = status.IsNoSpace()      ? ErrorCode::log_full
                         : status.IsCorruption() ? ErrorCode::log_corrupt
                                                 : ErrorCode::log_failed;
  throw Error(code, fmt::format("cannot {} the data directory {}: {}", doing, options_.directory, text));
}

}  // namespace millrace
