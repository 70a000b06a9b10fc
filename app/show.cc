// blackstart show SCENARIO: the scenario and its target as they will be run, with where each value came from.

#include "app/arguments.h"
#include "app/verbs.h"
#include "base/text.h"
#include "scenarios/template.h"
#include "targets/live_world.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

namespace blackstart {

namespace {

constexpr std::size_t kOriginColumn = 64;  // where the origins stand, beside the values

/// What a driver makes up for each member of a service, and what it is filled in with at bring-up.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kMadeUp = {
    {{"port", "a free port of 127.0.0.1, the member's for the whole drill"},
     {"host", "127.0.0.1"},
     {"dir", "a folder of the member's own: data/SERVICE-ROLE under --out"},
     {"role", "the member's role at the time"},
     {"region", "the member's region"},
     {"index", "the member's number within the service, from 1"},
     {"secret", "a made-up password, the same for all members of the service"}}};

/// Which of these `node` holds and leaves to the bring-up.
void collect_made_up(const Node& node, std::vector<std::string_view>& names) {
  for (const Placeholder& placeholder : find_placeholders(node.scalar))
    for (const auto& [name, value] : kMadeUp)
      if (placeholder.name == name && std::ranges::find(names, name) == names.end()) names.push_back(name);
  for (const Node& item : node.items) collect_made_up(item, names);
  for (const Node::Entry& entry : node.entries) collect_made_up(entry.value, names);
}

/// Each value that the bring-up fills in, and with what; in the order of kMadeUp.
std::vector<std::pair<std::string_view, std::string_view>> filled_at_bring_up(const Node& target) {
  std::vector<std::string_view> names;
  collect_made_up(target, names);
  std::vector<std::pair<std::string_view, std::string_view>> filled;
  for (const auto& [name, value] : kMadeUp)
    if (std::ranges::find(names, name) != names.end()) filled.emplace_back(name, value);
  return filled;
}

/// Prints a tree as YAML, block style, each value followed by where it came from.
class OriginPrinter {
 public:
  std::string print(const Node& node) {
    map(node, 0);
    return std::move(out_);
  }

 private:
  static std::string origin(const Node& node) {
    const Position& where = node.where;
    std::string text = where.file;
    if (where.line != 0) text = fmt::format("{}:{}", std::filesystem::path(where.file).filename().string(), where.line);
    for (const auto& [name, value] : filled_at_bring_up(node)) text += fmt::format(", {{{{{}}}}} at bring-up", name);
    return text;
  }
  void line(std::size_t indent, const std::string& text, const Node* from) {
    const std::string body = std::string(indent, ' ') + text;
    out_ += body;
    if (from != nullptr && !from->where.file.empty()) {
      out_ += std::string(body.size() < kOriginColumn ? kOriginColumn - body.size() : 1, ' ') + "# " + origin(*from);
    }
    out_ += '\n';
  }
  static std::string scalar(const Node& node) { return std::string(trim(to_yaml(node))); }
  static bool nested(const Node& node) {
    return (node.is_map() && !node.entries.empty()) || (node.is_list() && !node.items.empty());
  }
  void value(const std::string& prefix, const Node& node, std::size_t indent) {
    if (!nested(node)) {
      const std::string text = node.is_map() ? "{}" : node.is_list() ? "[]" : scalar(node);
      line(indent, prefix + " " + text, &node);
      return;
    }
    line(indent, prefix, nullptr);
    if (node.is_map())
      map(node, indent + 2);
    else
      list(node, indent + 2);
  }
  void map(const Node& node, std::size_t indent) {
    for (const auto& entry : node.entries) value(entry.key + ":", entry.value, indent);
  }
  void list(const Node& node, std::size_t indent) {
    for (const auto& item : node.items) value("-", item, indent);
  }

  std::string out_;
};

struct ShowArguments {
  LoadArguments load;
  std::string scenario;
  bool json = false;
};

/// With `external` nothing is made up, {{port}} is a variable; in sim neither driver parts nor urls matter.
bool makes_up(const Spec& spec, const LoadArguments& load) {
  if (load.world == "sim") return false;
  const auto driver = choose_driver(spec.target, load.driver);
  return driver && *driver != "external";
}

int show_verb(const ShowArguments& arguments) {
  const auto spec = load_scenario(arguments.scenario, arguments.load);
  if (!spec) return kExitBadInput;
  std::vector<std::pair<std::string_view, std::string_view>> filled;
  if (makes_up(*spec, arguments.load)) filled = filled_at_bring_up(spec->target.resolved);
  if (arguments.json) {
    nlohmann::ordered_json both = {{"scenario", to_json(spec->scenario.resolved)},
                                   {"target", to_json(spec->target.resolved)},
                                   {"at_bring_up", nlohmann::ordered_json::object()}};
    for (const auto& [name, value] : filled) both["at_bring_up"][std::string(name)] = std::string(value);
    return print_result(both.dump(2) + "\n") ? 0 : kExitInternal;
  }
  std::string text = fmt::format("# scenario: {}\n{}\n# target: {}\n{}", spec->scenario.name,
                                 OriginPrinter().print(spec->scenario.resolved), spec->target.name,
                                 OriginPrinter().print(spec->target.resolved));
  if (!filled.empty()) text += "\n# filled in at bring-up, for each member of a service\n";
  for (const auto& [name, value] : filled) text += fmt::format("#   {{{{{}}}}}: {}\n", name, value);
  return print_result(text) ? 0 : kExitInternal;
}

}  // namespace

void add_show(VerbsLine& line) {
  Verb verb = line.verb(
      "show", "Print a scenario and its target as they will run: after extend, variables and overrides, with origins");
  auto arguments = std::make_shared<ShowArguments>();
  verb.option("SCENARIO", arguments->scenario, "A scenario file, or a name of the catalogue").required();
  arguments->load.add_to(verb);
  verb.flag("--json", arguments->json, "Print as JSON, without origins");
  verb.footer("Example:\n  blackstart show auction-flow/database-failure --set load.bids.rate=500/s");
  verb.runs([arguments] { return show_verb(*arguments); });
}

}  // namespace blackstart
