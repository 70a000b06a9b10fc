#include "load/descriptors.h"

#include <dirent.h>
#include <sys/resource.h>
#include <algorithm>

namespace blackstart {
namespace {

constexpr rlim_t kOthersWanted = 8192;  // another pool's connections, not opened yet; journal, logs, probes
constexpr rlim_t kOthersNeeded = 512;

rlim_t open_descriptors() {
  rlim_t count = 0;
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 256;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

}  // namespace

int allow_connections(int connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const rlim_t used = open_descriptors();
  const rlim_t needed = used + static_cast<rlim_t>(connections) + kOthersNeeded;
  const rlim_t wanted = used + static_cast<rlim_t>(connections) + kOthersWanted;
  if (limit.rlim_cur < wanted) {
    rlimit raised{std::min(wanted, limit.rlim_max), limit.rlim_max};
    if (raised.rlim_cur < needed) raised = {wanted, wanted};  // root may raise the hard limit too
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
      raised = {limit.rlim_max, limit.rlim_max};
      (void)setrlimit(RLIMIT_NOFILE, &raised);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= needed) return connections;
  const rlim_t rest = limit.rlim_cur > used + kOthersNeeded ? limit.rlim_cur - used - kOthersNeeded : 1;
  return static_cast<int>(std::clamp<rlim_t>(rest, 1, static_cast<rlim_t>(connections)));
}

}  // namespace blackstart
