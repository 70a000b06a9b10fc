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

void add_folders_of(const fs::path& place, std::vector<std::string>& folders) {
  add_folder(place / "targets", folders);
  add_folder(place / "scenarios" / "targets", folders);
}

}  // namespace

std::vector<std::string> target_folders(const std::string& scenario_folder, const LoadOptions& options) {
  if (!options.targets_folder.empty()) return {options.targets_folder};
  std::vector<std::string> folders;
  std::error_code code;
  const fs::path start = fs::absolute(scenario_folder.empty() ? "." : scenario_folder, code).lexically_normal();
  for (fs::path place = start;; place = place.parent_path()) {
    add_folders_of(place, folders);
    if (place == place.root_path() || !place.has_parent_path() || place == place.parent_path()) break;
  }
  add_folders_of(fs::absolute(".", code), folders);
  if (!options.targets_last.empty()) add_folder(options.targets_last, folders);
  return folders;
}

std::vector<std::string> targets_in(const std::vector<std::string>& folders) {
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

std::string find_target_file(const std::string& name, const std::string& scenario_folder, const LoadOptions& options) {
  if (name.find('/') != std::string::npos) {
    const fs::path path = (fs::path{scenario_folder} / name).lexically_normal();
    return is_file(path) ? path.string() : "";
  }
  for (const std::string& folder : target_folders(scenario_folder, options)) {
    const fs::path path = fs::path{folder} / (name + ".yaml");
    if (is_file(path)) return from_here(path);
  }
  return "";
}

}  // namespace blackstart
