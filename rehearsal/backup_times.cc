#include "rehearsal/backup_times.h"

#include "base/check.h"

namespace blackstart {

WallTime next_backup(const BackupSpec& backup, WallTime from) {
  BS_CHECK(backup.every > Duration{});
  const std::int64_t every = to_ns(backup.every);
  const std::int64_t since = from.unix_ns - (backup.at ? to_ns(*backup.at) : 0);
  const std::int64_t past = ((since % every) + every) % every;  // of the one before, or exactly now
  return WallTime{past == 0 ? from.unix_ns : from.unix_ns + (every - past)};
}

}  // namespace blackstart
