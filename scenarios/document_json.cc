// Nodes as JSON and back.

#include "scenarios/document.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>

namespace blackstart {
namespace {

using Json = nlohmann::ordered_json;

/// The number that prints as exactly `text`, if there is one: 1.10 stays text, so that nothing is lost on the way.
template <class Number>
bool take_number(const std::string& text, Json& out) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return false;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) return false;
  }
  Json candidate = number;
  if (candidate.dump() != text) return false;
  out = std::move(candidate);
  return true;
}

Json scalar_json(const Node& node) {
  if (node.quoted) return node.scalar;
  if (node.scalar == "true") return true;
  if (node.scalar == "false") return false;
  Json number;
  if (take_number<std::int64_t>(node.scalar, number) || take_number<std::uint64_t>(node.scalar, number) ||
      take_number<double>(node.scalar, number)) {
    return number;
  }
  return node.scalar;
}

}  // namespace

nlohmann::ordered_json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return nullptr;
    case Node::Kind::kScalar:
      return scalar_json(node);
    case Node::Kind::kList: {
      Json list = Json::array();
      for (const Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::kMap: {
      Json map = Json::object();
      for (const Node::Entry& entry : node.entries) map[entry.key] = to_json(entry.value);
      return map;
    }
  }
  return nullptr;
}

Node node_from_json(const nlohmann::ordered_json& json, const std::string& file) {
  Node node;
  node.where = Position{file, 0, 0};
  if (json.is_object()) {
    node.kind = Node::Kind::kMap;
    for (const auto& [key, value] : json.items()) {
      node.entries.push_back(Node::Entry{key, node.where, node_from_json(value, file)});
    }
  } else if (json.is_array()) {
    node.kind = Node::Kind::kList;
    for (const auto& item : json) node.items.push_back(node_from_json(item, file));
  } else if (json.is_string()) {
    node.kind = Node::Kind::kScalar;
    node.scalar = json.get<std::string>();
    node.quoted = true;
  } else if (!json.is_null()) {
    node.kind = Node::Kind::kScalar;
    node.scalar = json.dump();
  }
  return node;
}

}  // namespace blackstart
