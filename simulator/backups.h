#pragma once
// The backups that a service makes by the time of day, before the drill and during it, and what a restore from them
// brings back: the newest full backup that can be read, the increments after it, then the log as far as it is archived.
// Which backups are unreadable is drawn, a backup's own stream each, and comes out when one is restored or tried. They
// lie in the region where the service is active as they are made, and where they are copied to. Pure, but for what
// faults do to it. Deterministic.

#include "base/result.h"
#include "base/time.h"
#include "scenarios/spec.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

class Backups {
 public:
  /// `start` is the wall clock at drill time 0.
  Backups(const ServiceSpec& service, std::uint64_t seed, WallTime start);

  /// What a restore begun at `now` brings back.
  struct Choice {
    std::string id;                       // of the full backup: "database-full-2000-01-01T02:00:00Z"
    std::vector<std::string> regions;     // where it lies, those that are lost left out
    Instant base;                         // the full backup's own state
    Instant point;                        // the newest state after increments and log
    std::vector<std::string> unreadable;  // newer ones that were tried first
    std::vector<std::string> known;       // newer ones that are passed over: a trial has shown that they are unreadable
  };
  using Regions = std::vector<std::string>;
  /// From `from`, not beyond `to`: "latest" with increments and log, the name of a full backup ("weekly") that alone,
  /// as a dump is, or an id. Of what lies in the `lost` regions alone nothing is read. kNotFound and kPermission say
  /// why there is none.
  [[nodiscard]] Result<Choice> choose(Instant now, const std::string& from, Instant to, const Regions& lost = {}) const;

  /// Instants at which a backup's state is taken, in (after, until].
  [[nodiscard]] std::vector<Instant> taken(Instant after, Instant until) const;
  /// When the next backup called `name` begins, at or after `from`.
  [[nodiscard]] std::optional<Instant> next(const std::string& name, Instant from) const;

  // ---- what happens to the service
  /// From `now` on it can be backed up, or it cannot: it is down, or holds nothing. What falls into such a time is not
  /// made, and what was under way ends with it.
  void can_be_made(bool can, Instant now);
  /// What is made from `now` on lies in `region`; the first one said, what was made before, too.
  void lie_in(const std::string& region, Instant now);

  // ---- faults
  /// `which`: latest, or an id.
  void corrupt(Instant now, const std::string& which);
  void lose_log() { log_lost_ = true; }
  /// Of those that are encrypted.
  void lose_key() { key_lost_ = true; }
  [[nodiscard]] bool any_encrypted() const;
  void mend();
  /// What keeps this service's backups from protecting it, in words; empty where nothing does.
  [[nodiscard]] std::string why_unprotected() const;

 private:
  struct Made {
    std::int64_t number = 0;
    Instant begin;
    Instant ready;
    bool taken = true;  // the service could be backed up all the while
    bool readable = true;
    bool known = false;  // that it is not readable
    std::string id;
  };
  struct Wish {  // what choose() is asked for
    Instant now, to;
    const std::string& from;
    const Regions& lost;
  };
  /// The full backup of this name, or null.
  [[nodiscard]] const BackupSpec* named(const std::string& from) const;
  [[nodiscard]] std::int64_t last_number(const BackupSpec& spec, Instant at) const;
  [[nodiscard]] Instant begin_of(const BackupSpec& spec, std::int64_t number) const;
  [[nodiscard]] Made made(const BackupSpec& spec, std::int64_t number) const;
  [[nodiscard]] bool could_be_made(Instant begin, Instant ready) const;
  [[nodiscard]] bool is_tried(const BackupSpec& spec, std::int64_t number) const;
  [[nodiscard]] bool is_locked(const BackupSpec& spec) const { return key_lost_ && !spec.encrypted.empty(); }
  [[nodiscard]] Instant lost_from(const BackupSpec& spec, Instant from, Instant until, const Regions& lost) const;
  [[nodiscard]] std::optional<Made> newest_whole(const BackupSpec& spec, const Wish& wish, Choice& choice) const;
  [[nodiscard]] Regions regions_of(const BackupSpec& spec, Instant begin, const Regions& lost) const;
  [[nodiscard]] Error nothing_to_restore(const Regions& lost) const;
  /// The newest of `spec` that was ready at `now` and begun by `to`.
  [[nodiscard]] std::optional<Made> newest(const BackupSpec& spec, Instant now, Instant to) const;

  const ServiceSpec& service_;
  std::uint64_t seed_;
  WallTime start_;
  std::set<std::string> corrupted_;
  std::vector<std::pair<Instant, std::string>> homes_;  // where they lie, from when on
  std::vector<std::pair<Instant, Instant>> gaps_;       // when nothing could be made; the last may be open: kNever
  bool log_lost_ = false;
  bool key_lost_ = false;
};

}  // namespace blackstart
