#pragma once
// Reads YAML into a Node tree that keeps going after errors which leave the tree usable, so that the loader can report
// them together with everything else that is wrong. Never throws; bounded in size and depth. Deterministic.

#include "base/result.h"
#include "scenarios/document.h"

#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct ParsedYaml {
  struct Issue {
    Position where;
    Error error;  // its context is the position too
  };
  Node root;
  std::vector<Issue> issues;
  bool readable = true;  // false: a syntax error, the tree is not to be used
};

ParsedYaml read_yaml(std::string_view text, const std::string& file);

/// Whether `text` is UTF-8 without control characters but tabs and ends of lines: what can be journalled and printed.
bool is_text(std::string_view text);

}  // namespace blackstart
