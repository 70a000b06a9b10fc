#pragma once
// Made-up ports on 127.0.0.1, outside the kernel's range for outgoing connections: a service that is down keeps its
// port free for its return, and a client that tries it cannot connect to itself. Thread-safe.

#include "base/result.h"

#include <cstdint>
#include <mutex>
#include <random>
#include <set>

namespace blackstart {

/// Nobody listens on 127.0.0.1:port now, and it can be listened on.
bool port_is_free(std::uint16_t port);

class PortPool {
 public:
  PortPool();
  /// A free port that this pool has not given before. kUnavailable: none was found.
  Result<std::uint16_t> take();

 private:
  std::mutex mutex_;
  std::mt19937 random_;
  std::uint16_t lowest_ = 0, highest_ = 0;
  std::set<std::uint16_t> given_;
};

}  // namespace blackstart
