#pragma once
// From files to one tree: `extend`, --set, variables and their {{...}}. Everything that is wrong goes to Diagnostics.
// Reads files; otherwise deterministic.

#include "scenarios/diagnostics.h"
#include "scenarios/document.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blackstart {

/// Reads a file and what it extends, the parts of the one over those of the other: maps key by key, lists and values
/// whole, a key given as null taken away. Null when a file cannot be read or is no YAML (said in `diagnostics`).
std::optional<Node> read_document(const std::string& file, Diagnostics& diagnostics);

/// Puts `value` (YAML) at `path`: keys and list positions (from 0, or an item's name) joined by dots.
/// `label` is the path as the user gave it.
void apply_set(Node& root, std::string_view path, const std::string& value, const std::string& label,
               Diagnostics& diagnostics);

/// Paths of values below `root` that end in `tail` as --set has it, at keys alone.
std::vector<std::string> paths_ending_in(const Node& root, std::string_view tail);

/// The variables of a drill. Precedence: --var, the scenario's `vars`, the target's `vars`; a `vars` entry that --set
/// has put there is above --var.
class Variables {
 public:
  explicit Variables(const std::vector<std::pair<std::string, std::string>>& options);
  /// Takes `vars:` of a tree; earlier trees win.
  void add_defaults(const Node& root);
  /// Makes a name known that the language gives (title).
  void add_fixed(const std::string& name, const std::string& value);
  /// Replaces every variable known in every scalar below `node`. What is not known stays.
  void fill(Node& node);
  [[nodiscard]] std::vector<std::string> names() const;
  /// --var that nothing has used.
  void report_unused(Diagnostics& diagnostics) const;

 private:
  struct Variable {
    std::string value;
    std::string origin;
    bool used = false;
  };
  std::string expand(const std::string& text, Node& into, std::vector<std::string>& inside);

  std::map<std::string, Variable> variables_;
  std::vector<std::string> options_;
};

}  // namespace blackstart
