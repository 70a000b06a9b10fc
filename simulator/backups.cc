#include "simulator/backups.h"

#include "base/text.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

using Kind = BackupSpec::Kind;

constexpr std::int64_t kDayNs = 86'400'000'000'000;
constexpr int kTriedMost = 400;  // older backups than so many are gone, or as good as gone

constexpr std::int64_t kWeekDays = 7, kSundays = 3;  // 1970-01-04 was one

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

Backups::Backups(const ServiceSpec& service, std::uint64_t seed, WallTime start)
    : service_(service), seed_(seed), start_(start) {}

/// Backups are numbered along the wall clock, from the day that drill time 0 lies in; those of a week from its Sunday.
Instant Backups::begin_of(const BackupSpec& spec, std::int64_t number) const {
  std::int64_t day = floor_div(start_.unix_ns, kDayNs);
  if (to_ns(spec.every) % (kWeekDays * kDayNs) == 0) day = kSundays + floor_div(day - kSundays, kWeekDays) * kWeekDays;
  const std::int64_t wall = day * kDayNs + to_ns(spec.at.value_or(Duration{})) + number * to_ns(spec.every);
  return instant_from_ns(wall - start_.unix_ns);
}

std::int64_t Backups::last_number(const BackupSpec& spec, Instant at) const {
  return floor_div(to_ns(at - begin_of(spec, 0)), to_ns(spec.every));
}

Backups::Made Backups::made(const BackupSpec& spec, std::int64_t number) const {
  Made backup;
  backup.number = number;
  backup.begin = begin_of(spec, number);
  const WallTime wall{start_.unix_ns + to_ns(backup.begin)};
  backup.id = fmt::format("{}-{}-{}", service_.name, spec.name, format_wall_compact(wall));
  RandomStream stream(seed_, "backup " + backup.id);
  backup.ready = backup.begin + draw_from(spec.takes, stream);
  backup.taken = could_be_made(backup.begin, backup.ready);
  backup.readable = stream.uniform() < spec.succeeds.value && !corrupted_.contains(backup.id);
  return backup;
}

bool Backups::could_be_made(Instant begin, Instant ready) const {
  return std::ranges::none_of(gaps_, [&](const auto& gap) { return gap.first <= ready && begin < gap.second; });
}

void Backups::can_be_made(bool can, Instant now) {
  const bool could = gaps_.empty() || gaps_.back().second != kNever;
  if (could && !can) gaps_.emplace_back(now, kNever);
  if (!could && can) gaps_.back().second = now;
}

std::optional<Backups::Made> Backups::newest(const BackupSpec& spec, Instant now, Instant to) const {
  std::int64_t number = last_number(spec, std::min(now, to));
  for (int tried = 0; tried < kTriedMost; ++tried, --number) {
    Made backup = made(spec, number);
    if (spec.keep && backup.begin + *spec.keep < now) return std::nullopt;
    if (backup.taken && backup.ready <= now && backup.begin <= to) return backup;
  }
  return std::nullopt;
}

const BackupSpec* Backups::named(const std::string& from) const {
  const auto found = std::ranges::find_if(
      service_.backups, [&](const BackupSpec& spec) { return spec.kind == Kind::kFull && spec.name == from; });
  return found == service_.backups.end() ? nullptr : &*found;
}

Result<Backups::Choice> Backups::choose(Instant now, const std::string& from, Instant to) const {
  if (key_lost_)
    return fail(ErrorCode::kPermission,
                fmt::format("the backups of {} cannot be decrypted: their key is lost", service_.name));
  Choice choice;
  std::optional<Made> base;
  const BackupSpec* const only = named(from);
  const bool any = only != nullptr || from == "latest" || from.empty();
  for (const auto& spec : service_.backups) {
    if (spec.kind != Kind::kFull || (only != nullptr && only != &spec)) continue;
    auto backup = newest(spec, now, to);
    while (backup && (!backup->taken || !backup->readable || (!any && backup->id != from))) {
      if (backup->taken && !backup->readable) choice.unreadable.push_back(backup->id);
      const bool gone = spec.keep && backup->begin - spec.every + *spec.keep < now;
      if (gone || choice.unreadable.size() > kTriedMost || last_number(spec, now) - backup->number > kTriedMost) {
        backup.reset();
        break;
      }
      backup = made(spec, backup->number - 1);
    }
    if (backup && (!base || backup->begin > base->begin)) base = backup;
  }
  if (!base)
    return fail(ErrorCode::kNotFound, fmt::format("there is no backup of {} that can be restored", service_.name));
  choice.id = base->id;
  choice.base = choice.point = base->begin;
  if (only != nullptr) return choice;
  for (const Kind kind : {Kind::kIncremental, Kind::kLog}) {
    for (const auto& spec : service_.backups) {
      if (spec.kind != kind || (kind == Kind::kLog && log_lost_)) continue;
      const auto more = newest(spec, now, kNever);
      if (more && more->readable) choice.point = std::max(choice.point, std::min(more->begin, to));
    }
  }
  return choice;
}

std::vector<Instant> Backups::taken(Instant after, Instant until) const {
  std::vector<Instant> instants;
  for (const auto& spec : service_.backups)
    for (auto number = last_number(spec, after) + 1; begin_of(spec, number) <= until; ++number)
      instants.push_back(begin_of(spec, number));
  std::sort(instants.begin(), instants.end());
  return instants;
}

std::optional<Instant> Backups::next(const std::string& name, Instant from) const {
  for (const auto& spec : service_.backups) {
    if (spec.name != name) continue;
    auto number = last_number(spec, from);
    while (begin_of(spec, number) < from) ++number;
    return begin_of(spec, number);
  }
  return std::nullopt;
}

void Backups::corrupt(Instant now, const std::string& which) {
  if (!which.empty() && which != "latest") {
    corrupted_.insert(which);
    return;
  }
  for (const auto& spec : service_.backups)
    if (const auto backup = newest(spec, now, kNever); backup && spec.kind != Kind::kLog) corrupted_.insert(backup->id);
}

std::string Backups::why_unprotected() const {
  if (service_.backups.empty()) return "";
  if (key_lost_) return "the key of its backups is lost";
  if (log_lost_) return "its log is not archived";
  return "";
}

void Backups::mend() {
  corrupted_.clear();
  log_lost_ = key_lost_ = false;
}

}  // namespace blackstart
