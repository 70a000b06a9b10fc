// blackstart show SCENARIO: the scenario and its target as they will be run, with where each value came from.

#include "app/arguments.h"
#include "app/verbs.h"
#include "base/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>

namespace blackstart {

namespace {

constexpr std::size_t kOriginColumn = 64;  // where the origins stand, beside the values

/// Prints a tree as YAML, block style, each value followed by where it came from.
class OriginPrinter {
 public:
  std::string print(const Node& node) {
    map(node, 0);
    return std::move(out_);
  }

 private:
  static std::string origin(const Position& where) {
    if (where.line == 0) return where.file;
    return fmt::format("{}:{}", std::filesystem::path(where.file).filename().string(), where.line);
  }
  void line(std::size_t indent, const std::string& text, const Position* where) {
    const std::string body = std::string(indent, ' ') + text;
    out_ += body;
    if (where != nullptr && !where->file.empty()) {
      out_ += std::string(body.size() < kOriginColumn ? kOriginColumn - body.size() : 1, ' ') + "# " + origin(*where);
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
      line(indent, prefix + " " + text, &node.where);
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

int show_verb(const ShowArguments& arguments) {
  const auto spec = load_scenario(arguments.scenario, arguments.load);
  if (!spec) return kExitBadInput;
  if (arguments.json) {
    const nlohmann::ordered_json both = {{"scenario", to_json(spec->scenario.resolved)},
                                         {"target", to_json(spec->target.resolved)}};
    return print_result(both.dump(2) + "\n") ? 0 : kExitInternal;
  }
  const std::string text = fmt::format("# scenario: {}\n{}\n# target: {}\n{}", spec->scenario.name,
                                       OriginPrinter().print(spec->scenario.resolved), spec->target.name,
                                       OriginPrinter().print(spec->target.resolved));
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
