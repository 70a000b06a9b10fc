#pragma once
// Where stored bids are read from: the protocol's pages, another API's pages, a command's output. One pass hands every
// stored copy of this drill to the reader, or fails with what went wrong; there is no partial success. Blocking.

#include "base/result.h"
#include "load/content.h"
#include "load/mapping.h"
#include "load/stored_bid.h"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace blackstart {

/// Cuts what arrives in pieces into lines.
class LineSplitter {
 public:
  using Take = std::function<Status(std::string_view line)>;
  explicit LineSplitter(Take take) : take_(std::move(take)) {}
  Status feed(std::string_view bytes);
  /// What stands after the last line break, if anything.
  Status finish();

 private:
  Take take_;
  std::string rest_;
};

class StoredSource {
 public:
  using Take = std::function<void(const StoredBid&)>;
  struct Limit {
    std::chrono::steady_clock::time_point deadline;
    std::stop_token stop;
  };
  virtual ~StoredSource() = default;
  /// One pass over everything the target holds of this drill.
  virtual Status read(const Take& take, const Limit& limit) = 0;

  /// The source that `mapping` names. kUnsupported where there is none, with what that means in words.
  static Result<std::unique_ptr<StoredSource>> create(const BidMapping& mapping, const ContentMaker& content);
};

/// Runs `command` by the shell in `folder` and hands its output on line by line. Its own process group is killed at the
/// deadline or on a stop, and its shell when this thread dies. What it prints to its standard error goes to
/// `mapping.keep_errors` alone, never to this process's own. kFailed: its exit status was not 0.
Status run_for_lines(const BidMapping& mapping, const LineSplitter::Take& take, const StoredSource::Limit& limit);

}  // namespace blackstart
