#pragma once
// Figures of this machine for stop conditions.

#include "rehearsal/world.h"

#include <string>

namespace blackstart {

/// host.disk_free (bytes where `folder` lies), host.memory_free (bytes), host.load (1 min). What cannot be read is left
/// out: a condition on it is then false.
HostFigures read_host_figures(const std::string& folder);

}  // namespace blackstart
