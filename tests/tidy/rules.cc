#include "rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>
#include <tuple>

namespace blackstart::tidy {
namespace {

/// Files of the live side's folders that must nevertheless be pure: both worlds use them.
constexpr std::array kPureFiles = {"load/schedule", "load/content",   "load/ledger", "load/reconcile.cc",
                                   "load/classify", "load/intervals", "load/replay"};
constexpr std::array kLiveFolders = {"load", "faults", "targets", "app"};
constexpr std::array kProductFolders = {"base",    "scenarios", "rehearsal", "load", "faults",
                                        "targets", "reports",   "simulator", "app"};

template <std::size_t N>
bool contains(const std::array<const char*, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool starts_with(std::string_view text, std::string_view begin) { return text.substr(0, begin.size()) == begin; }

/// "load/schedule" covers load/schedule.h, load/schedule.cc and load/schedule_poisson.cc.
bool is_pure(std::string_view path) {
  if (!contains(kProductFolders, folder_of(path))) return false;
  if (!contains(kLiveFolders, folder_of(path))) return true;
  return std::any_of(kPureFiles.begin(), kPureFiles.end(), [&](const char* name) { return starts_with(path, name); });
}

struct Pattern {
  const char* expression;
  const char* what;
};

Findings find_patterns(const SourceFile& file, std::string_view text, const std::vector<Pattern>& patterns) {
  Findings findings;
  for (const auto& pattern : patterns) {
    const std::regex expression{pattern.expression};
    std::size_t number = 0;
    for (const auto line : lines_of(text)) {
      ++number;
      if (std::regex_search(line.begin(), line.end(), expression))
        findings.push_back({file.path, number, pattern.what});
    }
  }
  return findings;
}

std::string stem(std::string_view path) { return std::string{path.substr(0, path.find_last_of('.'))}; }

bool may_include(const SourceFile& file, std::string_view target, const IncludeTable& table) {
  const auto own = folder_of(file.path);
  const auto other = folder_of(target);
  if (starts_with(file.path, kReferencePlatform)) return other == "base" || starts_with(target, kReferencePlatform);
  if (starts_with(target, kReferencePlatform)) return own == "tests";
  const auto row = table.find(own);
  return other == own || (row != table.end() && row->second.count(std::string{other}) > 0);
}

void add(Findings& all, Findings some) { all.insert(all.end(), some.begin(), some.end()); }

/// The cells of a table's row, without their outer blanks.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  std::size_t begin = 1;
  for (auto bar = line.find('|', begin); bar != std::string_view::npos; bar = line.find('|', begin)) {
    const auto cell = line.substr(begin, bar - begin);
    const auto first = cell.find_first_not_of(' ');
    cells.emplace_back(first == std::string_view::npos ? ""
                                                       : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    begin = bar + 1;
  }
  return cells;
}

std::string without_parentheses(const std::string& text) {
  return std::regex_replace(text, std::regex{R"(\([^)]*\))"}, "");
}

}  // namespace

std::string Finding::to_string() const { return fmt::format("{}:{}: {}", path, line, what); }

IncludeTable parse_include_table(std::string_view architecture) {
  std::map<std::string, std::string> rows;
  bool inside = false;
  for (const auto line : lines_of(architecture)) {
    const auto cells = line.empty() || line.front() != '|' ? std::vector<std::string>{} : cells_of(line);
    if (cells.size() == 3 && cells[0] == "folder" && cells[2] == "may include") inside = true;
    if (cells.size() != 3) inside = false;
    if (!inside || !starts_with(cells[0], "`") || !ends_with(cells[0], "/`")) continue;
    rows[cells[0].substr(1, cells[0].size() - 3)] = without_parentheses(cells[2]);
  }
  IncludeTable table;
  for (const auto& [folder, allowed] : rows) {
    auto& set = table[folder];
    for (const auto& [other, unused] : rows) {
      const std::regex word{"(^|[^a-z])" + other + "([^a-z]|$)"};
      if (allowed == "all" || std::regex_search(allowed, word)) set.insert(other);
    }
  }
  return table;
}

Findings check_includes(const SourceFile& file, const IncludeTable& table) {
  Findings findings;
  const auto own = folder_of(file.path);
  if (!is_cpp(file) || (!contains(kProductFolders, own) && own != "tests")) return findings;
  for (const auto& include : includes_of(file.text)) {
    const auto other = folder_of(include.target);
    const bool ours = table.count(other) > 0;
    if (!include.quoted && ours && contains(kProductFolders, other)) {
      findings.push_back(
          {file.path, include.line, fmt::format("include \"{}\" with quotes: it is ours", include.target)});
    }
    if (!include.quoted || other == "generated" || own == "tests") continue;
    if (!ours) {
      findings.push_back(
          {file.path, include.line,
           fmt::format("\"{}\" is no path from the root of the tree; libraries go in <>", include.target)});
    } else if (!may_include(file, include.target, table)) {
      findings.push_back(
          {file.path, include.line,
           fmt::format("{} may not include \"{}\" (the table of docs/architecture.md)",
                       starts_with(file.path, kReferencePlatform) ? kReferencePlatform : own, include.target)});
    }
  }
  return findings;
}

Findings check_own_header_first(const SourceFile& file, const std::set<std::string, std::less<>>& paths) {
  const auto header = stem(file.path) + ".h";
  if (!ends_with(file.path, ".cc") || paths.count(header) == 0) return {};
  const auto includes = includes_of(file.text);
  // A test's helpers may include each other by bare name.
  const auto bare = header.substr(header.find_last_of('/') + 1);
  const bool first = !includes.empty() && includes.front().quoted &&
                     (includes.front().target == header || includes.front().target == bare);
  if (first) return {};
  return {{file.path, includes.empty() ? 1 : includes.front().line, fmt::format("include \"{}\" first", header)}};
}

Findings check_pragma_once(const SourceFile& file) {
  if (!is_header(file)) return {};
  const auto lines = lines_of(file.text);
  if (!lines.empty() && lines.front() == "#pragma once") return {};
  return {{file.path, 1, "a header begins with #pragma once"}};
}

Findings check_file_length(const SourceFile& file) {
  const auto lines = lines_of(file.text).size();
  if (!is_cpp(file) || lines <= kFileLinesMost) return {};
  return {
      {file.path, lines, fmt::format("{} lines; a file has at most {}: split it by concept", lines, kFileLinesMost)}};
}

Findings check_function_length(const SourceFile& file) {
  Findings findings;
  if (!is_cpp(file)) return findings;
  for (const auto& function : functions_of(file.text)) {
    const auto lines = function.last_line - function.first_line + 1;
    if (lines <= kFunctionLinesMost) continue;
    findings.push_back(
        {file.path, function.first_line,
         fmt::format("a function of {} lines; at most {}: {}", lines, kFunctionLinesMost, function.head)});
  }
  return findings;
}

Findings check_clocks_and_chance(const SourceFile& file) {
  if (!is_cpp(file) || !is_pure(file.path)) return {};
  static const std::vector<Pattern> kPatterns = {
      {R"(\bsystem_clock\b|\bhigh_resolution_clock\b|\bgettimeofday\s*\()", "wall-clock time outside the live side"},
      {R"((^|[^\w.>:]|std::)(time|localtime|gmtime)\s*\(\s*(nullptr|NULL|0|&))",
       "wall-clock time outside the live side"},
      {R"(\bsteady_clock\b|\bclock_gettime\s*\()", "a real clock outside the live side: time comes in as a parameter"},
      {R"(\brandom_device\b|\bs?rand\s*\(|\bdrand48\b|\bgetrandom\b|\barc4random)", "unseeded randomness"},
      {R"(\bmt19937|\bdefault_random_engine\b|\bminstd_rand)",
       "randomness other than a named stream of the seed (base/random.h)"},
  };
  return find_patterns(file, code_of(file.text), kPatterns);
}

Findings check_sleeps(const SourceFile& file) {
  if (!is_cpp(file) || folder_of(file.path) != "tests" || !ends_with(file.path, "_test.cc")) return {};
  static const std::vector<Pattern> kPatterns = {
      {R"(\bthis_thread\s*::\s*sleep_|\bsleep_for\s*\(|\busleep\s*\(|\bnanosleep\s*\(|(^|[^\w.>])(::)?sleep\s*\()",
       "a fixed wait in a test: wait for a condition with a deadline (tests/support/wait.h)"},
  };
  return find_patterns(file, code_of(file.text), kPatterns);
}

Findings check_words(const SourceFile& file) {
  // Spelt in two, so that this file may be checked too.
  static const std::vector<Pattern> kPatterns = {
      {"\\b(TO"
       "DO|FIX"
       "ME|X"
       "XX|HA"
       "CK)\\b",
       "work left undone: do it, or write down as a limit what is missing"},
  };
  return find_patterns(file, file.text, kPatterns);
}

Findings check_tree(const std::vector<SourceFile>& files, const IncludeTable& table) {
  std::set<std::string, std::less<>> paths;
  for (const auto& file : files) paths.insert(file.path);
  Findings all;
  for (const auto& file : files) {
    add(all, check_includes(file, table));
    add(all, check_own_header_first(file, paths));
    add(all, check_pragma_once(file));
    add(all, check_file_length(file));
    add(all, check_function_length(file));
    add(all, check_clocks_and_chance(file));
    add(all, check_sleeps(file));
    add(all, check_draws(file));
    add(all, check_words(file));
  }
  add(all, check_type_names(files));
  std::sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.path, a.line, a.what) < std::tie(b.path, b.line, b.what);
  });
  return all;
}

}  // namespace blackstart::tidy
