# Everything comes from Debian's packages; scripts/setup names them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(absl REQUIRED)
find_package(simdjson REQUIRED)
find_package(RocksDB REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(EDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)

add_library(re2::re2 ALIAS PkgConfig::RE2)
add_library(edit::edit ALIAS PkgConfig::EDIT)
add_library(rdkafka::rdkafka ALIAS PkgConfig::RDKAFKA)
if(TARGET RocksDB::rocksdb-shared)
  add_library(rocksdb::rocksdb ALIAS RocksDB::rocksdb-shared)
else()
  add_library(rocksdb::rocksdb ALIAS RocksDB::rocksdb)
endif()
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
if(TARGET date::date-tz)
  add_library(date::timezones ALIAS date::date-tz)
endif()

add_library(xxhash INTERFACE)
target_compile_definitions(xxhash INTERFACE XXH_INLINE_ALL)

# Beast and Asio are compiled once, in server/http/boost_sources.cpp; everywhere else they are declarations.
add_library(boost_beast INTERFACE)
target_link_libraries(boost_beast INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(boost_beast INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                           BOOST_ASIO_NO_DEPRECATED)
if(MILLRACE_SANITIZE MATCHES "thread")
  # ThreadSanitizer knows no fences; the mutexes around them are enough.
  target_compile_definitions(boost_beast INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
add_library(boost::beast ALIAS boost_beast)

# What the programs allocate with: rows are made by one thread and freed by another, which is what glibc's allocator is
# slow at. Pages go back to the system on a thread of its own, not between rows. Sanitizers bring their own.
add_library(allocator INTERFACE)
if(NOT MILLRACE_SANITIZE AND NOT MILLRACE_FUZZERS)
  pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/allocator.cpp CONTENT "// jemalloc looks for this name.
extern const char* malloc_conf;
const char* malloc_conf = \"background_thread:true\";
")
  target_sources(allocator INTERFACE ${CMAKE_BINARY_DIR}/allocator.cpp)
  target_link_libraries(allocator INTERFACE PkgConfig::JEMALLOC)
endif()
