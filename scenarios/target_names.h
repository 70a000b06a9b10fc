#pragma once
// What a target gives names to: read from its tree even where the rest of the file is wrong, so that a scenario's
// references can be checked all the same.

#include "scenarios/document.h"

#include <map>
#include <string>
#include <vector>

namespace blackstart {

struct TargetNames {
  std::string target;
  std::vector<std::string> services;
  std::vector<std::string> regions;
  std::vector<std::string> zones;
  std::vector<std::string> tiers;
  std::vector<std::string> credentials;
  std::map<std::string, std::vector<std::string>> roles;  // by service; absent: no roles
  std::vector<std::string> services_with_url;
  std::vector<std::string> drivers;
};

TargetNames names_of_target(const Node& target);

}  // namespace blackstart
