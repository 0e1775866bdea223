# millrace_folder(<folder> LINK <target>... [REGISTER <leaf>...]): one static library from all sources below a folder.
#
# A leaf named after REGISTER grows by adding a file and changing nothing else: each `<folder>/<leaf>/<name>.cpp` defines
# `void register_<name>(<Leaf>Registry&)`, and the list of these calls is written here. The registry's type is the leaf's
# singular: functions -> FunctionRegistry, declared in `<folder>/<singular>_registry.h`.
function(millrace_folder folder)
  cmake_parse_arguments(ARG "" "" "LINK;REGISTER" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  foreach(leaf IN LISTS ARG_REGISTER)
    file(GLOB names CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/${folder}/${leaf} ${CMAKE_SOURCE_DIR}/${folder}/${leaf}/*.cpp)
    string(REGEX REPLACE "s$" "" singular ${leaf})
    string(SUBSTRING ${singular} 0 1 initial)
    string(TOUPPER ${initial} initial)
    string(SUBSTRING ${singular} 1 -1 rest)
    set(registry "${initial}${rest}Registry")
    set(declarations "")
    set(calls "")
    foreach(name IN LISTS names)
      get_filename_component(name ${name} NAME_WE)
      string(APPEND declarations "void register_${name}(${registry}& registry);\n")
      string(APPEND calls "  register_${name}(registry);\n")
    endforeach()
    if(NOT names)
      continue()
    endif()
    set(file ${CMAKE_BINARY_DIR}/${folder}/register_${leaf}.cpp)
    file(CONFIGURE OUTPUT ${file} CONTENT "#include \"${folder}/${singular}_registry.h\"\n
namespace millrace {
${declarations}
void register_all_${leaf}(${registry}& registry) {
${calls}}
}  // namespace millrace
" @ONLY)
    list(APPEND sources ${file})
  endforeach()
  if(NOT sources)
    add_library(${folder} INTERFACE)
    return()
  endif()
  add_library(${folder} STATIC ${sources})
  millrace_target(${folder})
  target_link_libraries(${folder} PUBLIC ${ARG_LINK})
endfunction()
