#pragma once
// The store's log on disk, its reading side: what is committed, in pages. A connection of its own on a thread of its
// own, so that a read-back of millions never holds up a commit. Submit from the loop; answers come back on the loop.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "targets/auction/event_loop.h"

namespace blackstart::auction {

struct PageRequest {
  enum class Kind {
    kBids,      // read-back lines
    kClosings,  // {"auction":…,"round":…,"position":…,"at_ns":…,"winner":{…}|null} lines
    kLog,       // log lines (entry.h)
  };
  Kind kind = Kind::kBids;
  std::optional<std::string> drill;  // of kBids: only this drill's
  std::uint64_t after = 0;           // positions above this ...
  std::uint64_t until = 0;           // ... up to and with this
  std::uint64_t limit = 10'000;
};

struct Page {
  std::string text;
  std::uint64_t lines = 0;
  std::uint64_t last = 0;  // position of the last line; `after` without lines
  bool more = false;       // of kBids and kClosings: a line follows that the limit left out
};

class LogReader {
 public:
  using Done = std::function<void(Result<Page>)>;
  /// Starts the thread. REQUIRES: a LogWriter has opened `path` before.
  static Result<std::unique_ptr<LogReader>> start(EventLoop& loop, const std::string& path);
  /// Finishes the page in hand, drops the rest.
  ~LogReader();

  /// False: 256 pages wait already.
  bool submit(PageRequest request, Done done);

 private:
  struct State;
  explicit LogReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace blackstart::auction
