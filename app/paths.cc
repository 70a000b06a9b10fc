#include "app/paths.h"

#include "base/hash.h"
#include "base/text.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace blackstart {

namespace fs = std::filesystem;

std::string tool_path() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string() : path.string();
}

std::string tool_sha256() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  if (!file) return {};
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    hash.update({buffer.data(), static_cast<std::size_t>(file.gcount())});
  }
  return hash.finish_hex();
}

std::string scenarios_folder() {
  if (const char* given = std::getenv("BLACKSTART_SCENARIOS"); given != nullptr && *given != '\0') return given;
  const fs::path installed = fs::path(tool_path()).parent_path().parent_path() / "share/blackstart/scenarios";
  std::error_code error;
  if (fs::is_directory(installed, error)) return installed.string();
  return std::string(BLACKSTART_SOURCE_DIR) + "/scenarios";
}

std::string targets_folder() { return scenarios_folder() + "/targets"; }

std::vector<std::string> catalogue_names() {
  std::vector<std::string> names;
  const fs::path root = fs::path(scenarios_folder()) / "catalog";
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".yaml") continue;
    names.push_back(fs::relative(it->path(), root).replace_extension().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> find_scenario(const std::string& file_or_name) {
  std::error_code error;
  if (fs::is_regular_file(file_or_name, error)) return file_or_name;
  const auto names = catalogue_names();
  if (std::binary_search(names.begin(), names.end(), file_or_name)) {
    return (fs::path(scenarios_folder()) / "catalog" / (file_or_name + ".yaml")).string();
  }
  std::string hint = "`blackstart list` shows what can be drilled";
  if (const auto near = nearest_word(file_or_name, names)) hint = fmt::format("did you mean \"{}\"?", *near);
  return fail(ErrorCode::kNotFound,
              fmt::format("no scenario file and no drill of the catalogue is called \"{}\"; {}", file_or_name, hint));
}

Result<std::string> choose_run_folder(const std::string& requested, const std::string& scenario, WallTime now) {
  std::string folder = requested;
  if (folder.empty()) {
    const std::string base = "drills/" + format_wall_compact(now) + "-" + slug(fs::path(scenario).filename().string());
    folder = base;
    std::error_code error;
    for (int n = 2; fs::exists(folder, error); ++n) folder = fmt::format("{}-{}", base, n);
  }
  std::error_code error;
  if (fs::exists(fs::path(folder) / "journal.jsonl", error)) {
    return fail(ErrorCode::kInvalid, fmt::format("--out {}: it already holds a journal; a drill never overwrites one. "
                                                 "Choose another folder",
                                                 folder));
  }
  return folder;
}

Status find_data_of_others(const std::string& folder) {
  std::error_code error;
  const fs::path data = fs::path(folder) / "data";
  if (!fs::exists(data, error) || fs::is_empty(data, error)) return ok();
  return fail(ErrorCode::kInvalid, fmt::format("--out {}: it already holds a folder data, which a live drill would "
                                               "remove at its end. Choose another folder",
                                               folder));
}

Status make_run_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(fs::path(folder) / "logs", error);
  if (error) {
    return fail(ErrorCode::kIo,
                fmt::format("cannot create the folder {}: {}. Choose another with --out", folder, error.message()));
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    return fail_errno(errno, fmt::format("cannot write into {}; choose another folder with --out", folder));
  }
  return ok();
}

WallTime wall_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return WallTime{std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

}  // namespace blackstart
