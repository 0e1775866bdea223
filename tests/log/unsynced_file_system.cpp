#include "tests/log/unsynced_file_system.h"

#include <filesystem>

namespace millrace::testing {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

class UnsyncedFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  UnsyncedFile(UnsyncedFileSystem& system, std::string name, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), system_(system), name_(std::move(name)) {}

  using FSWritableFileOwnerWrapper::Append;
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = system_.written(name_, size_ + data.size());
    if (!status.ok()) return status;
    status = target()->Append(data, options, debug);
    if (status.ok()) size_ += data.size();
    return status;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  // The disk below is left alone: a sync is what it is here by this class's word.
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return system_.synced(name_); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return system_.synced(name_); }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  UnsyncedFileSystem& system_;
  std::string name_;
  uint64_t size_ = 0;
};

class UnsyncedDirectory : public rocksdb::FSDirectory {
 public:
  explicit UnsyncedDirectory(UnsyncedFileSystem& system) : system_(system) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return system_.directory_synced(); }

 private:
  UnsyncedFileSystem& system_;
};

}  // namespace

void UnsyncedFileSystem::cut_power() {
  std::lock_guard lock(mutex_);
  power_ = false;
}

void UnsyncedFileSystem::drop_unsynced(std::mt19937& random, bool torn) {
  std::lock_guard lock(mutex_);
  for (const auto& [name, file] : files_) {
    std::error_code error;
    if (!file.listed) {
      std::filesystem::remove(name, error);
      continue;
    }
    const uint64_t unsynced = file.size - file.synced;
    const uint64_t kept = torn && unsynced > 0 ? random() % unsynced : 0;
    if (unsynced == kept || !std::filesystem::exists(name, error)) continue;
    std::filesystem::resize_file(name, file.synced + kept);
    dropped_bytes_ += static_cast<int64_t>(unsynced - kept);
  }
  files_.clear();
  power_ = true;
}

IOStatus UnsyncedFileSystem::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  IOStatus status = written(name, 0);
  if (!status.ok()) return status;
  std::unique_ptr<rocksdb::FSWritableFile> made;
  status = target()->NewWritableFile(name, options, &made, debug);
  if (status.ok()) *file = std::make_unique<UnsyncedFile>(*this, name, std::move(made));
  return status;
}

IOStatus UnsyncedFileSystem::ReuseWritableFile(const std::string& name, const std::string&,
                                               const rocksdb::FileOptions& options,
                                               std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  return NewWritableFile(name, options, file, debug);
}

IOStatus UnsyncedFileSystem::NewDirectory(const std::string&, const IOOptions&,
                                          std::unique_ptr<rocksdb::FSDirectory>* directory, IODebugContext*) {
  *directory = std::make_unique<UnsyncedDirectory>(*this);
  return IOStatus::OK();
}

IOStatus UnsyncedFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                        IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  IOStatus status = check_power();
  if (!status.ok()) return status;
  status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  if (auto file = files_.extract(from)) {
    files_.erase(to);
    file.key() = to;
    // What it replaces is not brought back: RocksDB renames only what it can do without.
    file.mapped().listed = true;
    files_.insert(std::move(file));
  }
  return status;
}

IOStatus UnsyncedFileSystem::DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  IOStatus status = check_power();
  if (!status.ok()) return status;
  files_.erase(name);
  return target()->DeleteFile(name, options, debug);
}

IOStatus UnsyncedFileSystem::written(const std::string& name, uint64_t size) {
  std::lock_guard lock(mutex_);
  if (power_) files_[name].size = size;
  return check_power();
}

IOStatus UnsyncedFileSystem::synced(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (power_) files_[name].synced = files_[name].size;
  return check_power();
}

IOStatus UnsyncedFileSystem::directory_synced() {
  std::lock_guard lock(mutex_);
  if (power_) {
    for (auto& [name, file] : files_) file.listed = true;
  }
  return check_power();
}

IOStatus UnsyncedFileSystem::check_power() { return power_ ? IOStatus::OK() : IOStatus::IOError("the power is cut"); }

}  // namespace millrace::testing
