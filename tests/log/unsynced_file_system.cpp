#include "tests/log/unsynced_file_system.h"

#include <unistd.h>

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
    return system_.write(name_, data.size(), [&] { return target()->Append(data, options, debug); });
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  // The disk below is left alone: a sync is what it is here by this class's word.
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return system_.sync(name_); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return system_.sync(name_); }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  UnsyncedFileSystem& system_;
  std::string name_;
};

class UnsyncedDirectory : public rocksdb::FSDirectory {
 public:
  explicit UnsyncedDirectory(UnsyncedFileSystem& system) : system_(system) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return system_.sync_directory(); }

 private:
  UnsyncedFileSystem& system_;
};

}  // namespace

void UnsyncedFileSystem::cut_power(std::mt19937& random, bool torn) {
  std::lock_guard lock(mutex_);
  for (const auto& [name, file] : files_) {
    if (!file.listed) {
      ::unlink(name.c_str());
      continue;
    }
    const uint64_t unsynced = file.size - file.synced;
    const uint64_t kept = torn && unsynced > 0 ? random() % unsynced : 0;
    if (unsynced != kept && ::truncate(name.c_str(), static_cast<off_t>(file.synced + kept)) != 0) ::_exit(1);
  }
  ::_exit(0);
}

IOStatus UnsyncedFileSystem::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> made;
  IOStatus status = write(name, 0, [&] { return target()->NewWritableFile(name, options, &made, debug); });
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
  IOStatus status = target()->RenameFile(from, to, options, debug);
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
  files_.erase(name);
  return target()->DeleteFile(name, options, debug);
}

IOStatus UnsyncedFileSystem::write(const std::string& name, size_t bytes, const std::function<IOStatus()>& write) {
  std::lock_guard lock(mutex_);
  IOStatus status = write();
  if (status.ok()) files_[name].size += bytes;
  return status;
}

IOStatus UnsyncedFileSystem::sync(const std::string& name) {
  std::lock_guard lock(mutex_);
  File& file = files_[name];
  file.synced = file.size;
  return IOStatus::OK();
}

IOStatus UnsyncedFileSystem::sync_directory() {
  std::lock_guard lock(mutex_);
  for (auto& [name, file] : files_) file.listed = true;
  return IOStatus::OK();
}

}  // namespace millrace::testing
