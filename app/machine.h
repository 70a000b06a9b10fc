#pragma once
// Looks at this machine: what drills need of it and what would widen what they can do. Reads only; starts short-lived
// children to try namespaces for real.

#include <string>
#include <vector>

namespace blackstart {

struct MachineFinding {
  std::string name;  // "PID namespace"
  bool ok = false;
  bool needed = false;  // live drills cannot run without it
  std::string found;    // what was seen
  std::string advice;   // what to do when not ok
};

std::vector<MachineFinding> examine_machine();

}  // namespace blackstart
