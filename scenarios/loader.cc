#include "scenarios/loader.h"

#include "base/text.h"
#include "scenarios/bind.h"
#include "scenarios/checker.h"
#include "scenarios/languages.h"
#include "scenarios/meaning.h"
#include "scenarios/organisation_file.h"
#include "scenarios/placeholders.h"
#include "scenarios/resolve.h"
#include "scenarios/target_search.h"
#include "scenarios/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace blackstart {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTargetPrefix = "target.";
constexpr std::string_view kOrganisationPrefix = "organisation.";

/// --set paths that decide which organisation it is: before it is read.
bool names_organisation(std::string_view path) {
  return path == "organisation" || path == "vars" || path.starts_with("vars.");
}

std::string folder_of(const std::string& file) {
  const std::string folder = fs::path{file}.parent_path().string();
  return folder.empty() ? "." : folder;
}

/// The file's stem, with the system's folder before it inside a catalogue.
std::string scenario_name(const std::string& file) {
  const fs::path path = fs::path{file}.lexically_normal();
  const fs::path system = path.parent_path();
  if (system.parent_path().filename() == "catalog") return system.filename().string() + "/" + path.stem().string();
  return path.stem().string();
}

void remove_key(Node& map, std::string_view key) {
  std::erase_if(map.entries, [&](const Node::Entry& entry) { return entry.key == key; });
}

/// The target without what the world and the driver in use do not look at: it may be wrong there, or for another day.
Node in_use(const Node& target, bool live, const std::string& driver) {
  Node used = target;
  Node* drivers = used.find("drivers");
  if (!live) {
    remove_key(used, "drivers");
    if (Node* services = used.find("services")) {
      for (Node::Entry& service : services->entries) remove_key(service.value, "url");
    }
  } else if (drivers != nullptr && !driver.empty()) {
    for (const char* other : {"local", "compose", "kubernetes", "external"}) {
      if (driver != other) remove_key(*drivers, other);
    }
    if (drivers->entries.empty()) remove_key(used, "drivers");
  }
  return used;
}

/// A component of a tier covers what the target has in it.
void cover_tiers(Spec& spec) {
  for (Component& component : spec.scenario.objectives.components) {
    if (component.tier.empty()) continue;
    for (const ServiceSpec& service : spec.target.services) {
      if (service.tier == component.tier) component.services.push_back(service.name);
    }
  }
}

/// The two trees of a drill on their way to a Spec.
struct Trees {
  std::optional<Node> scenario;
  std::optional<Node> target;
  std::string scenario_file;
  std::string target_file;
};

class Loader {
 public:
  explicit Loader(const LoadOptions& options) : options_(options), variables_(options.vars) {}

  Diagnostics& diagnostics() { return diagnostics_; }

  /// What the command line gives ends in the journal too.
  void check_options() {
    const auto check = [this](const char* option, const auto& pair) {
      if (is_text(pair.first) && is_text(pair.second)) return;
      diagnostics_.add(Spot{Position{fmt::format("{} {}", option, printable(pair.first)), 0, 0}, "", ""},
                       "bytes that are no text", "UTF-8 without control characters");
    };
    for (const auto& pair : options_.vars) check("--var", pair);
    for (const auto& pair : options_.sets) check("--set", pair);
  }

  std::optional<Node> read(const std::string& file) { return read_document(file, diagnostics_); }

  void read_scenario(const std::string& file, Trees& trees) {
    trees.scenario_file = file;
    trees.scenario = read(file);
    if (trees.scenario) take_scenario(trees);
  }

  void take_scenario(Trees& trees) {
    Node& scenario = *trees.scenario;
    const auto set = [&](const auto& wanted) {
      for (const auto& [path, value] : options_.sets) {
        if (wanted(path)) apply_set(scenario, path, value, path, diagnostics_);
      }
    };
    set(names_organisation);
    variables_.add_defaults(scenario);
    const Node* organisation = scenario.find("organisation");
    const bool in_a_file = organisation != nullptr && organisation->is_scalar();
    if (in_a_file && !options_.file_alone) read_organisation(trees);
    set([&](std::string_view path) {
      const bool done = in_a_file && path.starts_with(kOrganisationPrefix);
      return !path.starts_with(kTargetPrefix) && !names_organisation(path) && !done;
    });
    if (Node* written_here = scenario.find("organisation")) variables_.fill(*written_here);
    take_communications(scenario);
  }

  void take_target(Node& target) {
    for (const auto& [path, value] : options_.sets) {
      if (!path.starts_with(kTargetPrefix)) continue;
      apply_set(target, std::string_view{path}.substr(kTargetPrefix.size()), value, path, diagnostics_);
    }
    variables_.add_defaults(target);
  }

  /// Finds and reads the target that the scenario names; a name may hold variables.
  void read_target(Trees& trees) {
    Node* name = trees.scenario->find("target");
    if (name == nullptr || !name->is_scalar()) return;
    variables_.fill(*name);
    if (name->scalar.find("{{") != std::string::npos) return;  // an unknown variable: said with the others
    const std::string folder = folder_of(name->where.line > 0 ? name->where.file : trees.scenario_file);
    trees.target_file = find_target_file(name->scalar, folder, options_);
    if (trees.target_file.empty()) return report_missing(*name, "target", folder, target_folders(folder, options_));
    trees.target = read(trees.target_file);
    if (trees.target) take_target(*trees.target);
  }

  void check(Trees& trees) {
    if (trees.scenario) {
      const std::string title = trees.scenario->text("title");
      if (!title.empty()) variables_.add_fixed("title", title);
      variables_.fill(*trees.scenario);
    }
    std::optional<TargetNames> names;
    if (trees.target) {
      variables_.fill(*trees.target);
      names = names_of_target(*trees.target);
      check_driver(*names);
    }
    const TargetNames* known = names ? &*names : nullptr;
    if (trees.scenario && trees.target) suggest_paths(*trees.scenario, *trees.target);
    if (trees.scenario) check_scenario(trees, known);
    if (trees.target) check_target(*trees.target, known, folder_of(trees.target_file));
    if (trees.target) variables_.report_unused(diagnostics_);  // or who uses them is not known
    if (trees.scenario && !trees.target && diagnostics_.empty() && !options_.file_alone)
      report_unreadable_target(trees);
  }

  void check_organisation(const Node& root) {
    Checker{organisation_language(), nullptr, diagnostics_}.check(root);
    check_organisation_meaning(root, Spot{root.where, "", ""}, diagnostics_);
  }

  static Spec bind(const Trees& trees, const LoadOptions& options) {
    Spec spec;
    spec.scenario.name = scenario_name(trees.scenario_file);
    spec.scenario.file = trees.scenario_file;
    spec.scenario.folder = folder_of(trees.scenario_file);
    spec.target.file = trees.target_file;
    spec.target.folder = folder_of(trees.target_file);
    bind_trees(trees, options, spec);
    return spec;
  }

  static void bind_trees(const Trees& trees, const LoadOptions& options, Spec& spec) {
    bind_scenario(*trees.scenario, spec.scenario);
    bind_target(in_use(*trees.target, options.live, options.driver), spec.target);
    cover_tiers(spec);
    const Node* organisation = trees.scenario->find("organisation");
    if (organisation != nullptr && organisation->is_map()) {
      bind_organisation(*organisation, spec.organisation.emplace());
    }
    if (const Node* drivers = trees.target->find("drivers")) {
      spec.target.drivers_node = *drivers;
      spec.target.drivers.clear();
      for (const Node::Entry& driver : drivers->entries) spec.target.drivers.push_back(driver.key);
    }
    spec.scenario.resolved = *trees.scenario;
    spec.target.resolved = *trees.target;
    for (Node* resolved : {&spec.scenario.resolved, &spec.target.resolved}) {
      remove_key(*resolved, "vars");
      remove_key(*resolved, "extend");
    }
  }

 private:
  /// Puts the organisation that the scenario names in the place of its name, if nothing is wrong with it.
  void read_organisation(Trees& trees) {
    Node& name = *trees.scenario->find("organisation");
    variables_.fill(name);
    if (name.scalar.empty() || name.scalar.find("{{") != std::string::npos) return;  // said with the others
    const std::string folder = folder_of(name.where.line > 0 ? name.where.file : trees.scenario_file);
    const auto folders = organisation_folders(folder, options_);
    const std::string file = find_named_file(name.scalar, folder, folders);
    if (file.empty()) return report_missing(name, "organisation", folder, folders);
    std::optional<Node> organisation = read(file);
    if (!organisation) return;
    for (const auto& [path, value] : options_.sets) {
      if (!path.starts_with(kOrganisationPrefix)) continue;
      apply_set(*organisation, std::string_view{path}.substr(kOrganisationPrefix.size()), value, path, diagnostics_);
    }
    variables_.fill(*organisation);
    if (!is_right_organisation(*organisation)) return check_organisation(*organisation);
    name_organisation(*organisation, file);
    name = std::move(*organisation);
  }

  /// A target or an organisation that is in no file.
  void report_missing(const Node& name, const std::string& what, const std::string& folder,
                      const std::vector<std::string>& folders) {
    const Spot spot{name.where, what, ""};
    if (name.scalar.find('/') != std::string::npos) {
      return diagnostics_.add(spot, fmt::format("{}, and there is no such file in {}", describe_found(name), folder),
                              fmt::format("the path of {} file, from the scenario's folder",
                                          what == "target" ? "a target's" : "an organisation's"));
    }
    const std::vector<std::string> known = names_in(folders);
    const std::string allowed =
        known.empty() ? fmt::format("a name in scenarios/{}s/ (it holds none), or a path with a slash", what)
                      : fmt::format("{}; or a path with a slash", join(known, ", "));
    diagnostics_.add(spot, describe_found(name), allowed, name.scalar, known);
  }

  /// Nothing else is wrong with the target's name than that no one knows it yet: {{env.X}}.
  void report_unreadable_target(const Trees& trees) {
    const Node& name = *trees.scenario->find("target");
    diagnostics_.add(Spot{name.where, "target", ""},
                     fmt::format("{}, which is known only while the drill runs", describe_found(name)),
                     "the name of a target, or a path with a slash");
  }

  void check_driver(const TargetNames& names) {
    if (!options_.live || options_.driver.empty()) return;
    if (std::find(names.drivers.begin(), names.drivers.end(), options_.driver) != names.drivers.end()) return;
    const std::string allowed = names.drivers.empty()
                                    ? fmt::format("none, as {} has no drivers", names.target)
                                    : fmt::format("{} (the drivers of {})", join(names.drivers, ", "), names.target);
    diagnostics_.add(Spot{Position{"--driver " + options_.driver, 0, 0}, "", ""},
                     fmt::format("\"{}\"", options_.driver), allowed, options_.driver, names.drivers);
  }

  PlaceholderContext context(const TargetNames* names) const {
    PlaceholderContext context;
    context.names = names;
    context.variables = variables_.names();
    context.driver = options_.driver;
    context.live = options_.live;
    context.external =
        options_.live && (options_.driver == "external" || (options_.driver.empty() && names != nullptr &&
                                                            names->drivers == std::vector<std::string>{"external"}));
    return context;
  }

  /// For each path of --set that begins as none of a scenario's does: which it may have meant.
  void suggest_paths(Node& scenario, const Node& target) {
    constexpr std::size_t kMost = 3;
    for (const auto& [path, value] : options_.sets) {
      const std::string head = path.substr(0, path.find('.'));
      if (path.starts_with(kTargetPrefix) || scenario_language().root.find(head) != nullptr) continue;
      std::vector<std::string> meant = paths_ending_in(scenario, path);
      if (target_language().root.find(head) != nullptr) meant.push_back(std::string(kTargetPrefix) + path);
      for (const std::string& found : paths_ending_in(target, path))
        meant.push_back(std::string(kTargetPrefix) + found);
      if (meant.empty()) continue;
      remove_key(scenario, head);  // or it would be said again
      std::vector<std::string> quoted;
      for (const std::string& one : meant)
        if (quoted.size() < kMost) quoted.push_back(fmt::format("\"{}\"", one));
      diagnostics_.add_message(
          Spot{Position{"--set " + path, 0, 0}, "", ""},
          fmt::format("found a path that no scenario has; allowed: a path of the scenario, or one of "
                      "the target behind \"target.\"; did you mean {}?",
                      join(quoted, " or ")));
    }
  }

  void check_scenario(const Trees& trees, const TargetNames* names) {
    const Node* target = trees.target ? &*trees.target : nullptr;
    check_scenario_placeholders(*trees.scenario, context(names), diagnostics_);
    Checker{scenario_language(), names, diagnostics_}.check(*trees.scenario);
    check_scenario_meaning(*trees.scenario, target, folder_of(trees.scenario_file), diagnostics_);
  }

  void check_target(const Node& target, const TargetNames* names, const std::string& folder) {
    check_target_placeholders(target, context(names), diagnostics_);
    const Node used = in_use(target, options_.live, options_.driver);
    Checker{target_language(), names, diagnostics_}.check(used);
    check_target_meaning(used, options_.live, options_.driver, folder, diagnostics_);
  }

  const LoadOptions& options_;
  Variables variables_;
  Diagnostics diagnostics_;
};

/// Which of the three kinds of files it is, also where the first key is misspelt.
std::string kind_of(const Node& root) {
  const std::vector<std::string> kinds = {"blackstart", "blackstart_target", "blackstart_organisation"};
  for (const std::string& kind : kinds) {
    if (root.find(kind) != nullptr) return kind;
  }
  for (const Node::Entry& entry : root.entries) {
    if (const auto near = nearest_word(entry.key, kinds)) return *near;
  }
  return root.find("services") != nullptr ? kinds[1] : kinds[0];
}

std::vector<Error> validate_scenario(Loader& loader, Trees& trees, const LoadOptions& options) {
  loader.take_scenario(trees);
  if (!options.file_alone) loader.read_target(trees);
  loader.check(trees);
  return loader.diagnostics().sorted();
}

std::vector<Error> validate_target(Loader& loader, Trees& trees) {
  loader.take_target(*trees.target);
  loader.check(trees);
  return loader.diagnostics().sorted();
}

/// What is wrong with trees that were written by an earlier load.
std::vector<Error> check_resolved(const Trees& trees, const Node& used_target) {
  Diagnostics diagnostics;
  const TargetNames names = names_of_target(used_target);
  Checker{scenario_language(), &names, diagnostics}.check(*trees.scenario);
  Checker{target_language(), &names, diagnostics}.check(used_target);
  return diagnostics.sorted();
}

}  // namespace

LoadResult<Spec> load_spec(const std::string& scenario_file, const LoadOptions& options) {
  Loader loader{options};
  loader.check_options();
  Trees trees;
  loader.read_scenario(scenario_file, trees);
  if (trees.scenario) {
    loader.read_target(trees);
    loader.check(trees);
  }
  if (!loader.diagnostics().empty()) return LoadFailure{loader.diagnostics().sorted()};
  return Loader::bind(trees, options);
}

std::vector<Error> validate_file(const std::string& file, const LoadOptions& options) {
  Loader loader{options};
  loader.check_options();
  std::optional<Node> root = loader.read(file);
  if (!root) return loader.diagnostics().sorted();
  Trees trees;
  const std::string kind = kind_of(*root);
  if (kind == "blackstart_target") {
    trees.target_file = file;
    trees.target = std::move(root);
    return validate_target(loader, trees);
  }
  if (kind == "blackstart_organisation") {
    loader.check_organisation(*root);
    return loader.diagnostics().sorted();
  }
  trees.scenario_file = file;
  trees.scenario = std::move(root);
  return validate_scenario(loader, trees, options);
}

LoadResult<Spec> load_resolved(const Node& scenario, const Node& target, const std::string& name) {
  Trees trees;
  trees.scenario = scenario;
  trees.target = target;
  LoadOptions options;
  if (!check_resolved(trees, target).empty()) options.live = false;  // driver parts that were not in use may be wrong
  if (auto errors = check_resolved(trees, in_use(target, options.live, "")); !errors.empty()) {
    return LoadFailure{std::move(errors)};
  }
  Spec spec;
  spec.scenario.name = name;
  Loader::bind_trees(trees, options, spec);
  return spec;
}

}  // namespace blackstart
