#include "scenarios/unplayed.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>

namespace blackstart {
namespace {

/// A path into the scenario. `*` is any key or position, `**` any number of them.
struct Rule {
  std::string_view path;
  bool changes_result;
};
/// Every part of the language is played by a world; what one of them cannot play, it refuses itself.
constexpr std::array<Rule, 0> kUnplayed{};

class Search {
 public:
  Search(const Rule& rule, std::vector<UnplayedPart>& parts) : rule_(rule), parts_(parts) {}

  void look(const Node& node, const std::string& path, std::span<const std::string_view> words) {
    if (words.empty()) {
      parts_.push_back(UnplayedPart{path, rule_.changes_result, node.where});
      return;
    }
    const bool any = words.front() == "**";
    if (any && words.size() > 1) look(node, path, words.subspan(1));
    const auto below = [&](const std::string& key, const Node& value) {
      const std::string here = path.empty() ? key : fmt::format("{}.{}", path, key);
      if (any) {
        look(value, here, words);
      } else if (words.front() == "*" || words.front() == key) {
        look(value, here, words.subspan(1));
      }
    };
    for (const Node::Entry& entry : node.entries) below(entry.key, entry.value);
    for (std::size_t index = 0; index < node.items.size(); ++index) below(std::to_string(index), node.items[index]);
  }

 private:
  const Rule& rule_;
  std::vector<UnplayedPart>& parts_;
};

}  // namespace

std::vector<UnplayedPart> find_unplayed(const Node& scenario) {
  std::vector<UnplayedPart> parts;
  for (const Rule& rule : kUnplayed) {
    const std::vector<std::string_view> words = split(rule.path, '.');
    Search{rule, parts}.look(scenario, "", words);
  }
  return parts;
}

}  // namespace blackstart
