// A file system that can lose power: what was written since a file's last sync is then gone.
#pragma once

#include <rocksdb/file_system.h>

#include <map>
#include <mutex>
#include <random>
#include <string>

namespace millrace::testing {

class UnsyncedFileSystem : public rocksdb::FileSystemWrapper {
 public:
  UnsyncedFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  // From now on nothing reaches the disk, and every write and sync fails.
  void cut_power();
  // After the database was closed: drops what was not synced, or where `torn` is set, all of it but a random beginning.
  // New files whose directory was not synced go as well. Then power is back.
  void drop_unsynced(std::mt19937& random, bool torn);
  int64_t dropped_bytes() const { return dropped_bytes_; }

  const char* Name() const override { return "UnsyncedFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // For the files of it.
  rocksdb::IOStatus written(const std::string& name, uint64_t size);
  rocksdb::IOStatus synced(const std::string& name);
  rocksdb::IOStatus directory_synced();

 private:
  struct File {
    uint64_t size = 0;
    uint64_t synced = 0;
    bool listed = false;  // its directory was synced since it was made
  };

  rocksdb::IOStatus check_power();

  std::mutex mutex_;
  std::map<std::string, File> files_;
  bool power_ = true;
  int64_t dropped_bytes_ = 0;
};

}  // namespace millrace::testing
