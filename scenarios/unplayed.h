#pragma once
// What the language has and no world plays yet: checked and bound, but a drill that has it is refused rather than
// judged without it. To let the worlds have a part, remove its line from the table in unplayed.cc. Pure.

#include "scenarios/spec.h"

#include <vector>

namespace blackstart {

/// REQUIRES: the tree is checked.
std::vector<UnplayedPart> find_unplayed(const Node& scenario);

}  // namespace blackstart
