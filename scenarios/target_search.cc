#include "scenarios/target_search.h"

#include <algorithm>
#include <filesystem>

namespace blackstart {
namespace {

namespace fs = std::filesystem;

/// As short as a person would write it.
std::string from_here(const fs::path& path) {
  std::error_code code;
  const fs::path near = fs::proximate(path, code);
  return code || near.empty() || near.begin()->string() == ".." ? path.string() : near.string();
}

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

void add_folder(const fs::path& path, std::vector<std::string>& folders) {
  std::error_code code;
  if (!fs::is_directory(path, code)) return;
  const std::string folder = path.lexically_normal().string();
  if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
}

/// `kind` below scenarios/ or in plain sight, of `scenario_folder` and of those above it, then of the working folder.
std::vector<std::string> folders_of(const std::string& kind, const std::string& scenario_folder) {
  std::vector<std::string> folders;
  const auto add_both = [&](const fs::path& place) {
    add_folder(place / kind, folders);
    add_folder(place / "scenarios" / kind, folders);
  };
  std::error_code code;
  const fs::path start = fs::absolute(scenario_folder.empty() ? "." : scenario_folder, code).lexically_normal();
  for (fs::path place = start;; place = place.parent_path()) {
    add_both(place);
    if (place == place.root_path() || !place.has_parent_path() || place == place.parent_path()) break;
  }
  add_both(fs::absolute(".", code));
  return folders;
}

}  // namespace

std::vector<std::string> target_folders(const std::string& scenario_folder, const LoadOptions& options) {
  if (!options.targets_folder.empty()) return {options.targets_folder};
  std::vector<std::string> folders = folders_of("targets", scenario_folder);
  if (!options.targets_last.empty()) add_folder(options.targets_last, folders);
  return folders;
}

std::vector<std::string> organisation_folders(const std::string& scenario_folder, const LoadOptions& options) {
  const auto beside = [](const std::string& targets_folder) {
    fs::path targets = fs::path{targets_folder}.lexically_normal();
    if (!targets.has_filename()) targets = targets.parent_path();  // a slash at its end
    return (targets.parent_path() / "organisations").string();
  };
  if (!options.targets_folder.empty()) return {beside(options.targets_folder)};
  std::vector<std::string> folders = folders_of("organisations", scenario_folder);
  if (!options.targets_last.empty()) add_folder(beside(options.targets_last), folders);
  return folders;
}

std::vector<std::string> names_in(const std::vector<std::string>& folders) {
  std::vector<std::string> names;
  for (const std::string& folder : folders) {
    std::error_code code;
    for (fs::directory_iterator file{folder, code}; !code && file != fs::directory_iterator{}; file.increment(code)) {
      if (file->path().extension() == ".yaml") names.push_back(file->path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string find_named_file(const std::string& name, const std::string& scenario_folder,
                            const std::vector<std::string>& folders) {
  if (name.find('/') != std::string::npos) {
    const fs::path path = (fs::path{scenario_folder} / name).lexically_normal();
    return is_file(path) ? path.string() : "";
  }
  for (const std::string& folder : folders) {
    const fs::path path = fs::path{folder} / (name + ".yaml");
    if (is_file(path)) return from_here(path);
  }
  return "";
}

std::string find_target_file(const std::string& name, const std::string& scenario_folder, const LoadOptions& options) {
  return find_named_file(name, scenario_folder, target_folders(scenario_folder, options));
}

}  // namespace blackstart
