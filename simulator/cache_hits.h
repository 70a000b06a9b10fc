#pragma once
// How often a warm cache finds what it looks for, where the target says how much it holds and for how long. Pure,
// deterministic: IEEE additions, multiplications and divisions in a fixed order.

#include "base/time.h"

#include <cstdint>
#include <optional>

namespace blackstart {

/// What is looked for, independently each time.
struct CacheLookUps {
  std::uint32_t keys = 1;  // at least one
  double zipf = 0;         // exponent of their popularity; 0: all alike
  double per_second = 0;   // at one member; 0: not known, and no entry is too old
};

/// The share that is found of a cache that puts in what it misses, holds `entries` (empty: any number) and evicts the
/// oldest beyond them, each entry for `ttl` at most (empty: for ever), counted from when it was put in.
///
/// An entry lives for a time t, so that a key that is looked for at rate r is found in r t / (1 + r t) of the cases: a
/// renewal from one miss to the next. Exact for `ttl`; what `entries` make of t is exact in the limit of many (first in
/// first out under independent look-ups: Gelenbe 1973; as a characteristic time: Martina, Garetto and Leonardi 2014).
double warm_hit_ratio(const CacheLookUps& look_ups, std::optional<std::uint64_t> entries, std::optional<Duration> ttl);

}  // namespace blackstart
