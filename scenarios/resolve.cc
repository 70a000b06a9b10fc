#include "scenarios/resolve.h"

#include "base/text.h"
#include "scenarios/template.h"
#include "scenarios/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace blackstart {
namespace {

constexpr std::size_t kExtendMax = 16;
constexpr std::size_t kFileMax = 5U << 20U;    // more than read_yaml takes: an endless file is refused, not read
constexpr std::size_t kFilledMax = 1U << 20U;  // of one text: variables that multiply each other end here

std::optional<std::string> read_text(const std::string& file, const Position& wanted_at, Diagnostics& diagnostics) {
  std::error_code code;
  const bool directory = std::filesystem::is_directory(file, code);
  std::ifstream stream{file, std::ios::binary};
  if (!directory && stream) {
    std::string text(kFileMax, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (!stream.bad()) return text;
  }
  const char* why = directory ? "it is a folder" : std::strerror(errno);
  diagnostics.add_error(
      fail(ErrorCode::kNotFound,
           fmt::format("could not read {}: {}; give the path of a file that is there", printable(file), why)),
      wanted_at);
  return std::nullopt;
}

void merge(Node& base, const Node& over) {
  if (!base.is_map() || !over.is_map()) {
    base = over;
    return;
  }
  for (const Node::Entry& entry : over.entries) {
    Node* below = base.find(entry.key);
    if (entry.value.is_null()) {
      std::erase_if(base.entries, [&](const Node::Entry& old) { return old.key == entry.key; });
    } else if (below != nullptr) {
      merge(*below, entry.value);
    } else {
      base.entries.push_back(entry);
    }
  }
}

std::optional<Node> read_chain(const std::string& file, const Position& wanted_at, std::vector<std::string>& chain,
                               Diagnostics& diagnostics) {
  diagnostics.note_file(file);
  const auto text = read_text(file, wanted_at, diagnostics);
  if (!text) return std::nullopt;
  ParsedYaml parsed = read_yaml(*text, file);
  for (ParsedYaml::Issue& issue : parsed.issues) diagnostics.add_error(std::move(issue.error), issue.where);
  if (!parsed.readable) return std::nullopt;
  const Node* extend = parsed.root.find("extend");
  if (extend == nullptr || !extend->is_scalar()) return std::move(parsed.root);

  const std::string base_file =
      (std::filesystem::path{file}.parent_path() / extend->scalar).lexically_normal().string();
  chain.push_back(std::filesystem::path{file}.lexically_normal().string());
  const Spot spot{extend->where, "extend", ""};
  if (chain.size() > kExtendMax || std::find(chain.begin(), chain.end(), base_file) != chain.end()) {
    diagnostics.add(spot, fmt::format("\"{}\", which extends this file in turn", printable(extend->scalar)),
                    "a file that does not lead back here");
    return std::nullopt;
  }
  auto base = read_chain(base_file, extend->where, chain, diagnostics);
  if (!base) return std::nullopt;
  std::erase_if(parsed.root.entries, [](const Node::Entry& entry) { return entry.key == "extend"; });
  merge(*base, parsed.root);
  base->where = parsed.root.where;
  return base;
}

// ---- --set -----------------------------------------------------------------------------------------------------

void place_all(Node& node, const Position& where) {
  node.where = where;
  for (Node& item : node.items) place_all(item, where);
  for (Node::Entry& entry : node.entries) {
    entry.where = where;
    place_all(entry.value, where);
  }
}

/// The value of --set is YAML, so that lists and maps can be given; what is no YAML is a text.
Node set_value(const std::string& value, const Position& where) {
  ParsedYaml parsed = read_yaml(value, where.file);
  const bool usable = parsed.readable && parsed.issues.empty() && !parsed.root.is_null();
  if (!usable) {
    parsed.root = Node{};
    parsed.root.kind = Node::Kind::kScalar;
    parsed.root.scalar = value;
  }
  place_all(parsed.root, where);
  return std::move(parsed.root);
}

/// One step down a path: which child, and what of the path is left behind it.
struct Descent {
  Node* child = nullptr;
  std::string_view rest;
  std::string_view key;  // where there is no such child yet
};

/// Names may hold dots themselves: the longest that fits wins.
bool is_head(std::string_view path, std::string_view name, const Descent& best) {
  if (name.empty() || !path.starts_with(name)) return false;
  if (path.size() > name.size() && path[name.size()] != '.') return false;
  return best.child == nullptr || name.size() > best.key.size();
}

void take(Descent& best, Node& child, std::string_view path, std::string_view name) {
  best = Descent{&child, path.size() > name.size() ? path.substr(name.size() + 1) : std::string_view{},
                 path.substr(0, name.size())};
}

Descent descend(Node& node, std::string_view path) {
  Descent best;
  const std::size_t dot = path.find('.');
  const std::string_view segment = path.substr(0, dot);
  if (node.is_list()) {
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      Node& item = node.items[index];
      for (const std::string& name : {std::to_string(index), item.text("name"), item.text("title")}) {
        if (is_head(path, name, best)) take(best, item, path, name);
      }
    }
    return best;
  }
  for (Node::Entry& entry : node.entries) {
    if (is_head(path, entry.key, best)) take(best, entry.value, path, entry.key);
  }
  if (best.child == nullptr) {
    best.key = segment;
    best.rest = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return best;
}

void find_paths(const Node& node, const std::string& path, std::string_view tail, std::vector<std::string>& found) {
  const bool ends = path.ends_with(tail) && path.size() > tail.size() && path[path.size() - tail.size() - 1] == '.';
  if (ends) found.push_back(path);
  for (const Node::Entry& entry : node.entries)
    find_paths(entry.value, path.empty() ? entry.key : fmt::format("{}.{}", path, entry.key), tail, found);
}

std::string names_of_items(const Node& list) {
  std::vector<std::string> names;
  for (std::size_t index = 0; index < list.items.size(); ++index) {
    const std::string name = list.items[index].text("name", list.items[index].text("title"));
    names.push_back(name.empty() ? std::to_string(index) : fmt::format("{} ({})", index, printable(name)));
  }
  return join(names, ", ");
}

}  // namespace

std::optional<Node> read_document(const std::string& file, Diagnostics& diagnostics) {
  std::vector<std::string> chain;
  return read_chain(file, Position{file, 0, 0}, chain, diagnostics);
}

void apply_set(Node& root, std::string_view path, const std::string& value, const std::string& label,
               Diagnostics& diagnostics) {
  const Position where{"--set " + label, 0, 0};
  const Spot spot{where, "", ""};
  Node* node = &root;
  std::string_view rest = path;
  while (!rest.empty()) {
    if (node->is_list() && descend(*node, rest).child == nullptr) {
      diagnostics.add(spot,
                      fmt::format("\"{}\", which is no item of the list", printable(rest.substr(0, rest.find('.')))),
                      node->items.empty() ? "none, as the list is empty" : names_of_items(*node));
      return;
    }
    if (node->is_scalar()) {
      diagnostics.add(spot,
                      fmt::format("\"{}\" below the single value \"{}\"", printable(rest), printable(node->scalar)),
                      "a path that ends there");
      return;
    }
    Descent next = descend(*node, rest);
    if (next.child == nullptr) {
      node->kind = Node::Kind::kMap;
      node->entries.push_back(Node::Entry{std::string{next.key}, where, Node{}});
      next.child = &node->entries.back().value;
      next.child->where = where;
    }
    node = next.child;
    rest = next.rest;
  }
  *node = set_value(value, where);
}

std::vector<std::string> paths_ending_in(const Node& root, std::string_view tail) {
  std::vector<std::string> found;
  find_paths(root, "", tail, found);
  return found;
}

// ---- variables -------------------------------------------------------------------------------------------------

Variables::Variables(const std::vector<std::pair<std::string, std::string>>& options) {
  for (const auto& [name, value] : options) {
    variables_.insert_or_assign(name, Variable{value, "--var " + name, false});
    options_.push_back(name);
  }
}

void Variables::add_defaults(const Node& root) {
  const Node* vars = root.find("vars");
  if (vars == nullptr) return;
  for (const Node::Entry& entry : vars->entries) {
    if (!entry.value.is_scalar()) continue;
    Variable variable{entry.value.scalar, "vars: " + entry.value.where.to_string(), false};
    if (entry.value.where.file.starts_with("--set ")) {
      variables_.insert_or_assign(entry.key, std::move(variable));
    } else {
      variables_.try_emplace(entry.key, std::move(variable));
    }
  }
}

void Variables::add_fixed(const std::string& name, const std::string& value) {
  variables_.try_emplace(name, Variable{value, name, false});
}

std::vector<std::string> Variables::names() const {
  std::vector<std::string> names;
  for (const auto& [name, variable] : variables_) names.push_back(name);
  return names;
}

std::string Variables::expand(const std::string& text, Node& into, std::vector<std::string>& inside) {
  std::string filled;
  std::size_t done = 0;
  for (const Placeholder& placeholder : find_placeholders(text)) {
    filled.append(text, done, placeholder.begin - done);
    done = placeholder.begin;
    const auto known = variables_.find(placeholder.name);
    const bool circular = std::find(inside.begin(), inside.end(), placeholder.name) != inside.end();
    if (known == variables_.end() || circular || filled.size() > kFilledMax) continue;
    known->second.used = true;
    into.filled_from += (into.filled_from.empty() ? "" : ", ") + known->second.origin;
    inside.push_back(placeholder.name);
    filled += expand(known->second.value, into, inside);
    inside.pop_back();
    done = placeholder.end;
  }
  filled.append(text, done);
  return filled;
}

void Variables::fill(Node& node) {
  for (Node& item : node.items) fill(item);
  for (Node::Entry& entry : node.entries) fill(entry.value);
  if (!node.is_scalar() || node.scalar.find("{{") == std::string::npos) return;
  std::vector<std::string> inside;
  std::string filled = expand(node.scalar, node, inside);
  if (filled == node.scalar) return;
  node.scalar = std::move(filled);
  node.quoted = false;  // quotes were needed for the braces, and say nothing about the value
}

void Variables::report_unused(Diagnostics& diagnostics) const {
  for (const std::string& name : options_) {
    const Variable& variable = variables_.at(name);
    if (variable.used) continue;
    std::vector<std::string> others;
    for (const auto& [other, known] : variables_) {
      if (other != name) others.push_back(other);
    }
    diagnostics.add(Spot{Position{"--var " + name, 0, 0}, "", ""}, "a variable that nothing uses",
                    others.empty() ? "none, as neither the scenario nor the target has variables" : join(others, ", "),
                    name, others);
  }
}

}  // namespace blackstart
