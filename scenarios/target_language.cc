// The target language, as shapes.

#include "scenarios/languages.h"
#include "scenarios/words.h"

namespace blackstart {
namespace {

using Kind = Shape::Kind;

Shape headers() { return dictionary_of(text(), text("a header's name")); }

Shape statuses() { return list_of(of(Kind::kStatus)); }

Shape in_step() { return map_of(fields_of(probe_words()), {exactly_one(names_of(probe_words()), "no probe")}); }

Shape backup() {
  return map_of({may("kind", one_word({"full", "incremental", "log"}), "default its name, else full"),
                 must("every", positive_duration()), may("at", of(Kind::kTimeOfDay), "of one of them"),
                 may("keep", positive_duration(), "default for ever"), may("encrypted", text("a cipher")),
                 may("takes", named("distribution"), "default 0s"),
                 may("succeeds", of(Kind::kShare), "share that can be restored, default 100%"),
                 may("verified", positive_duration(), "how often one is restored to try it"),
                 may("copies", list_of(of(Kind::kRegion)), "regions that it is copied to")});
}

Shape region() {
  return map_of({may("primary", of(Kind::kBoolean), "default the first"), may("zones", list_of(of(Kind::kName)))});
}

Shape credential() {
  return map_of({must("of", of(Kind::kService), "the service that it opens"),
                 may("used_by", list_of(of(Kind::kService)), "who opens it with it")});
}

Shape service() {
  const Shape count = integer(0, 10000);
  const Shape role =
      one_of({count, dictionary_of(count, of(Kind::kRegion))}, "a number of members, or {REGION: members}");
  const Shape members = one_of({integer(1, 10000), dictionary_of(count, of(Kind::kRegion))},
                               "a number of members from 1 to 10000, or {REGION: members}");
  return map_of(
      {must("kind", one_word({"api", "sql", "cache", "stream", "gateway", "search", "objects", "files", "control-plane",
                              "dns", "external"})),
       may("tier", text()), may("replicas", members, "default 1"), may("needs", list_of(of(Kind::kService), 0)),
       may("roles", dictionary_of(role)), may("replication", one_word({"sync", "async"})),
       may("backups", dictionary_of(backup())),
       may("in_step", in_step(), "a probe that passes while its replicas are in step"), may("url", of(Kind::kUrl))},
      {at_most_one({"replicas", "roles"}, "")});
}

Shape read_back() {
  const Shape http =
      map_of({must("url", of(Kind::kUrl)), may("headers", headers()), must("items", of(Kind::kJsonPath)),
              must("id", of(Kind::kJsonPath)), may("crc", of(Kind::kJsonPath)), may("next", of(Kind::kJsonPath))});
  const Shape sql = map_of({must("dsn", text()), must("query", text())});
  const Shape kafka = map_of({must("brokers", text()), must("topic", text()), must("id", of(Kind::kJsonPath)),
                              may("crc", of(Kind::kJsonPath))});
  return map_of({may("http", http), may("sql", sql), may("kafka", kafka), may("run", text("a shell command"))},
                {exactly_one({"http", "sql", "kafka", "run"}, "no way to read back")});
}

Shape load() {
  const Shape http = map_of({may("method", one_word({"POST", "PUT", "PATCH", "GET", "DELETE"}), "default POST"),
                             must("url", of(Kind::kUrl)), may("headers", headers()), may("body", text()),
                             must("acknowledged", statuses(), "statuses that mean: it is stored"),
                             may("refused", statuses(), "statuses that mean: it is certainly not stored"),
                             may("degraded", dictionary_of(text(), text("a JSON path or a header's name")),
                                 "what an answer from a fallback holds")});
  const Shape kafka = map_of({must("brokers", text()), must("topic", text()), may("acks", one_word({"0", "1", "all"})),
                              may("idempotence", of(Kind::kBoolean))});
  return map_of({may("protocol", one_word({"bids"})), may("service", of(Kind::kService)),
                 may("watch", of(Kind::kService), "who tells watchers, default the service that takes bids"),
                 may("http", http), may("kafka", kafka),
                 may("read_back", one_of({one_word({"none"}), read_back()}, "http, sql, kafka or run; or none"))},
                {exactly_one({"protocol", "http", "kafka"}, "no way to place bids")});
}

Shape local_part() {
  const Shape ready = map_of({may("http", text("a path such as /health")), may("tcp", of(Kind::kPort)),
                              may("within", positive_duration(), "default 30s")},
                             {exactly_one({"http", "tcp"}, "no sign of being ready")});
  const Shape call = map_of({may("http", http_call_shape()), may("run", text("a shell command"))},
                            {exactly_one({"http", "run"}, "no way to do it")});
  return map_of({must("run", text("a command line")), may("env", dictionary_of(text())), may("ready", ready),
                 may("promote", call), may("repoint", call), may("rebuild", call)});
}

Shape drivers() {
  return map_of({may("local", dictionary_of(local_part(), of(Kind::kService)), "processes that the drill starts"),
                 may("compose", map_of({must("file", text())})),
                 may("kubernetes", map_of({must("namespace", text()), may("context", text())})),
                 may("external", map_of({}, {}, "{}: already running, nothing is started or stopped"))},
                {at_least_one({"local", "compose", "kubernetes", "external"}, "no driver")});
}

Shape target() {
  return map_of(
      {must("blackstart_target", one_word({"1"}), "the language's version"), must("name", of(Kind::kName)),
       may("vars", dictionary_of(text("a single value")), "variables and their defaults"),
       may("regions", dictionary_of(region())), must("services", dictionary_of(service())),
       may("credentials", dictionary_of(credential()), "what rotate and leak_credentials name"), must("load", load()),
       may("drivers", drivers()),
       may("sim", dictionary_of(named("sim"), of(Kind::kService)), "how services behave in the virtual world"),
       may("network", network_shape(), "how long calls take on the way, in the virtual world"),
       may("production", of(Kind::kBoolean), "live faults need --allow-production NAME")},
      {}, "a target, which begins with blackstart_target: 1");
}

}  // namespace

Shape distribution_shape() {
  return one_of({duration(), map_of({must("median", positive_duration()), must("p95", positive_duration())}),
                 map_of({must("exponential", positive_duration(), "mean")}),
                 map_of({must("uniform", list_of(duration(), 2, 2), "from, to")}),
                 map_of({must("erlang", map_of({must("shape", integer(1, 1000)), must("mean", positive_duration())}))}),
                 map_of({must("hyperexponential",
                              map_of({must("p", number(0, 1)), must("means", list_of(positive_duration(), 2, 2))}))}),
                 map_of({must("samples", text("a CSV file"))})},
                "a duration, {median, p95}, {exponential: mean}, {uniform: [from, to]}, {erlang: {shape, mean}}, "
                "{hyperexponential: {p, means}} or {samples: file.csv}");
}

Shape http_call_shape() {
  return map_of({may("method", one_word({"GET", "POST", "PUT", "PATCH", "DELETE"}), "default GET"),
                 must("url", of(Kind::kUrl)), may("headers", headers()), may("body", text())});
}

const Language& target_language() {
  static const Language language{
      "Blackstart target, version 1", target(), {{"distribution", distribution_shape()}, {"sim", sim_shape()}}};
  return language;
}

}  // namespace blackstart
