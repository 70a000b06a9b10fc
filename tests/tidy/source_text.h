#pragma once
// A C++ source as the rules look at it: its text, its code without comments and literals, its includes, its functions.
// Not a compiler: it counts braces, and is right for code that clang-format has laid out.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart::tidy {

/// A file of the tree: path from the root with '/', and its bytes.
struct SourceFile {
  std::string path;
  std::string text;
};

struct Include {
  std::size_t line = 0;
  std::string target;
  bool quoted = false;
};

struct Function {
  std::string head;  // up to its brace, in one line
  std::size_t first_line = 0;
  std::size_t last_line = 0;
};

bool ends_with(std::string_view text, std::string_view end);
bool is_cpp(const SourceFile& file);
bool is_header(const SourceFile& file);
/// The first folder of a path: "targets" of "targets/local/cell.cc"; empty for a file of the root.
std::string_view folder_of(std::string_view path);

/// `text` with comments, string and character literals blanked, byte for byte, line for line. `keep_strings` keeps the
/// strings (an include's target is one).
std::string code_of(std::string_view text, bool keep_strings = false);
std::vector<std::string_view> lines_of(std::string_view text);
std::vector<Include> includes_of(std::string_view text);
std::vector<Function> functions_of(std::string_view text);

}  // namespace blackstart::tidy
