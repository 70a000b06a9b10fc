#pragma once
// What the tool tells on standard error: progress, notes, mistakes. A drill goes on when nobody can hear it any more: a
// terminal that is gone, a pipe whose reader left, a full disk are no reason to stop, and never throw.

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace blackstart {

template <class... Arguments>
void say(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  const std::string said = fmt::format(text, std::forward<Arguments>(arguments)...);
  (void)std::fwrite(said.data(), 1, said.size(), stderr);
}

}  // namespace blackstart
