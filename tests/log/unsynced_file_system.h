// A file system that can lose power: the process ends, and what was written since a file's last sync is gone.
#pragma once

#include <rocksdb/file_system.h>

#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>

namespace millrace::testing {

class UnsyncedFileSystem : public rocksdb::FileSystemWrapper {
 public:
  UnsyncedFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  // Ends the process at once, between two operations on files. What was not synced is dropped, or where `torn` is set,
  // all of it but a random beginning; new files whose directory was not synced go as well.
  [[noreturn]] void cut_power(std::mt19937& random, bool torn);

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
  rocksdb::IOStatus write(const std::string& name, size_t bytes, const std::function<rocksdb::IOStatus()>& write);
  rocksdb::IOStatus sync(const std::string& name);
  rocksdb::IOStatus sync_directory();

 private:
  struct File {
    uint64_t size = 0;
    uint64_t synced = 0;
    bool listed = false;  // its directory was synced since it was made
  };

  std::mutex mutex_;
  std::map<std::string, File> files_;
};

}  // namespace millrace::testing
