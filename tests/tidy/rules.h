#pragma once
// The rules that keep the tree as docs/architecture.md and CONTRIBUTING.md describe it. Each is a pure function from
// files to findings, so that each can be shown a planted fault. Deterministic.

#include "source_text.h"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart::tidy {

struct Finding {
  std::string path;
  std::size_t line = 0;
  std::string what;  // which rule is broken, by what, and what to do

  [[nodiscard]] std::string to_string() const;
};
using Findings = std::vector<Finding>;

/// What each folder may include, itself aside.
using IncludeTable = std::map<std::string, std::set<std::string>, std::less<>>;

/// A program of its own, with a namespace of its own, on base alone.
inline constexpr std::string_view kReferencePlatform = "targets/auction/";
inline constexpr std::size_t kFileLinesMost = 500;
inline constexpr std::size_t kFunctionLinesMost = 70;

/// The table of docs/architecture.md. Empty where its text has no such table.
IncludeTable parse_include_table(std::string_view architecture);

Findings check_includes(const SourceFile& file, const IncludeTable& table);
Findings check_own_header_first(const SourceFile& file, const std::set<std::string, std::less<>>& paths);
Findings check_pragma_once(const SourceFile& file);
Findings check_file_length(const SourceFile& file);
Findings check_function_length(const SourceFile& file);
/// Clocks and unseeded randomness, outside the live side.
Findings check_clocks_and_chance(const SourceFile& file);
/// Fixed waits in tests: a test waits for a condition with a deadline (tests/support/wait.h). The programs and fakes
/// that tests run against may keep a pace of their own.
Findings check_sleeps(const SourceFile& file);
/// Two draws of chance in one expression: the order of operands and arguments is the compiler's to choose.
Findings check_draws(const SourceFile& file);
/// Two types of one name in the tool's headers. The reference platform is a program of its own.
Findings check_type_names(const std::vector<SourceFile>& files);
/// Work left undone.
Findings check_words(const SourceFile& file);

/// All of them over a whole tree, ordered by path and line.
Findings check_tree(const std::vector<SourceFile>& files, const IncludeTable& table);

}  // namespace blackstart::tidy
