#pragma once
// Which history a store holds: its cluster, and the epochs of it, each from a position on. Every promotion begins a
// new epoch; two stores that agree up to a position agree on everything before it. Pure values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart::auction {

struct Epoch {
  std::uint64_t number = 0;
  std::uint64_t start = 0;  // the last position of the epoch before: this one's entries come after it
  friend bool operator==(const Epoch&, const Epoch&) = default;
};

class Timeline {
 public:
  [[nodiscard]] std::uint64_t epoch() const { return epochs_.empty() ? 0 : epochs_.back().number; }
  [[nodiscard]] const std::vector<Epoch>& epochs() const { return epochs_; }
  /// Begins the next epoch after `position`.
  void advance(std::uint64_t position) { epochs_.push_back(Epoch{epoch() + 1, position}); }
  void add(Epoch epoch) { epochs_.push_back(epoch); }

  /// The last position up to which a log at (epoch, position) agrees with this one: `position` itself, or less where
  /// this history left the other's before it. Nothing when `epoch` is newer than this history knows.
  [[nodiscard]] std::optional<std::uint64_t> common_until(std::uint64_t epoch, std::uint64_t position) const;

  /// "1=0,2=5123"
  [[nodiscard]] std::string to_text() const;
  static std::optional<Timeline> from_text(std::string_view text);
  friend bool operator==(const Timeline&, const Timeline&) = default;

 private:
  std::vector<Epoch> epochs_;
};

}  // namespace blackstart::auction
