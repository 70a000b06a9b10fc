#pragma once
// One line of a journal as bytes (docs/journal.md, "A line"): shared by the writer and the reader, so that the two
// cannot differ. Pure.

#include "rehearsal/journal.h"

#include <optional>
#include <string>
#include <string_view>

namespace blackstart {

/// The line without `,"hash":"…"` and without a newline: "{…}". REQUIRES: the body holds none of the line's own keys.
std::string journal_line_without_hash(const Event& event);
/// The hash of such a line, chained to the line before (`head`; "" for the first).
std::string journal_hash(std::string_view head, std::string_view line_without_hash);
/// The whole line, without a newline.
std::string journal_line(std::string_view line_without_hash, std::string_view hash);

/// A whole line taken apart again.
struct JournalLineParts {
  std::string without_hash;
  std::string_view hash;  // into the line given
};
/// Empty when `line` does not end in `,"hash":"<64 characters>"}`.
std::optional<JournalLineParts> split_journal_line(std::string_view line);

/// Wall time as a journal keeps it: whole milliseconds.
WallTime journal_wall(WallTime at);
/// Of "2026-11-20T12:25:03.125Z"; empty for anything else.
std::optional<WallTime> parse_journal_wall(std::string_view text);

}  // namespace blackstart
