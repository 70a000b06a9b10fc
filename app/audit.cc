// blackstart audit SCENARIO...: what is wrong with a runbook before anything runs. Nothing is started.

#include "scenarios/audit.h"

#include "app/arguments.h"
#include "app/paths.h"
#include "app/verbs.h"
#include "scenarios/audit_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace blackstart {

namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter =
    "Exit status: 0 no contradiction, 1 a contradiction (two statements of the files that cannot both be kept), 254 "
    "bad\n"
    "arguments or a scenario that does not load. Warnings and notes change nothing. The rules: docs/audit.md, or "
    "--rules.\n"
    "\n"
    "Examples:\n"
    "  blackstart audit                                   the whole catalogue\n"
    "  blackstart audit buildnest                         the drills of one system\n"
    "  blackstart audit drills/shop/ --today 2026-01-31   every scenario below a folder, as of that day\n"
    "  blackstart audit --json | jq -r '.findings[] | select(.weight == \"contradiction\") | .what'";

struct AuditArguments {
  LoadArguments load;
  std::vector<std::string> given;
  std::string today;
  bool json = false;
  bool rules = false;
};

/// Whether a file of YAML says that it is a scenario; targets and organisations lie in the same folders.
bool is_scenario(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  const auto document = parse_yaml(text.str(), file.string());
  return !document || document->find("blackstart") != nullptr || document->find("extend") != nullptr;
}

Result<std::vector<std::string>> scenarios_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool yaml = it->path().extension() == ".yaml" || it->path().extension() == ".yml";
    if (yaml && is_scenario(it->path())) files.push_back(it->path().string());
  }
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot list the folder {}: {}", folder, error.message()));
  if (files.empty()) {
    return fail(ErrorCode::kNotFound, fmt::format("no scenario in {}: no .yaml file with blackstart: 1", folder));
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// One file, a folder's, or of the catalogue: a drill's, a system's.
Result<std::vector<std::string>> files_of(const std::string& given) {
  std::error_code error;
  if (fs::is_directory(given, error)) return scenarios_below(given);
  const fs::path system = fs::path(scenarios_folder()) / "catalog" / given;
  if (!given.empty() && fs::is_directory(system, error)) return scenarios_below(system.string());
  const auto file = find_scenario(given);
  if (!file) return file.error();
  return std::vector<std::string>{*file};
}

Result<std::vector<std::string>> all_files(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  for (const std::string& each : given.empty() ? catalogue_names() : given) {
    const auto found = files_of(each);
    if (!found) return found.error();
    for (const std::string& file : *found) {
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
    }
  }
  return files;
}

int print_rules() {
  std::string text;
  for (const AuditRule& rule : audit_rules()) text += fmt::format("{:<27} {}\n", rule.name, rule.about);
  return print_result(text) ? 0 : kExitInternal;
}

int audit_verb(const AuditArguments& arguments) {
  if (arguments.rules) return print_rules();
  auto options = arguments.load.options();
  if (options) options->live = false;  // nothing is started: drivers' parts need not be right
  const auto files = all_files(arguments.given);
  const std::string today = arguments.today.empty() ? format_wall(wall_now()).substr(0, 10) : arguments.today;
  if (!options || !files || !is_date(today)) {
    print_error(!options ? options.error()
                : !files ? files.error()
                         : Error{ErrorCode::kInvalid, fmt::format("--today {}: no day, as 2026-01-31", today), {}});
    return kExitBadInput;
  }
  std::vector<std::string> drills;
  std::vector<std::vector<Finding>> by_drill;
  for (const std::string& file : *files) {
    const auto spec = load_spec(file, *options);
    if (!spec) {
      print_errors(spec.error().errors);
      continue;
    }
    drills.push_back(spec->scenario.name);
    by_drill.push_back(audit(*spec, today));
  }
  const auto findings = merge_findings(by_drill);
  if (arguments.json) {
    if (!print_result(audit_json(drills, findings, today).dump(2) + "\n")) return kExitInternal;
  } else if (!print_result(audit_text(drills, findings))) {
    return kExitInternal;
  }
  if (drills.size() < files->size()) return kExitBadInput;
  return count_findings(findings).front() == 0 ? 0 : 1;
}

}  // namespace

void add_audit(VerbsLine& line) {
  Verb verb = line.verb("audit", "What is wrong with a runbook before anything runs; nothing is started");
  auto arguments = std::make_shared<AuditArguments>();
  verb.option("SCENARIO", arguments->given,
              "Scenario files, folders, names of the catalogue; none: the whole catalogue");
  arguments->load.add_values_to(verb);
  verb.option("--today", arguments->today, "The day on which it is looked at, as 2026-01-31; the clock's otherwise");
  verb.flag("--json", arguments->json, "Print the findings as JSON");
  verb.flag("--rules", arguments->rules, "List the rules, and look at nothing");
  verb.footer(kFooter);
  verb.runs([arguments] { return audit_verb(*arguments); });
}

}  // namespace blackstart
