#pragma once
// The limit of open files, raised to what connections need.

namespace blackstart {

/// Makes room for `connections` more descriptors (and some thousands for everything else, where the machine allows).
/// Returns how many of the connections there is room for, at least 1.
int allow_connections(int connections);

}  // namespace blackstart
