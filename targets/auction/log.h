#pragma once
// Lines on stderr for people, each with UTC time and the program's role.

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace blackstart::auction {

/// Said once, at the start: "store primary", "api".
void set_log_name(std::string name);
void write_log_line(std::string_view text);

template <class... Args>
void log_line(fmt::format_string<Args...> format, Args&&... args) {
  write_log_line(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace blackstart::auction
