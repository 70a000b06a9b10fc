# Toolchain: the newest clang that is installed under a name of Debian's.
find_program(BLACKSTART_CLANGXX NAMES clang++-19 clang++-18 clang++-17 clang++-16 clang++ REQUIRED)
set(CMAKE_CXX_COMPILER ${BLACKSTART_CLANGXX})
