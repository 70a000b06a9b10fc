#pragma once
// The person at the terminal: asked to do steps by hand, to decide and to choose, answers with a line of text.

#include "rehearsal/conductor.h"

#include <functional>
#include <memory>

namespace blackstart {

/// `post` runs a function on the world's loop thread. Questions go to stderr, answers come from stdin.
std::unique_ptr<People> make_terminal_people(std::function<void(std::function<void()>)> post);

}  // namespace blackstart
