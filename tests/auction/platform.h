#pragma once
// A platform of real processes, and bidders that note what they were told: what every drill of auctiond starts from.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/auction/daemon.h"
#include "tests/auction/peer.h"

namespace blackstart::auction {

using Words = std::vector<std::string>;

struct Platform {
  TemporaryFolder folder;
  std::unique_ptr<Daemon> primary;
  std::unique_ptr<Daemon> standby;
  std::unique_ptr<Daemon> api;

  void start_primary(const Words& more = {}, const std::string& bug = "");
  /// Follows the primary; REQUIRES it.
  void start_standby(const Words& more = {}, const std::string& bug = "");
  void start_api(const Words& more = {}, const std::string& bug = "");
  /// The primary again, on its old port and data.
  void restart_primary(const Words& more = {}, const std::string& bug = "");
  /// Waits until the api says UP.
  void await_healthy();
  /// Waits until the standby has everything that the primary has now.
  void await_in_step();
  /// Kills the primary, promotes the standby, points the api at it: what the drill does.
  void fail_over();
};

/// Bids as fast as it is answered, on a few connections, every id once.
class Bidders {
 public:
  Bidders(std::uint16_t port, std::string drill, int connections = 8);
  ~Bidders();
  /// Ends and joins. Idempotent.
  void stop();

  // By what the protocol makes of the answers; complete after stop().
  std::set<std::uint64_t> acknowledged;
  std::set<std::uint64_t> refused;
  std::set<std::uint64_t> indeterminate;
  std::atomic<std::uint64_t> acknowledged_count{0};
  std::atomic<std::uint64_t> settled_count{0};

 private:
  void run();
  void note(std::uint64_t id, const std::optional<Answer>& answer, bool sent);

  std::uint16_t port_;
  std::string drill_;
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> next_{1};
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

/// The ids of `ids` that are not among `stored`.
std::set<std::uint64_t> missing(const std::set<std::uint64_t>& ids, const std::vector<std::uint64_t>& stored);
/// The ids of `ids` that are among `stored`.
std::set<std::uint64_t> present(const std::set<std::uint64_t>& ids, const std::vector<std::uint64_t>& stored);

}  // namespace blackstart::auction
