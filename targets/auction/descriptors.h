#pragma once

namespace blackstart::auction {

/// Raises this process' limit of open files as far as it may go: every watcher is one.
void raise_descriptor_limit();

}  // namespace blackstart::auction
