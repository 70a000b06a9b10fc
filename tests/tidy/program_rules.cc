// Rules against what no compiler of one file sees: draws whose order the language leaves open, and two types of one
// name.

#include "rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace blackstart::tidy {
namespace {

bool is_drilled(std::string_view path) {
  return folder_of(path) == "simulator" || folder_of(path) == "load" || folder_of(path) == "rehearsal";
}

/// Whether two draws in `part` may happen in either order: nothing between them puts one before the other.
bool draws_twice(const std::string& part) {
  static const std::regex kDraw{R"((\.|->)(draw|uniform|next|normal|exponential|log_normal)\s*\(|\bdraw_from\s*\()"};
  static const std::regex kOrders{R"(\?|[^:]:[^:]|&&|\|\|)"};
  std::sregex_iterator draw(part.begin(), part.end(), kDraw);
  for (const std::sregex_iterator none; draw != none; ++draw) {
    const auto following = std::next(draw);
    if (following == none) return false;
    const auto begin = part.begin() + draw->position();
    const auto end = part.begin() + following->position();
    if (!std::regex_search(begin, end, kOrders)) return true;
  }
  return false;
}

/// Calls visit(part, line) for each full expression: cut at ; { } and at commas outside of brackets, which order.
template <class Visit>
void visit_expressions(const std::string& code, Visit visit) {
  std::string part;
  std::size_t line = 1, began = 1;
  int depth = 0;
  for (const char c : code) {
    if (c == '\n') ++line;
    if (part.empty()) {
      if (c == ' ' || c == '\n') continue;
      began = line;
    }
    depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    const bool cut = c == '{' || c == '}' || c == ';' || (c == ',' && depth == 0);
    if (!cut) {
      part += c;
      continue;
    }
    visit(part, began);
    part.clear();
    if (c != ',') depth = 0;
  }
}

}  // namespace

Findings check_draws(const SourceFile& file) {
  Findings findings;
  if (!is_cpp(file) || !is_drilled(file.path)) return findings;
  visit_expressions(code_of(file.text), [&](const std::string& part, std::size_t line) {
    if (draws_twice(part))
      findings.push_back({file.path, line,
                          "two draws in one expression: compilers differ in their order; give each a line of its own"});
  });
  return findings;
}

Findings check_type_names(const std::vector<SourceFile>& files) {
  static const std::regex kType{R"(^(struct|class|enum class) (\w+)[^;()]*\{)"};
  std::map<std::string, std::string, std::less<>> defined;  // name -> the header that has it
  Findings findings;
  for (const SourceFile& file : files) {
    if (!is_header(file) || folder_of(file.path) == "tests" || file.path.starts_with(kReferencePlatform)) continue;
    const std::string code = code_of(file.text);
    std::size_t number = 0;
    for (const auto line : lines_of(code)) {
      ++number;
      std::match_results<std::string_view::const_iterator> match;
      if (!std::regex_search(line.begin(), line.end(), match, kType)) continue;
      const auto [known, added] = defined.emplace(match[2].str(), file.path);
      if (!added && known->second != file.path)
        findings.push_back(
            {file.path, number,
             fmt::format("{} is a type of {} too: one program may not have both", known->first, known->second)});
    }
  }
  return findings;
}

}  // namespace blackstart::tidy
