# antlr_grammar(<target> <grammar.g4> <namespace>): the lexer and parser of a combined grammar, made at build time.
find_program(ANTLR4_TOOL antlr4 REQUIRED)
find_path(ANTLR4_INCLUDE antlr4-runtime.h PATH_SUFFIXES antlr4-runtime REQUIRED)
find_library(ANTLR4_LIBRARY NAMES libantlr4-runtime.a antlr4-runtime REQUIRED)

add_library(antlr4_runtime UNKNOWN IMPORTED)
set_target_properties(antlr4_runtime PROPERTIES IMPORTED_LOCATION ${ANTLR4_LIBRARY})
# clang rejects one header of the 4.9 runtime that the parser does not need; an umbrella without it comes first on the path.
file(READ ${ANTLR4_INCLUDE}/antlr4-runtime.h umbrella)
string(REPLACE "#include \"misc/InterpreterDataReader.h\"" "" umbrella "${umbrella}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/antlr4/antlr4-runtime.h CONTENT "${umbrella}" @ONLY)
target_include_directories(antlr4_runtime SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/antlr4 ${ANTLR4_INCLUDE})

function(antlr_grammar target grammar namespace)
  get_filename_component(name ${grammar} NAME_WE)
  get_filename_component(path ${grammar} ABSOLUTE)
  get_filename_component(folder ${path} DIRECTORY)
  get_filename_component(file ${path} NAME)
  set(out ${CMAKE_BINARY_DIR}/${target})
  set(sources)
  set(headers)
  foreach(part IN ITEMS Lexer Parser)
    list(APPEND sources ${out}/${name}${part}.cpp)
    list(APPEND headers ${out}/${name}${part}.h)
  endforeach()
  # The tool runs where the grammar lies, so that no absolute path enters its output and the compiler cache hits.
  add_custom_command(OUTPUT ${sources} ${headers}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
    COMMAND ${ANTLR4_TOOL} -Dlanguage=Cpp -no-visitor -no-listener -Werror -package ${namespace} -Xexact-output-dir -o ${out} ${file}
    WORKING_DIRECTORY ${folder} DEPENDS ${path} VERBATIM COMMENT "antlr4 ${file}")
  add_library(${target} STATIC ${sources})
  # Tool 4.7.2 writes u8 literals into std::string tables, hence no char8_t in these files alone. The time of parsing is
  # spent in the runtime: -O1 parses as fast as -O2 and compiles in three quarters of the time.
  target_compile_options(${target} PRIVATE -fno-char8_t -w $<$<CONFIG:Release>:-O1>)
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_link_libraries(${target} PUBLIC antlr4_runtime)
endfunction()

antlr_grammar(sql_parser ${CMAKE_SOURCE_DIR}/grammar/Sql.g4 millrace::antlr)
