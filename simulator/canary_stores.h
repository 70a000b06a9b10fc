#pragma once
// Which canary records each service of the virtual world holds. Like a bid's, a record's copy lies on the timeline of
// the member that took it (bid_history.h): what promotions and restores leave of the timeline, they leave of the
// record. Damage hits what was there; a restore to before it brings it back. Single-threaded, deterministic.

#include "base/time.h"
#include "scenarios/spec.h"
#include "simulator/model.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

struct SimState;

/// Where what watchers have heard is kept: nothing takes it from them.
inline constexpr ServiceIndex kWatchers = 0xffff;

class CanaryStores {
 public:
  explicit CanaryStores(SimState& state) : state_(state) {}

  /// `member` takes a record of `canary` now.
  void append(const std::string& canary, std::uint64_t number, MemberIndex member);
  void hear(const std::string& canary, std::uint64_t number) { heard_[canary].insert(number); }
  /// Whether the main member of `service` holds the record (of kWatchers: whether they have heard of it).
  [[nodiscard]] bool holds(const std::string& canary, ServiceIndex service, std::uint64_t number) const;
  /// The numbers at or above `from` that it holds, ascending; of a search index, those that are found: what was written
  /// since its last refresh is not.
  [[nodiscard]] std::vector<std::uint64_t> held(const std::string& canary, ServiceIndex service,
                                                std::uint64_t from) const;

  /// `to` takes from `from` what it lacks, as far as `reader` has read (of kWatchers: they hear of it).
  void pull(const std::string& canary, ServiceIndex from, ServiceIndex to, ServiceIndex reader);
  /// The same for every canary, from a log of what was before: of a stream, as far back as its retention.
  void replay(ServiceIndex from, ServiceIndex to);

  // ---- what happens to services
  /// A share of what `service` holds now is gone, or says something else. `path`: of files, what was hit ("": all).
  void damage(const std::string& fault, ServiceIndex service, double share, const std::string& path);
  void undo(const std::string& fault);
  /// A member is gone, before the model says so.
  void lost(MemberIndex member);
  /// Stores were promoted, restored or damaged: who takes from others looks at everything anew.
  void changed() { ++changes_; }

 private:
  struct Copy {
    Instant commit;
    std::uint16_t timeline = 0;
    MemberIndex taker = kNoMember;
    std::uint64_t before = 0;  // records of streams that were written before
    bool gone = false;         // with its taker, before anybody else had it
  };
  using Records = std::map<std::uint64_t, std::vector<Copy>>;  // by number
  struct Damage {
    std::string fault;
    ServiceIndex service = 0;
    Instant at;
    std::uint16_t timeline = 0;
    double share = 1;
    std::uint64_t salt = 0;
    std::string path;
  };
  struct Flow {
    std::vector<std::uint64_t> open;  // numbers that may have to be taken
    std::uint64_t seen = 0;           // the highest number ever looked at
    std::uint64_t changes = 0;
  };

  /// The commits of `service` that are found now: up to here.
  [[nodiscard]] Instant found_until(ServiceIndex service) const;
  [[nodiscard]] bool is_far(const Copy& copy, ServiceIndex service) const;
  [[nodiscard]] bool is_there(const std::string& canary, const Copy& copy, ServiceIndex service,
                              std::uint64_t number) const;
  [[nodiscard]] bool is_read(const std::string& canary, std::uint64_t number, ServiceIndex from, ServiceIndex reader);
  [[nodiscard]] bool hits(const Damage& damage, const std::string& canary, std::uint64_t number) const;
  void leave_region(MemberIndex index);
  void take(const std::string& canary, std::uint64_t number, ServiceIndex to);

  SimState& state_;
  std::map<std::pair<std::string, ServiceIndex>, Records> records_;
  std::map<std::string, std::set<std::uint64_t>> heard_;
  std::map<std::pair<std::string, std::pair<ServiceIndex, ServiceIndex>>, Flow> flows_;
  std::vector<Damage> damages_;
  std::map<std::pair<ServiceIndex, std::string>, Instant> copied_until_;  // out of a region, as its last member went
  std::uint64_t changes_ = 1;
};

}  // namespace blackstart
