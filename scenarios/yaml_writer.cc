// Nodes as YAML that read_yaml takes back to the same tree.

#include "scenarios/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace blackstart {
namespace {

/// Whether YAML would read `text`, without quotes, as exactly this text wherever it stands.
bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view{"-?:,[]{}#&*!|>'\"%@`=<~"}.find(text.front()) != std::string_view::npos) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c < 0x7f && std::string_view{",[]{}"}.find(c) == std::string_view::npos;
  });
}

/// Texts that YAML (of either version) or a reader's eye takes for something else.
bool looks_like_another_type(std::string_view text) {
  constexpr std::array kWords = {"true", "false", "null",  "yes",  "no",   "on",   "off",
                                 "~",    "True",  "False", "Null", "NULL", "TRUE", "FALSE"};
  if (std::find(kWords.begin(), kWords.end(), text) != kWords.end()) return true;
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc{} && end == text.data() + text.size();
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += fmt::format("\\{}", c);
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string spell(const Node& node) {
  if (node.is_null()) return "~";
  const bool bare = is_plain(node.scalar) && (!node.quoted || !looks_like_another_type(node.scalar)) &&
                    (node.quoted || node.scalar != "~");
  return bare ? node.scalar : in_quotes(node.scalar);
}

std::string spell_key(const std::string& key) {
  return is_plain(key) && !looks_like_another_type(key) ? key : in_quotes(key);
}

class Writer {
 public:
  explicit Writer(bool origins) : origins_(origins) {}

  std::string write(const Node& root) {
    if (root.is_map() && !root.entries.empty()) {
      write_map(root, 0);
    } else if (root.is_list() && !root.items.empty()) {
      write_list(root, 0);
    } else {
      write_leaf(root);
    }
    return std::move(out_);
  }

 private:
  static bool is_leaf(const Node& node) { return node.entries.empty() && node.items.empty(); }

  void write_leaf(const Node& node) {
    std::string value = node.is_map() ? "{}" : node.is_list() ? "[]" : spell(node);
    out_ += value;
    if (origins_) out_ += "  # " + origin(node);
    out_ += '\n';
  }

  static std::string origin(const Node& node) {
    std::string from = node.where.to_string();
    if (!node.filled_from.empty()) from += ", " + node.filled_from;
    std::replace(from.begin(), from.end(), '\n', ' ');
    return from;
  }

  void indent(std::size_t depth) { out_.append(2 * depth, ' '); }

  /// Behind "key:" or "-".
  void write_value(const Node& node, std::size_t depth) {
    if (is_leaf(node)) {
      out_ += ' ';
      return write_leaf(node);
    }
    out_ += '\n';
    node.is_map() ? write_map(node, depth) : write_list(node, depth);
  }

  void write_map(const Node& node, std::size_t depth) {
    for (const Node::Entry& entry : node.entries) {
      indent(depth);
      write_entry(entry, depth);
    }
  }

  void write_entry(const Node::Entry& entry, std::size_t depth) {
    out_ += spell_key(entry.key) + ":";
    write_value(entry.value, depth + 1);
  }

  void write_list(const Node& node, std::size_t depth) {
    for (const Node& item : node.items) {
      indent(depth);
      out_ += '-';
      if (!item.is_map() || item.entries.empty()) {
        write_value(item, depth + 1);
        continue;
      }
      out_ += ' ';  // a map's first key stands beside the dash
      for (std::size_t index = 0; index < item.entries.size(); ++index) {
        if (index > 0) indent(depth + 1);
        write_entry(item.entries[index], depth + 1);
      }
    }
  }

  bool origins_;
  std::string out_;
};

}  // namespace

std::string to_yaml(const Node& node) { return Writer{false}.write(node); }
std::string to_yaml_with_origins(const Node& node) { return Writer{true}.write(node); }

}  // namespace blackstart
