// `sim:` and `network:` of the target language, as shapes. docs/targets.md explains each word with unit and default.

#include "scenarios/languages.h"

#include <algorithm>

namespace blackstart {
namespace {

using Kind = Shape::Kind;

Shape share() { return of(Kind::kShare); }
Shape times() { return named("distribution"); }
Shape bytes_a_second() { return of(Kind::kSizeRate); }

/// A size a second, or any form of a distribution.
Shape transfer() {
  Shape shape = distribution_shape();
  shape.alternatives.insert(shape.alternatives.begin(), bytes_a_second());
  shape.title =
      "a size a second such as 80MB/s, or how long it takes: a duration, {median, p95} or another distribution";
  return shape;
}

Shape large_count() { return integer(1, 9e15); }

Shape breaker() {
  return map_of({may("threshold", share(), "of the last calls that failed, default 50%"),
                 may("calls", integer(1, 1'000'000), "looked back on, default 100"),
                 may("open", positive_duration(), "how long it stays open, default 60s"),
                 may("half_open_calls", integer(1, 1'000'000), "default 10"),
                 may("slow", positive_duration(), "calls that take longer count as failed")});
}

Shape need_call() {
  const Shape retry =
      map_of({must("attempts", integer(0, 100), "after the first"), may("backoff", duration(), "default 100ms"),
              may("jitter", one_word({"none", "full"}), "default full"), may("budget", share(), "default: no limit")});
  return map_of({may("timeout", positive_duration(), "default 1s"), may("retry", retry, "default none"),
                 may("share", share(), "of the bids that make this call, default 100%"),
                 may("wait", of(Kind::kBoolean), "default true"), may("required", of(Kind::kBoolean), "default true"),
                 may("breaker", breaker()),
                 may("fallback", times(), "a degraded answer after this long, where the call fails")});
}

std::vector<SimWord> station_words() {
  const Shape queue = one_of({one_word({"unbounded"}), integer(0, 1e12)}, "a number of calls, 0 or more, or unbounded");
  const Shape health =
      map_of({may("every", positive_duration(), "default 10s"), may("timeout", positive_duration(), "default 1s"),
              may("failures", integer(1, 1000), "in a row, default 3"),
              may("successes", integer(1, 1000), "in a row, default 1")});
  const Shape scaling =
      map_of({must("min", integer(1, 10000)), must("max", integer(1, 10000)),
              may("target", share(), "busy share of the servers, default 70%"),
              may("every", positive_duration(), "default 15s"), may("cooldown", duration(), "default 5m")});
  const Shape warm_up = map_of({must("takes", times()), may("slower", number(1, 1e6), "times, default 2")});
  return {{may("servers", integer(1, 1'000'000), "of each member, default 1"), {}},
          {may("service_time", times(), "of one call"), {}},
          {may("queue", queue, "calls that wait at each member, default unbounded"), {}},
          {may("availability", share(), "of the calls while it is up, default 100%"), {}},
          {may("limit", of(Kind::kRate), "calls a second, beyond it they are refused; default none"), {}},
          {may("balance", one_word({"round_robin", "least_busy", "random"}), "default round_robin"), {}},
          {may("warm_up", warm_up, "slower after a start"), {}},
          {may("health_check", health, "who does not pass it gets no calls; default known at once"), {}},
          {may("breakdowns", map_of({must("every", times()), must("last", times())}), "of each member, by itself"), {}},
          {may("autoscaling", scaling, "default none"), {"api", "gateway", "search"}},
          {may("calls", dictionary_of(need_call(), of(Kind::kService)), "how it calls what it needs"), {}}};
}

std::vector<SimWord> action_words_of_sim() {
  return {{may("start", times(), "of a member, until it serves"), {}},
          {may("stop", times(), "default 0s"), {}},
          {may("repoint", times(), "default 0s"), {}},
          {may("fence", times(), "default 0s"), {}},
          {may("isolate", times(), "default 0s"), {}},
          {may("promote", times(), "until it takes writes"), {}},
          {may("failover", times(), "to another region, default as promote"), {}},
          {may("restore", transfer(), "of a backup: by size, or outright"), {}},
          {may("rebuild", transfer(), "of a replica: by size, or outright"), {}},
          {may("rollback", times(), "of a release or configuration"), {}},
          {may("rotate", times(), "of a credential"), {}},
          {may("warm", times(), "of the action warm, default as warming"), {"cache"}}};
}

std::vector<SimWord> own_words() {
  const Shape size = of(Kind::kSize);
  const std::vector<std::string> stores = {"sql", "cache", "stream", "search", "objects", "files"};
  const std::vector<std::string> storage = {"objects", "files"};
  return {
      {may("commit", times(), "of a group, until it is on disk; default 0s"), {"sql"}},
      {may("commit_delay", duration(), "a group waits for company, default 0s"), {"sql"}},
      {may("group", large_count(), "transactions in a commit at most, default all that wait"), {"sql"}},
      {may("connections", integer(1, 1'000'000), "open at once, default any number"), {"sql"}},
      {may("bid_size", size, "of one bid in data and log, default 512B"), {"sql"}},
      {may("lag", times(), "of a replica, default 0s"), {"sql", "cache", "stream", "objects", "files"}},
      {may("replay", of(Kind::kRate), "bids or records a second, default in no time"), {"sql", "stream"}},
      {may("size", size, "of the data at the start"), stores},
      {may("hit_ratio", share(), "of the warm cache, default 90%"), {"cache"}},
      {may("cold_ratio", share(), "right after losing its data, default 0%"), {"cache"}},
      {may("warming", times(), "from cold to warm, default 0s"), {"cache"}},
      {may("miss", of(Kind::kService), "whom a miss asks besides"), {"cache"}},
      {may("persistent", of(Kind::kBoolean), "data survive a restart, default false"), {"cache"}},
      {may("entries", large_count(), "it holds, default any number"), {"cache"}},
      {may("ttl", positive_duration(), "of an entry, or of a record (default 60s)"), {"cache", "dns"}},
      {may("partitions", integer(1, 100000), "default 1"), {"stream"}},
      {may("replication_factor", integer(1, 100), "default 1"), {"stream"}},
      {may("min_in_sync", integer(1, 100), "default 1"), {"stream"}},
      {may("acks", one_word({"0", "1", "all"}), "default all"), {"stream"}},
      {may("election", times(), "of a new leader, default 0s"), {"stream"}},
      {may("unclean_election", of(Kind::kBoolean), "default false"), {"stream"}},
      {may("retention", positive_duration(), "default for ever"), {"stream"}},
      {may("consume", of(Kind::kRate), "records a second a consumer, default as they come"), {"stream"}},
      {may("record_size", size, "default 512B"), {"stream"}},
      {may("refresh", duration(), "until what was written is found, default 1s"), {"search"}},
      {may("read", bytes_a_second(), "default unlimited"), storage},
      {may("write", bytes_a_second(), "default unlimited"), storage},
      {may("schedule", times(), "of a member, until it starts; default 0s"), {"control-plane"}},
      {may("provision", times(), "of one more host"), {"control-plane"}},
      {may("capacity", integer(1, 1'000'000), "members that fit on the hosts, default any"), {"control-plane"}},
      {may("propagation", times(), "until the authoritative servers answer a change; default 0s"), {"dns"}},
      {may("stale", share(), "of the clients that keep an answer beyond the ttl, default 0%"), {"dns"}},
      {may("stale_for", duration(), "how long they keep it, default 0s"), {"dns"}},
      {may("records", dictionary_of(text("a region or a service"), text("a name")), "and where they point"), {"dns"}}};
}

std::vector<SimWord> all_words() {
  std::vector<SimWord> words;
  for (auto group : {station_words(), action_words_of_sim(), own_words()}) {
    for (SimWord& word : group) words.push_back(std::move(word));
  }
  return words;
}

std::vector<Field> link_fields() {
  return {may("latency", times(), "one way, default 0s"), may("loss", share(), "of the calls, default 0%"),
          may("bandwidth", bytes_a_second(), "default unlimited")};
}

}  // namespace

const std::vector<SimWord>& sim_words() {
  static const std::vector<SimWord> words = all_words();
  return words;
}

std::vector<std::string> sim_words_of(const std::string& kind) {
  std::vector<std::string> names;
  for (const SimWord& word : sim_words()) {
    const bool taken = word.kinds.empty() || std::find(word.kinds.begin(), word.kinds.end(), kind) != word.kinds.end();
    if (taken) names.push_back(word.field.name);
  }
  return names;
}

Shape sim_shape() {
  std::vector<Field> fields;
  for (const SimWord& word : sim_words()) fields.push_back(word.field);
  return map_of(std::move(fields), {}, "a part of sim, such as {servers: 64, service_time: 1ms}");
}

Shape network_shape() {
  std::vector<Field> between = {must("between", list_of(text("a region, a zone or clients"), 2, 2)),
                                may("direction", one_word({"both", "to"}), "default both")};
  for (Field& field : link_fields()) between.push_back(std::move(field));
  const Shape link = map_of(link_fields());
  return map_of({may("within_zone", link), may("between_zones", link, "of one region"), may("between_regions", link),
                 may("clients", link, "between clients and services"),
                 may("links", list_of(map_of(std::move(between))), "between two places; the last that fits counts")},
                {}, "a network {within_zone, between_zones, between_regions, clients, links}");
}

}  // namespace blackstart
