#include "targets/local/command_line.h"

#include "base/text.h"

#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

namespace blackstart {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kEmbedded = "auctiond";

std::string expand_path(const std::string& folder, const std::string& name) {
  const fs::path path(name);
  return (path.is_absolute() || folder.empty() ? path : fs::path(folder) / path).lexically_normal().string();
}

Result<std::string> executable(const std::string& path, const std::string& name) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return fail(ErrorCode::kNotFound,
                fmt::format("the program \"{}\" is not there: {} does not exist; build or install "
                            "it, or correct `run:`",
                            name, path));
  }
  if (::access(path.c_str(), X_OK) != 0) {
    return fail(ErrorCode::kPermission,
                fmt::format("the program \"{}\" ({}) may not be executed; chmod +x it", name, path));
  }
  return fs::absolute(path, error).string();
}

/// `text` without {{...}}: what is in there is not for the shell.
std::string without_placeholders(std::string_view text) {
  std::string rest;
  while (true) {
    const auto begin = text.find("{{");
    rest += text.substr(0, begin);
    const auto end = begin == std::string_view::npos ? begin : text.find("}}", begin);
    if (end == std::string_view::npos) return rest;
    rest += 'x';
    text.remove_prefix(end + 2);
  }
}

/// Takes one word off the front of `text`.
Result<std::string> take_word(std::string_view& text) {
  std::string word;
  char quote = 0;
  while (!text.empty()) {
    const char next = text.front();
    if (text.starts_with("{{") && text.find("}}") != std::string_view::npos) {
      const auto length = text.find("}}") + 2;
      word += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    if (quote == 0 && (next == ' ' || next == '\t')) break;
    text.remove_prefix(1);
    if (quote == 0 && (next == '\'' || next == '"')) {
      quote = next;
    } else if (next == quote) {
      quote = 0;
    } else {
      word += next;
    }
  }
  if (quote != 0) return fail(ErrorCode::kInvalid, fmt::format("a {} is not closed", quote));
  return word;
}

}  // namespace

bool needs_shell(std::string_view text) {
  if (text.find("{{env.") != std::string_view::npos || text.find("{{ env.") != std::string_view::npos) return true;
  const std::string plain = without_placeholders(text);
  if (plain.find_first_of("$`;&|<>()*?[]#~\\\n!{}") != std::string::npos) return true;
  const std::string_view first = split(trim(plain), ' ').front();
  return first.find('=') != std::string_view::npos;
}

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    auto word = take_word(text);
    if (!word) return word.error();
    words.push_back(std::move(*word));
  }
  if (words.empty()) return fail(ErrorCode::kInvalid, "there is no command");
  return words;
}

Result<std::string> find_program(const std::string& name, const ProgramPlaces& places) {
  if (name.find('/') != std::string::npos) return executable(expand_path(places.folder, name), name);
  std::string searched;
  if (name == kEmbedded && !places.beside.empty()) {
    const std::string beside = places.beside + "/" + name;
    if (::access(beside.c_str(), X_OK) == 0) return executable(beside, name);
    searched = places.beside + " (beside blackstart) and ";
  }
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path == nullptr ? "" : path, ':')) {
    const std::string candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
    std::error_code error;
    if (fs::is_regular_file(candidate, error) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("the program \"{}\" was not found in {}PATH ({}); install it, or write its "
                          "path in `run:`",
                          name, searched, path == nullptr ? "not set" : path));
}

Result<CommandLine> make_command_line(const std::string& text, const CommandFill& fill, const ProgramPlaces& places) {
  if (needs_shell(text)) {
    BS_ASSIGN(std::string filled, fill.shell(text));
    const bool simple = filled.find_first_of(";&|\n(") == std::string::npos &&
                        split(trim(filled), ' ').front().find('=') == std::string_view::npos;
    if (trim(filled).starts_with("auctiond ")) {
      BS_ASSIGN(const std::string program, find_program(std::string(kEmbedded), places));
      filled = "'" + program + "'" + std::string(trim(filled).substr(kEmbedded.size()));
    }
    // A simple command replaces the shell, so that the member is the program itself and no shell around it.
    return CommandLine{"/bin/sh", {"-c", simple ? "exec " + filled : filled}};
  }
  BS_ASSIGN(std::vector<std::string> words, split_words(text));
  for (std::string& word : words) {
    BS_ASSIGN(word, fill.word(word));
  }
  BS_ASSIGN(std::string program, find_program(words.front(), places));
  return CommandLine{std::move(program), {words.begin() + 1, words.end()}};
}

}  // namespace blackstart
