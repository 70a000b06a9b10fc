#pragma once
// A YAML or JSON document as a tree that remembers where each value stands and where it came from. The loader reads
// it, checks it against the language's tables, fills in {{...}} and binds it to the Spec types. Values, copyable.

#include "base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blackstart {

/// Where a value stands: line and column count from 1; 0 where it came from no file (an override, a default).
struct Position {
  std::string file;
  int line = 0;
  int column = 0;
  /// "file:line:column", or the file alone (for instance "--set load.bids.rate").
  [[nodiscard]] std::string to_string() const;
};

/// One value of a document.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  std::string scalar;          // text of a scalar, unquoted
  bool quoted = false;         // the scalar was quoted: never a number or a boolean
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in the file's order, keys unique
  Position where;
  std::string filled_from;  // the variables whose values were filled into it: "--var rate"; "" for none

  [[nodiscard]] bool is_map() const { return kind == Kind::kMap; }
  [[nodiscard]] bool is_list() const { return kind == Kind::kList; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::kScalar; }
  [[nodiscard]] bool is_null() const { return kind == Kind::kNull; }
  /// The value of `key`, or null when this is no map or has no such key.
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] Node* find(std::string_view key);
  /// The scalar text of `key`, or `fallback`.
  [[nodiscard]] std::string text(std::string_view key, std::string_view fallback = {}) const;
};
struct Node::Entry {
  std::string key;
  Position where;  // of the key
  Node value;
};

/// Parses YAML text. All duplicate keys and bare {{...}} are reported, each as one Error whose context is the position;
/// a syntax error ends at the first. Never throws.
boost::system::result<Node, std::vector<Error>> parse_yaml(std::string_view text, const std::string& file);

/// Plain conversions; scalars that are not quoted become numbers and booleans where they look like it. Ordered keys.
nlohmann::ordered_json to_json(const Node& node);
Node node_from_json(const nlohmann::ordered_json& json, const std::string& file);
std::string to_yaml(const Node& node);
/// The same with a comment behind each value that says where it came from: file and line, --set, --var.
std::string to_yaml_with_origins(const Node& node);

}  // namespace blackstart
