#pragma once
// Collects everything that is wrong with a scenario and its target, in one exact form:
//   file:line:column: faults.0.kill.signal (in "primary lost"): found "KIL"; allowed: KILL, TERM; did you mean "KILL"?
// The key path is what --set takes.

#include "base/result.h"
#include "scenarios/document.h"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// A place in a file, for messages.
struct Spot {
  Position where;
  std::string path;  // "faults.0.kill.signal", "" at the root
  std::string item;  // the name of the item that it belongs to, or ""

  [[nodiscard]] Spot child(const Position& position, std::string_view key) const;
  /// The spot of `node`, an item of a list or a map with a name of its own.
  [[nodiscard]] Spot named_after(const Node& node) const;
};

class Diagnostics {
 public:
  /// "found …; allowed: …", and the nearest of `candidates` to `word` as a suggestion.
  void add(const Spot& spot, std::string_view found, std::string_view allowed, std::string_view word = {},
           std::span<const std::string> candidates = {});
  /// A message that says found and allowed itself.
  void add_message(const Spot& spot, std::string_view message);
  void add_error(Error error, const Position& where);
  /// Nothing more is to be said about the value at `where`.
  void mark_broken(const Position& where);
  [[nodiscard]] bool is_broken(const Position& where) const;

  [[nodiscard]] bool empty() const { return found_.empty(); }
  /// In the order of files (as first seen), lines and columns; each once.
  [[nodiscard]] std::vector<Error> sorted() const;
  /// Files seen first are printed first.
  void note_file(const std::string& file);

 private:
  struct Found {
    Position where;
    Error error;
  };
  [[nodiscard]] std::size_t file_order(const std::string& file) const;

  std::vector<Found> found_;
  std::vector<std::string> files_;
  std::set<std::string> broken_;
};

/// How a value is named in "found …".
std::string describe_found(const Node& node);

}  // namespace blackstart
