#include "simulator/backups.h"

#include "base/text.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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
  backup.readable = stream.uniform() < spec.succeeds.value;
  backup.known = !backup.readable && is_tried(spec, number);
  backup.readable = backup.readable && !corrupted_.contains(backup.id);
  return backup;
}

/// Whether it is restored to try it, as soon as it is made: the first one of each span of `verified`, by the wall
/// clock.
bool Backups::is_tried(const BackupSpec& spec, std::int64_t number) const {
  if (!spec.verified || *spec.verified <= Duration{}) return false;
  const std::int64_t span_ns = to_ns(*spec.verified);
  const std::int64_t origin = span_ns % (kWeekDays * kDayNs) == 0 ? kSundays * kDayNs : 0;
  const auto span_of = [&](std::int64_t one) {
    return floor_div(start_.unix_ns + to_ns(begin_of(spec, one)) - origin, span_ns);
  };
  return span_of(number) != span_of(number - 1);
}

bool Backups::could_be_made(Instant begin, Instant ready) const {
  return std::ranges::none_of(gaps_, [&](const auto& gap) { return gap.first <= ready && begin < gap.second; });
}

void Backups::can_be_made(bool can, Instant now) {
  const bool could = gaps_.empty() || gaps_.back().second != kNever;
  if (could && !can) gaps_.emplace_back(now, kNever);
  if (!could && can) gaps_.back().second = now;
}

void Backups::lie_in(const std::string& region, Instant now) {
  if (homes_.empty() || homes_.back().second != region) homes_.emplace_back(now, region);
}

/// From when on what is made of `spec` in [`from`, `until`] lies in `lost` regions alone; kNever: none of it does.
Instant Backups::lost_from(const BackupSpec& spec, Instant from, Instant until, const Regions& lost) const {
  const auto is_lost = [&lost](const std::string& region) { return std::ranges::find(lost, region) != lost.end(); };
  if (!std::ranges::all_of(spec.copies, is_lost)) return kNever;
  for (std::size_t i = 0; i < homes_.size(); ++i) {
    const Instant begin = i == 0 ? Instant::min() : homes_[i].first;
    const Instant end = i + 1 == homes_.size() ? kNever : homes_[i + 1].first;
    if (begin <= until && from < end && is_lost(homes_[i].second)) return std::max(begin, from);
  }
  return kNever;
}

/// Where what was made of `spec` at `begin` lies, the `lost` regions left out.
Backups::Regions Backups::regions_of(const BackupSpec& spec, Instant begin, const Regions& lost) const {
  Regions regions = spec.copies;
  const auto later = std::ranges::upper_bound(homes_, begin, {}, &std::pair<Instant, std::string>::first);
  if (!homes_.empty()) regions.push_back(later == homes_.begin() ? later->second : std::prev(later)->second);
  std::erase_if(regions, [&lost](const auto& region) { return std::ranges::find(lost, region) != lost.end(); });
  return regions;
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

/// The newest of `spec` that can be read; `choice` hears of those that cannot.
std::optional<Backups::Made> Backups::newest_whole(const BackupSpec& spec, const Wish& wish, Choice& choice) const {
  const bool any = spec.name == wish.from || wish.from == "latest" || wish.from.empty();
  for (auto backup = newest(spec, wish.now, wish.to); backup; backup = made(spec, backup->number - 1)) {
    const bool expired = spec.keep && backup->begin + *spec.keep < wish.now;
    if (expired || last_number(spec, wish.now) - backup->number > kTriedMost) return std::nullopt;
    const bool lost = lost_from(spec, backup->begin, backup->begin, wish.lost) != kNever;
    if (!backup->taken || lost || (!any && backup->id != wish.from)) continue;
    if (backup->readable) return backup;
    (backup->known ? choice.known : choice.unreadable).push_back(backup->id);
  }
  return std::nullopt;
}

Result<Backups::Choice> Backups::choose(Instant now, const std::string& from, Instant to, const Regions& lost) const {
  const Wish wish{now, to, from, lost};
  Choice choice;
  std::optional<Made> base;
  const BackupSpec* const only = named(from);
  for (const auto& spec : service_.backups) {
    if (spec.kind != Kind::kFull || is_locked(spec) || (only != nullptr && only != &spec)) continue;
    const auto backup = newest_whole(spec, wish, choice);
    if (!backup || (base && backup->begin <= base->begin)) continue;
    base = backup;
    choice.regions = regions_of(spec, base->begin, lost);
  }
  if (!base) return nothing_to_restore(lost);
  choice.id = base->id;
  choice.base = choice.point = base->begin;
  if (only != nullptr) return choice;
  for (const auto& spec : service_.backups) {
    if (spec.kind == Kind::kFull || is_locked(spec) || (spec.kind == Kind::kLog && log_lost_)) continue;
    const auto more = newest(spec, now, kNever);
    if (!more || !more->readable) continue;
    const bool log = spec.kind == Kind::kLog;  // all of it is needed from the base on
    const Instant there = lost_from(spec, log ? base->begin : more->begin, more->begin, lost);
    if (!log && there != kNever) continue;
    choice.point = std::max(choice.point, std::min({more->begin, to, there}));
  }
  return choice;
}

Error Backups::nothing_to_restore(const Regions& lost) const {
  const auto is_full = [](const BackupSpec& spec) { return spec.kind == Kind::kFull; };
  const auto locked = [&](const BackupSpec& spec) { return is_full(spec) && is_locked(spec); };
  if (std::ranges::any_of(service_.backups, locked))
    return fail(ErrorCode::kPermission,
                fmt::format("the backups of {} cannot be decrypted: their key is lost", service_.name));
  const auto nowhere = [&](const BackupSpec& spec) {
    return is_full(spec) && lost_from(spec, Instant::min(), kNever, lost) != kNever;
  };
  const auto found = std::ranges::find_if(service_.backups, nowhere);
  if (found == service_.backups.end())
    return fail(ErrorCode::kNotFound, fmt::format("there is no backup of {} that can be restored", service_.name));
  return fail(
      ErrorCode::kNotFound,
      fmt::format("there is no backup of {} that can be restored: those called {} lie in {}, which {} lost, and "
                  "nowhere else; `copies` says where they are copied to",
                  service_.name, found->name, join(lost, " and "), lost.size() == 1 ? "is" : "are"));
}

bool Backups::any_encrypted() const {
  return std::ranges::any_of(service_.backups, [](const BackupSpec& spec) { return !spec.encrypted.empty(); });
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
  if (key_lost_ && any_encrypted()) return "the key of its backups is lost";
  if (log_lost_) return "its log is not archived";
  return "";
}

void Backups::mend() {
  corrupted_.clear();
  log_lost_ = key_lost_ = false;
}

}  // namespace blackstart
