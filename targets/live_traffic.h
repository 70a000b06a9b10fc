#pragma once
// Traffic of a live drill: the generator and the watchers from the Spec and the target's addresses, and the read-back.
// The mapping is made anew for each use, so that it follows promotes and repoints. start(), stop() and read_back()
// block and are called one at a time; cut_bins() from any thread.

#include "base/result.h"
#include "load/content.h"
#include "load/generator.h"
#include "load/watchers.h"
#include "rehearsal/plan.h"
#include "rehearsal/world.h"
#include "targets/driver.h"
#include "targets/templates.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace blackstart {

/// How bids reach the target now: templates filled, secrets in it. {{bid.…}} and {{cursor}} stay.
Result<BidMapping> make_mapping(const Target& target, const Templates& templates, const AddressBook& addresses,
                                const std::string& drill_id, const std::string& folder);

class LiveTraffic {
 public:
  /// The ledger goes to `folder`, what the read-back's command prints as errors, masked, to its logs/read-back.log.
  LiveTraffic(const Plan& plan, const Templates& templates, const AddressBook& addresses,
              std::chrono::steady_clock::time_point origin, std::string folder);

  /// `intervals` and `notifications` are called on threads of the load side, in order of time.
  Status start(const TrafficRequest& request, Generator::IntervalSink intervals, Watchers::Sink notifications);
  /// Idempotent: later calls give the first one's answer. kInvalid: nothing was started.
  Result<TrafficEnd> stop();
  void cut_bins(Instant at);
  Result<ReadBackResult> read_back(const ReadBackRequest& request, const BlockingLimit& limit);

 private:
  [[nodiscard]] Result<BidMapping> mapping() const;
  /// Of `load.watch`, or where bids go.
  [[nodiscard]] Result<std::string> watch_url(const std::string& bids_url) const;
  Status start_watchers(const std::string& bids_url, Watchers::Sink notifications);

  const Plan& plan_;
  const Templates& templates_;
  const AddressBook& addresses_;
  const std::chrono::steady_clock::time_point origin_;
  const std::string folder_;
  std::uint64_t seed_ = 0;    // of the traffic
  mutable std::mutex mutex_;  // guards generator_ against cut_bins()
  std::unique_ptr<Generator> generator_;
  std::unique_ptr<Watchers> watchers_;  // after the generator: they read its ledger
  std::optional<TrafficEnd> end_;
};

}  // namespace blackstart
