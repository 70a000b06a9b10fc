#pragma once
// How far those who read a stream have got, where the stream's `consume` says how many records a second each of their
// members takes at most: what they did not take in an outage they take later, on top of what comes. A bid that is
// acknowledged is a record. Single-threaded, deterministic.

#include "base/time.h"
#include "simulator/model.h"

#include <cstdint>
#include <vector>

namespace blackstart {

struct SimState;

class Consumers {
 public:
  /// Everyone who needs a stream with a limit reads it.
  explicit Consumers(SimState& state);

  /// Who reads, and how fast, may be different from now on. To be told once a second besides, for what comes meanwhile.
  void look();
  /// Records that streams have taken so far.
  [[nodiscard]] std::uint64_t written() const;
  /// Whether `reader` has taken the record of `stream` before which `before` were written.
  [[nodiscard]] bool has_read(ServiceIndex stream, ServiceIndex reader, std::uint64_t before);
  /// How long what is written now waits for `reader` to take it, as fast as he can; 0s where he reads no such stream.
  [[nodiscard]] Duration behind(ServiceIndex reader);

 private:
  struct Reader {
    ServiceIndex stream = 0, service = 0;
    double read = 0;  // records, of all that were written
    double rate = 0;  // a second, since `since`
    Instant since = kDrillStart;
  };
  void advance(Reader& reader);
  /// Records a second that he takes now at most, if there are so many; of a stream that cannot be read 0.
  [[nodiscard]] double rate_of(const Reader& reader) const;

  SimState& state_;
  std::vector<Reader> readers_;
};

}  // namespace blackstart
