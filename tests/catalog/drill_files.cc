#include "tests/catalog/drill_files.h"

#include <algorithm>

namespace blackstart::test {

namespace fs = std::filesystem;

std::vector<std::string> drills_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    const fs::path name = fs::relative(file.path(), folder).replace_extension("");
    const bool drill = file.path().extension() == ".yaml" && *name.begin() != "targets";
    if (drill) names.push_back(name.string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path file_of(const fs::path& folder, const std::string& drill) { return folder / (drill + ".yaml"); }

}  // namespace blackstart::test
