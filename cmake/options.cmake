# Language, warnings, sanitizers, and the helpers that keep one target a folder.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug" FORCE)
endif()

option(BLACKSTART_TESTS "Build the tests" ON)
option(BLACKSTART_BENCH "Build the benchmarks" ON)
option(BLACKSTART_FUZZ "Build the fuzzers (clang)" OFF)
option(BLACKSTART_PCH "Precompile what most files include: a third off a build from nothing (./drill, ./check)" OFF)
option(BLACKSTART_UNITY "Compile several files of a folder at a time: half of a build from nothing (./drill, ./check)" OFF)
set(BLACKSTART_SANITIZE "" CACHE STRING "address,undefined or thread")

# Every program in one folder: the tool finds the programs that it starts beside itself.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# Another checkout of the same tree finds what this one compiled: paths below the tree are told to ccache as relative ones.
# Not for clang, which writes the paths of headers into what it precompiles.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER env)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND CMAKE_CXX_COMPILER_LAUNCHER CCACHE_BASEDIR=${CMAKE_SOURCE_DIR})
  endif()
  if(BLACKSTART_PCH)  # without these, ccache refuses to keep what was compiled with a precompiled header
    list(APPEND CMAKE_CXX_COMPILER_LAUNCHER CCACHE_SLOPPINESS=pch_defines,time_macros)
  endif()
  list(APPEND CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# -ffp-contract=off: the same arithmetic on every machine (a drill's journal must not depend on the compiler).
add_compile_options(-Wall -Wextra -Wpedantic -Werror -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc's flow analysis sees ghosts inside std::optional, std::variant and Boost at -O2.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # The standard library of gcc 12 uses what it deprecates inside std::stable_sort; gcc finds what is deprecated in ours.
  add_compile_options(-Wno-deprecated-declarations)
endif()
if(BLACKSTART_SANITIZE)
  add_compile_options(-fno-omit-frame-pointer -fsanitize=${BLACKSTART_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BLACKSTART_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND BLACKSTART_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

if(BLACKSTART_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "BLACKSTART_FUZZ needs clang: cmake --preset asan-ubsan")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# blackstart_precompiled(<target>): one precompiled header for all targets. clang-tidy, which reads files without it, sees
# to it that every file includes what it uses.
function(blackstart_precompiled target)
  if(NOT BLACKSTART_PCH)
    return()
  endif()
  if(NOT TARGET blackstart_pch)
    add_library(blackstart_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
    target_link_libraries(blackstart_pch PRIVATE Boost::headers fmt::fmt nlohmann_json::nlohmann_json Threads::Threads)
    target_include_directories(blackstart_pch PRIVATE ${CMAKE_SOURCE_DIR})
    target_precompile_headers(blackstart_pch PRIVATE <cmake/precompiled.h>)  # no path of this checkout
  endif()
  target_precompile_headers(${target} REUSE_FROM blackstart_pch)
endfunction()

# blackstart_runs_rarely(<target>): nothing in it runs once a bid or an event, so that a Release build spends a quarter
# less on it (-O1): a newcomer waits for the compiler before everything else.
function(blackstart_runs_rarely target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# blackstart_several_at_a_time(<target>): most of what a file costs to compile is what it includes. clang-tidy, which reads
# files one by one, sees to it that each stands by itself.
function(blackstart_several_at_a_time target)
  if(BLACKSTART_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # what is said of headers alone
    endif()
  endif()
endfunction()

# blackstart_library(<folder> [RARE] [LINK ...]): every .cc of the folder (not of its sub-folders) is blackstart_<folder>.
# RARE: see blackstart_runs_rarely.
function(blackstart_library name)
  cmake_parse_arguments(ARG "RARE" "" "LINK;SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS *.cc)
  endif()
  if(NOT ARG_SOURCES)  # headers alone
    add_library(blackstart_${name} INTERFACE)
    target_include_directories(blackstart_${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(blackstart_${name} INTERFACE ${ARG_LINK})
    return()
  endif()
  add_library(blackstart_${name} STATIC ${ARG_SOURCES})
  target_include_directories(blackstart_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(blackstart_${name} PUBLIC ${ARG_LINK})
  blackstart_precompiled(blackstart_${name})
  blackstart_several_at_a_time(blackstart_${name})
  if(ARG_RARE)
    blackstart_runs_rarely(blackstart_${name})
  endif()
endfunction()
