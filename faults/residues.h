#pragma once
// The active search for what a drill left behind, made before it reports. Any finding is exit code 4.

#include "faults/undo_log.h"

#include <string>
#include <vector>

namespace blackstart {

struct FaultResidue {
  std::string what;         // "process 4312 is still stopped"
  std::string how_to_heal;  // a command that a person can run
};

struct ResidueSearch {
  std::string drill_id;
  const UndoLog* log = nullptr;  // null: none was made
  bool torn_down = true;         // false: the drill's own processes still stand, and are no residues
};

/// Looks at the undo log (records not healed; stopped processes of every pause, healed or not; what commands of `run`
/// faults left in the background) and at every process of the machine that carries the drill's tag.
std::vector<FaultResidue> find_residues(const ResidueSearch& search);

}  // namespace blackstart
