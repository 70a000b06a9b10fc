#pragma once
// Notes on what a target says in vain, on standard error.

#include "app/say.h"
#include "simulator/sim_notices.h"

namespace blackstart {

inline void say_notices(const Target& target) {
  for (const auto& notice : find_sim_notices(target)) say("note: {}\n", notice);
}

}  // namespace blackstart
