#include "scenarios/organisation_file.h"

#include "scenarios/checker.h"
#include "scenarios/languages.h"
#include "scenarios/meaning.h"

#include <filesystem>

namespace blackstart {

bool is_right_organisation(const Node& organisation) {
  Diagnostics diagnostics;
  Checker{organisation_language(), nullptr, diagnostics}.check(organisation);
  check_organisation_meaning(organisation, Spot{organisation.where, "", ""}, diagnostics);
  return diagnostics.empty();
}

void name_organisation(Node& organisation, const std::string& file) {
  if (organisation.find("name") != nullptr) return;
  Node name;
  name.kind = Node::Kind::kScalar;
  name.scalar = std::filesystem::path{file}.stem().string();
  name.where = Position{file, 0, 0};
  organisation.entries.insert(organisation.entries.begin(), Node::Entry{"name", name.where, name});
}

void take_communications(Node& scenario) {
  const Node* organisation = scenario.find("organisation");
  if (organisation == nullptr || !organisation->is_map() || scenario.find("communications") != nullptr) return;
  const Node* communications = organisation->find("communications");
  if (communications == nullptr || !is_right_organisation(*organisation)) return;
  scenario.entries.push_back(Node::Entry{"communications", communications->where, *communications});
}

}  // namespace blackstart
