// What only a log on disk can do, and what can be wrong with a directory.
#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "connectors/block_log/block_log.h"
#include "connectors/embedded/log_keys.h"
#include "tests/log/child.h"
#include "tests/log/log_fixture.h"

namespace millrace::testing {

namespace {

EmbeddedLogOptions options_for(const std::string& directory) {
  EmbeddedLogOptions options;
  options.directory = directory;
  options.maintenance_interval_ms = 3'600'000;
  options.cache_bytes = 0;
  return options;
}

// The database below a log that is closed.
class Database {
 public:
  explicit Database(const std::string& directory) {
    std::vector<std::string> names;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies({}, directory, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open({}, directory, families, &families_, &db).ok());
    db_.reset(db);
  }
  ~Database() {
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(const std::string& name) {
    for (auto* family : families_) {
      if (family->GetName() == name) return family;
    }
    return nullptr;
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

std::string message_of_open(const std::string& directory, ErrorCode code) {
  const Error error = error_of([&] { open_embedded_log(options_for(directory)); });
  EXPECT_EQ(error_name(error.code()), error_name(code)) << error.message();
  return error.message();
}

// Everything but the block at offset 10 can be read, and who meets that one is told which it is.
void expect_one_corrupt(Log& log, TopicId topic) {
  auto reader = log.open_reader({{.topic = topic}});
  const auto before = read_once(*reader, 1 << 20, in_ms(0));
  EXPECT_EQ(offsets_of(before), (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  const Error error = error_of([&] { reader->read(1 << 20, in_ms(0)); });
  EXPECT_EQ(error.code(), ErrorCode::log_corrupt);
  EXPECT_NE(error.message().find("the block at offset 10 of flights[0] is corrupt"), std::string::npos)
      << error.message();
  EXPECT_NE(error.message().find("the next one begins at 20"), std::string::npos) << error.message();
  reader->seek({.topic = topic, .next = 20});
  EXPECT_EQ(offsets_of(read_all(*reader)).size(), 10u);
}

TopicId write_three_blocks(const std::string& directory) {
  auto log = open_embedded_log(options_for(directory));
  const TopicId topic = log->create({"flights", 1, {}}).id;
  auto writer = log->open_writer("w");
  for (const char* mark : {"first", "second", "third"}) {
    // Larger than what RocksDB checks together.
    std::vector<Row> rows(10, Row{1, mark, std::string(2000, 'x')});
    EXPECT_EQ(commit(*writer, one_block(topic, 0, rows)).outcome, CommitOutcome::committed);
  }
  return topic;
}

}  // namespace

TEST(EmbeddedLog, EverythingIsThereAfterOpeningAgain) {
  TemporaryDirectory directory;
  auto log = open_embedded_log(options_for(directory.path()));
  const TopicId kept = log->create({"kept", 2, {.milliseconds = 5, .compact = true, .tombstone_milliseconds = 77}}).id;
  const TopicId trimmed = log->create({"trimmed", 1, {}}).id;
  const TopicId dropped = log->create({"dropped", 1, {}}).id;
  auto writer = log->open_writer("w");
  for (int i = 0; i < 5; ++i) commit(*writer, one_block(trimmed, 0, values({"a", "b"})));
  commit(*writer, one_block(kept, 1, {{7, "k", std::nullopt, "h"}, {8, std::nullopt, ""}}));
  log->trim(trimmed, 0, 10);
  commit(*writer, one_block(dropped, 0, values({"gone"})));
  log->drop(dropped);
  EXPECT_EQ(log->last_sequence(), 7);
  writer.reset();
  log.reset();
  for (int round = 0; round < 2; ++round) {
    log = open_embedded_log(options_for(directory.path()));
    EXPECT_EQ(log->last_sequence(), 7);
    EXPECT_EQ(log->list().size(), 2u);
    EXPECT_EQ(log->describe("kept")->id, kept);
    EXPECT_EQ(log->describe("kept")->partitions, 2);
    EXPECT_EQ(log->describe("kept")->retention.milliseconds, 5);
    EXPECT_FALSE(log->describe("kept")->retention.bytes);
    EXPECT_TRUE(log->describe("kept")->retention.compact);
    EXPECT_EQ(log->describe("kept")->retention.tombstone_milliseconds, 77);
    EXPECT_EQ(rows_of(read_all(*log, kept, 1, 0)),
              (std::vector<Row>{{7, "k", std::nullopt, "h"}, {8, std::nullopt, ""}}));
    EXPECT_EQ(log->offsets(trimmed, 0).first, 10);
    EXPECT_EQ(log->offsets(trimmed, 0).end, 10);
    auto reader = log->open_reader({{.topic = dropped}});
    EXPECT_EQ(error_of([&] { reader->read(1, in_ms(0)); }).message(),
              "topic dropped (id 3), from which the position was taken, was dropped");
    reader.reset();
    log.reset();
  }
  log = open_embedded_log(options_for(directory.path()));
  EXPECT_EQ(log->create({"dropped", 1, {}}).id.value, 4u);
  writer = log->open_writer("w");
  const CommitResult next = commit(*writer, one_block(trimmed, 0, values({"c"})));
  EXPECT_EQ(next.first_offsets[0], 10);
  EXPECT_EQ(next.sequence, 8);
}

TEST(EmbeddedLog, EverySyncModeKeepsRecordsOverAnOrderlyEnd) {
  for (LogSync sync : {LogSync::commit, LogSync::interval, LogSync::never}) {
    TemporaryDirectory directory;
    EmbeddedLogOptions options = options_for(directory.path());
    options.sync = sync;
    options.sync_interval_ms = 1;
    auto log = open_embedded_log(options);
    const TopicId topic = log->create({"t", 1, {}}).id;
    auto writer = log->open_writer("w");
    for (int i = 0; i < 20; ++i) commit(*writer, one_block(topic, 0, values({std::to_string(i)})));
    writer.reset();
    log.reset();
    log = open_embedded_log(options);
    EXPECT_EQ(read_all(*log, topic, 0, 0).size(), 20u);
  }
}

TEST(EmbeddedLog, SmallBlocksAreMergedAndReadAsBefore) {
  TemporaryDirectory directory;
  EmbeddedLogOptions options = options_for(directory.path());
  options.sync = LogSync::never;
  auto log = open_embedded_log(options);
  const TopicId topic = log->create({"t", 2, {}}).id;
  auto writer = log->open_writer("w");
  constexpr int count = 3000;
  for (int i = 0; i < count; ++i)
    commit(*writer, one_block(topic, i % 3 == 0 ? 1 : 0, {{i, "k", std::to_string(i), i % 5 ? "" : "h"}}));
  auto read = [&](std::vector<Position> positions) {
    auto reader = log->open_reader(std::move(positions));
    return read_all(*reader);
  };
  const std::vector<Position> both = {{.topic = topic}, {.topic = topic, .partition = 1}};
  const auto before = read(both);
  dynamic_cast<BlockLog&>(*log).maintain();
  for (int round = 0; round < 2; ++round) {
    const auto after = read(both);
    EXPECT_EQ(rows_of(after), rows_of(before));
    ASSERT_EQ(after.size(), static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) EXPECT_EQ(after[static_cast<size_t>(i)]->sequence, i + 1);
    EXPECT_EQ(read({{.topic = topic, .next = 1500}, {.topic = topic, .partition = 1, .next = 7}}).front()->values[0],
              "21");
    EXPECT_EQ(log->offset_at(topic, 0, 301), 200);
    writer.reset();
    log.reset();
    {
      Database database(directory.path());
      std::unique_ptr<rocksdb::Iterator> it(database.db().NewIterator({}, database.family("blocks")));
      int stored = 0;
      for (it->SeekToFirst(); it->Valid(); it->Next()) ++stored;
      EXPECT_LT(stored, 20);
    }
    log = open_embedded_log(options);
  }
}

// Blocks of several topics share a file: it is not given back before all of them are gone, or are copied elsewhere.
TEST(EmbeddedLog, RoomOfATopicThatIsGoneIsGivenBackThoughOthersLieBetween) {
  TemporaryDirectory directory;
  EmbeddedLogOptions options;
  options.directory = directory.path();
  options.write_buffer_bytes = 1 << 20;
  options.maintenance_interval_ms = 3'600'000;
  const auto log = open_embedded_log(options);
  const TopicId kept = log->create({"kept", 1, {}}).id;
  const TopicId dropped = log->create({"dropped", 1, {}}).id;
  const auto writer = log->open_writer("w");
  const std::string value(30 << 10, 'v');
  constexpr int64_t commits = 400;
  for (int64_t i = 0; i < commits; ++i) {
    for (int copy = 0; copy < 3; ++copy) commit(*writer, one_block(dropped, 0, {{i, std::nullopt, value}}));
    commit(*writer, one_block(kept, 0, {{i, std::nullopt, value}}));
  }
  const auto stored = [&] {
    uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory.path())) bytes += file.file_size();
    return bytes;
  };
  const uintmax_t before = stored();
  log->drop(dropped);
  for (int i = 0; i < 20 && stored() * 2 > before; ++i) dynamic_cast<BlockLog&>(*log).maintain();
  EXPECT_LT(stored() * 2, before);
  const auto offsets = offsets_of(read_all(*log, kept, 0, 0));
  EXPECT_EQ(offsets.size(), static_cast<size_t>(commits));
}

TEST(EmbeddedLog, TwoServersCannotHaveOneDirectory) {
  TemporaryDirectory directory;
  const std::string expected = fmt::format("the data directory {} is in use by another server", directory.path());
  auto log = open_embedded_log(options_for(directory.path()));
  EXPECT_EQ(message_of_open(directory.path(), ErrorCode::log_locked), expected);
  // Another process.
  Child child({"open", directory.path()});
  std::string line;
  ASSERT_TRUE(child.read_line(line));
  EXPECT_EQ(line, "log_locked " + expected);
  log.reset();
  EXPECT_NO_THROW(open_embedded_log(options_for(directory.path())));
}

TEST(EmbeddedLog, DirectoryWithoutPermissionIsNamed) {
  TemporaryDirectory directory;
  const std::string data = directory.path() + "/data";
  std::filesystem::create_directory(data);
  std::filesystem::permissions(data, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  for (const std::string& path : {data, data + "/below"}) {
    const std::string said = run_forked([&]() -> std::string {
      // Root may write anywhere.
      if (::getuid() == 0 && ::setuid(65534) != 0) return "cannot become another user";
      try {
        open_embedded_log(options_for(path));
        return "opened";
      } catch (const Error& error) {
        return fmt::format("{} {}", error_name(error.code()), error.message());
      }
    });
    EXPECT_EQ(said, fmt::format("log_permission no permission to use the data directory {}: Permission denied", path));
  }
}

TEST(EmbeddedLog, OlderProgramRefusesNewerData) {
  TemporaryDirectory directory;
  write_three_blocks(directory.path());
  {
    Database database(directory.path());
    rocksdb::ColumnFamilyHandle* unknown = nullptr;
    ASSERT_TRUE(database.db().CreateColumnFamily({}, "invented_later", &unknown).ok());
    database.db().DestroyColumnFamilyHandle(unknown);
    ASSERT_TRUE(database.db()
                    .Put({}, database.family("metadata"),
                         rocksdb::Slice(log_keys::version.data(), log_keys::version.size()), log_keys::number_value(7))
                    .ok());
  }
  EXPECT_EQ(
      message_of_open(directory.path(), ErrorCode::log_version),
      fmt::format("the data directory {} has version 7 of the log, this program knows version 1", directory.path()));
}

TEST(EmbeddedLog, CorruptFileIsFoundWhenItsBlockIsRead) {
  TemporaryDirectory directory;
  const TopicId topic = write_three_blocks(directory.path());
  open_embedded_log(options_for(directory.path())).reset();  // what recovery read is now in a file
  int flipped = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    if (file.path().extension() != ".sst" && file.path().extension() != ".blob") continue;
    std::stringstream all;
    all << std::ifstream(file.path(), std::ios::binary).rdbuf();
    const size_t at = all.str().find("secondsecond");
    if (at == std::string::npos) continue;
    std::fstream out(file.path(), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(at));
    out.put('S');
    ++flipped;
  }
  ASSERT_EQ(flipped, 1);
  auto log = open_embedded_log(options_for(directory.path()));
  expect_one_corrupt(*log, topic);
}

TEST(EmbeddedLog, NoFlippedByteOfAFileEndsTheProgramOrGivesOtherRecords) {
  TemporaryDirectory directory;
  const TopicId topic = write_three_blocks(directory.path());
  open_embedded_log(options_for(directory.path())).reset();
  const auto expected = rows_of(read_all(*open_embedded_log(options_for(directory.path())), topic, 0, 0));
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    if (file.path().extension() == ".sst" || file.path().extension() == ".blob") files.push_back(file.path().string());
  }
  int noticed = 0;
  for (int i = 0; i < 120; ++i) {
    TemporaryDirectory copy;
    const std::string data = copy.path() + "/data";
    std::filesystem::copy(directory.path(), data);
    const std::string& original = files[static_cast<size_t>(i) % files.size()];
    const auto size = std::filesystem::file_size(original);
    std::fstream file(data + original.substr(original.rfind('/')), std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(size * static_cast<uintmax_t>(i) / 120));
    const int byte = file.peek();
    file.seekp(file.tellg());
    file.put(static_cast<char>(byte ^ (1 << (i % 8))));
    file.close();
    try {
      EXPECT_EQ(rows_of(read_all(*open_embedded_log(options_for(data)), topic, 0, 0)), expected);
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::log_corrupt || error.code() == ErrorCode::log_failed ||
                  error.code() == ErrorCode::position_lost)
          << error.message();
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 10);
}

TEST(EmbeddedLog, CorruptBlockIsFoundByItsOwnChecksum) {
  TemporaryDirectory directory;
  const TopicId topic = write_three_blocks(directory.path());
  {
    Database database(directory.path());
    const std::string key = log_keys::block_key({topic, 0, 10});
    std::string value;
    ASSERT_TRUE(database.db().Get({}, database.family("blocks"), key, &value).ok());
    value[value.size() / 2] ^= 1;
    ASSERT_TRUE(database.db().Put({}, database.family("blocks"), key, value).ok());
  }
  auto log = open_embedded_log(options_for(directory.path()));
  expect_one_corrupt(*log, topic);
}

// A process of its own that tries to open the directory and says what it met.
int open_main(const std::vector<std::string>& arguments) {
  try {
    open_embedded_log(options_for(arguments.at(0)));
    std::printf("opened\n");
  } catch (const Error& error) {
    std::printf("%s %s\n", std::string(error_name(error.code())).c_str(), error.message().c_str());
  }
  return 0;
}

}  // namespace millrace::testing
