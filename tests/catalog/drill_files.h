#pragma once
// The files of the catalogue: its drills, and of each the variation that must fail.

#include <filesystem>
#include <string>
#include <vector>

namespace blackstart::test {

inline const std::filesystem::path kRoot = BLACKSTART_SOURCE_DIR;
inline const std::filesystem::path kCatalogue = kRoot / "scenarios/catalog";
inline const std::filesystem::path kVariations = kRoot / "tests/catalog/variations";
inline const std::filesystem::path kExamples = kRoot / "tests/catalog/examples";

/// Names of the drills below a folder, as "auction-flow/database-failure", sorted.
std::vector<std::string> drills_in(const std::filesystem::path& folder);
std::filesystem::path file_of(const std::filesystem::path& folder, const std::string& drill);

}  // namespace blackstart::test
