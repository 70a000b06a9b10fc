#include "scenarios/document.h"

#include <fmt/format.h>

namespace blackstart {

std::string Position::to_string() const { return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column); }

const Node* Node::find(std::string_view key) const {
  if (!is_map()) return nullptr;
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

std::string Node::text(std::string_view key, std::string_view fallback) const {
  const Node* value = find(key);
  return value != nullptr && value->is_scalar() ? value->scalar : std::string{fallback};
}

}  // namespace blackstart
