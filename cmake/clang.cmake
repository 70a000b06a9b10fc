# Toolchain: the newest clang that is installed under a name of Debian's.
find_program(BLACKSTART_CLANGXX NAMES clang++-19 clang++-18 clang++-17 clang++-16 clang++ REQUIRED)
set(CMAKE_CXX_COMPILER ${BLACKSTART_CLANGXX})

# Its own linker where it is installed: a program with sanitizers takes ld seconds.
file(REAL_PATH ${BLACKSTART_CLANGXX} clangxx)
get_filename_component(folder ${clangxx} DIRECTORY)
if(EXISTS ${folder}/ld.lld)
  set(CMAKE_EXE_LINKER_FLAGS_INIT -fuse-ld=lld)
endif()
