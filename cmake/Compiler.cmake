# Flags, compiler cache and linker for every target of the project.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # base_dir and nohashdir let a clone in another folder hit the same cache; the sloppiness is what a precompiled header asks for.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      "CCACHE_SLOPPINESS=pch_defines,time_macros" ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(MILLRACE_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

if(MILLRACE_SANITIZE)
  add_compile_options(-fsanitize=${MILLRACE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MILLRACE_SANITIZE})
endif()

# Everywhere, since the precompiled header must see the same macros as who uses it.
add_compile_options(-pthread)
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_link_options(-Wl,--as-needed)

# millrace_target(<target>): warnings are errors, includes are written from the root, common headers are precompiled once.
function(millrace_target target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                         -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 imagines overflows in std::string where it inlines a move (GCC bug 105651).
    target_compile_options(${target} PRIVATE -fpch-preprocess $<$<CONFIG:Release>:-Wno-array-bounds>
                           $<$<CONFIG:Release>:-Wno-stringop-overflow>)
    target_precompile_headers(${target} REUSE_FROM precompiled)
  endif()
endfunction()

# The owner of the precompiled header; everything else reuses it.
file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp.in "")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cpp CONTENT "// owner of the precompiled header\n")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_library(precompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_compile_options(precompiled PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                         -Wnon-virtual-dtor -Woverloaded-virtual -Werror -fpch-preprocess)
  target_precompile_headers(precompiled PRIVATE <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable>
    <cstdint> <cstring> <deque> <functional> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view>
    <thread> <tuple> <unordered_map> <utility> <variant> <vector>)
endif()
