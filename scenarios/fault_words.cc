// The kinds of faults. Parameters are named as Chaos Mesh, Toxiproxy and LazyFS name theirs.

#include "scenarios/words.h"

#include "base/check.h"
#include "scenarios/arguments.h"

namespace blackstart {
namespace {

using Kind = Shape::Kind;

/// The service hit; most kinds begin with these.
std::vector<Field> at_service(std::vector<Field> more = {}) {
  std::vector<Field> fields = {must("service", of(Kind::kService), "whose members it hits"),
                               may("role", of(Kind::kRole), "only members in this role")};
  for (Field& field : more) fields.push_back(std::move(field));
  return fields;
}

/// A link: everything that reaches a service, or what passes between two places.
std::vector<Field> at_link(std::vector<Field> more = {}) {
  const Shape place =
      one_of({of(Kind::kService), map_of({must("service", of(Kind::kService)), may("role", of(Kind::kRole))}),
              map_of({must("region", of(Kind::kRegion))}), map_of({must("zone", of(Kind::kZone))})},
             "a service, {service, role}, {region} or {zone}");
  std::vector<Field> fields = {
      may("service", of(Kind::kService), "all traffic to this service"), may("role", of(Kind::kRole)),
      may("between", list_of(place, 2, 2), "two places: traffic from the first to the second")};
  for (Field& field : more) fields.push_back(std::move(field));
  return fields;
}
std::vector<Choice> one_link() { return {exactly_one({"service", "between"}, "no place")}; }

Field direction() { return may("direction", one_word({"both", "to", "from"}), "default both"); }
Field correlation() { return may("correlation", of(Kind::kShare), "how much a packet follows the one before it"); }

/// `effects`: words of which a fault needs one, or it does nothing.
Shape link(std::vector<Field> more, std::vector<std::string> effects = {}) {
  std::vector<Choice> choices = one_link();
  if (!effects.empty()) choices.push_back(at_least_one(std::move(effects), "no effect"));
  return map_of(at_link(std::move(more)), std::move(choices));
}
Shape service(std::vector<Field> more = {}, std::vector<std::string> effects = {}) {
  std::vector<Choice> choices;
  if (!effects.empty()) choices.push_back(at_least_one(std::move(effects), "no effect"));
  return map_of(at_service(std::move(more)), std::move(choices));
}

/// Toxiproxy's kinds share toxicity and stream.
Shape toxic(std::vector<Field> more = {}) {
  more.push_back(may("toxicity", of(Kind::kShare), "share of the connections it hits, default 100%"));
  more.push_back(may("stream", one_word({"upstream", "downstream"}), "default downstream"));
  return link(std::move(more));
}

Shape file_fault(std::vector<Field> more = {}) {
  more.push_back(may("path", text(), "of the service's data, a glob"));
  more.push_back(may("probability", of(Kind::kShare)));
  more.push_back(may("offset", of(Kind::kSize)));
  more.push_back(may("locality", one_word({"anywhere", "head", "tail", "page"})));
  return service(std::move(more));
}

Shape disk(std::vector<Field> more = {}) {
  more.push_back(may("path", text(), "of the service's data, a glob"));
  more.push_back(may("percent", of(Kind::kShare), "share of the calls it hits, default 100%"));
  more.push_back(may("methods", list_of(one_word({"open", "read", "write", "fsync", "rename", "unlink"}))));
  return service(std::move(more));
}

Shape rows() {
  return service({must("table", text()), must("share", of(Kind::kShare), "of the table's rows"),
                  may("columns", list_of(text())), may("how", one_word({"flip", "null", "swap", "zero"}))});
}

Field which(std::string doc) { return may("which", text(), std::move(doc)); }

Shape place_fault(Kind name) {
  return map_of({must("which", of(name), "its name"), may("stagger", duration(), "between one member and the next"),
                 may("cascade", of(Kind::kShare), "probability that what depends on it falls too")});
}

std::vector<FaultWord> process_faults() {
  const Shape signal = one_word({"KILL", "TERM", "INT", "QUIT", "ABRT", "SEGV", "HUP"});
  return {
      {{"kill",
        service({may("signal", signal, "default KILL"), may("count", integer(1, 1000), "members, default all"),
                 may("every", positive_duration(), "again and again, this far apart")}),
        "ends processes by a signal"},
       FaultClass::kDamage},
      {{"pause", service({may("count", integer(1, 1000), "members, default all")}),
        "stops processes without ending them"},
       FaultClass::kActing},
      {{"crash_loop",
        service({may("every", positive_duration(), "after each start, default at once"),
                 may("times", integer(1, 100000), "default until the fault ends")}),
        "kills processes each time they start"},
       FaultClass::kActing},
      {{"slow",
        service({may("factor", number(1), "how many times slower"),
                 may("duty_cycle", of(Kind::kShare), "share of the time it runs"),
                 may("ramp", duration(), "until the full effect")},
                {"factor", "duty_cycle"}),
        "makes processes slower without ending them"},
       FaultClass::kActing},
      {{"clock",
        service({may("offset", of(Kind::kSignedDuration)), may("drift_ppm", number(-1e6, 1e6)),
                 may("strobe", map_of({must("delta", duration()), must("period", positive_duration())}))},
                {"offset", "drift_ppm", "strobe"}),
        "lets processes see another time"},
       FaultClass::kActing},
  };
}

std::vector<FaultWord> network_faults() {
  const Shape share = of(Kind::kShare);
  return {
      {{"partition",
        link({direction(), may("mode", one_word({"drop", "reject", "reset"}), "default drop"),
              may("flap", positive_duration(), "cut and whole in turns, this long each")}),
        "cuts traffic between places"},
       FaultClass::kActing},
      {{"latency", toxic({must("latency", duration()), may("jitter", duration()), correlation(), direction()}),
        "delays traffic"},
       FaultClass::kActing},
      {{"loss",
        link({may("percent", share), correlation(), direction(), may("pb", share, "Gilbert-Elliott: good to bad"),
              may("pg", share, "bad to good"), may("one_h", share, "loss in bad"), may("one_k", share, "loss in good")},
             {"percent", "pb"}),
        "loses packets"},
       FaultClass::kActing},
      {{"duplicate", link({must("percent", share), correlation(), direction()}), "sends packets twice"},
       FaultClass::kActing},
      {{"reorder", link({must("percent", share), correlation(), direction()}), "changes the order of packets"},
       FaultClass::kActing},
      {{"bandwidth", toxic({must("rate", of(Kind::kSizeRate))}), "limits the rate of bytes"}, FaultClass::kActing},
      {{"slow_close", toxic({must("delay", duration())}), "delays the end of connections"}, FaultClass::kActing},
      {{"timeout", toxic({must("timeout", duration())}), "swallows data, then closes"}, FaultClass::kActing},
      {{"reset_peer", toxic({may("timeout", duration())}), "resets connections"}, FaultClass::kActing},
      {{"slicer",
        toxic(
            {must("average_size", of(Kind::kSize)), may("size_variation", of(Kind::kSize)), may("delay", duration())}),
        "cuts data into small pieces"},
       FaultClass::kActing},
      {{"limit_data", toxic({must("bytes", of(Kind::kSize))}), "closes after so many bytes"}, FaultClass::kActing},
      {{"down", toxic(), "refuses connections"}, FaultClass::kActing},
      {{"corrupt_stream", link({must("probability", share), may("bits", integer(1, 64)), direction()}),
        "flips bits of traffic"},
       FaultClass::kActing},
      {{"blackhole_dns", map_of({must("names", list_of(text()))}), "leaves names without an answer"},
       FaultClass::kActing},
      {{"wrong_dns", map_of({must("names", list_of(text())), must("answer", text())}), "answers names wrongly"},
       FaultClass::kActing},
      {{"gray",
        service({must("share", share, "of the keys whose traffic fails"), may("status", of(Kind::kStatus)),
                 may("keys", text())}),
        "fails application traffic, passes health checks"},
       FaultClass::kActing},
      {{"dependency_outage",
        service({must("mode", one_word({"errors", "latency", "hang"})), may("latency", duration()), may("share", share),
                 may("status", of(Kind::kStatus))}),
        "makes an external service fail"},
       FaultClass::kActing},
  };
}

std::vector<FaultWord> storage_faults() {
  const Shape torn = map_of({must("parts", integer(2, 1000)), must("persist", list_of(integer(1, 1000)))});
  return {
      {{"lost_fsync",
        service({may("path", text()), may("clear_cache", of(Kind::kBoolean)), may("torn_write", torn),
                 may("torn_sequence", torn)}),
        "loses what was not yet on disk, with a crash"},
       FaultClass::kDamage},
      {{"io_error",
        disk({may("errno", one_word({"EIO", "ENOSPC", "EROFS", "EDQUOT", "EACCES", "EAGAIN"}), "default EIO")}),
        "fails file operations"},
       FaultClass::kActing},
      {{"io_latency", disk({must("latency", duration())}), "delays file operations"}, FaultClass::kActing},
      {{"disk_full", service({may("path", text()), may("bytes_left", of(Kind::kSize), "default 0B")}),
        "leaves no space"},
       FaultClass::kActing},
      {{"read_only", service({may("path", text())}), "makes the disk read-only"}, FaultClass::kActing},
      {{"bit_flip", file_fault(), "flips bits in files"}, FaultClass::kDamage},
      {{"truncate", file_fault(), "cuts files short"}, FaultClass::kDamage},
      {{"misdirect", file_fault(), "writes blocks to the wrong place"}, FaultClass::kDamage},
      {{"delete_file", file_fault(), "deletes files"}, FaultClass::kDamage},
      {{"restore_old", file_fault(), "puts an older content back"}, FaultClass::kDamage},
      {{"corrupt_rows", rows(), "changes rows of a table"}, FaultClass::kDamage},
      {{"delete_rows", rows(), "deletes rows of a table"}, FaultClass::kDamage},
      {{"corrupt_backup", service({which("which backup: latest, or its id")}), "damages a backup"},
       FaultClass::kDamage},
      {{"missing_log", service({which("which part of the log")}), "takes a part out of the log archive"},
       FaultClass::kDamage},
      {{"lose_key", service({which("which key")}), "hides the key of the backups"}, FaultClass::kDamage},
  };
}

std::vector<FaultWord> other_faults() {
  const Shape share = of(Kind::kShare);
  return {
      {{"cpu", service({may("load", share), may("count", integer(1, 1024), "workers")}), "uses up processor time"},
       FaultClass::kActing},
      {{"memory", service({may("size", of(Kind::kSize)), may("load", share)}, {"size", "load"}), "uses up memory"},
       FaultClass::kActing},
      {{"fds", service({may("count", integer(1))}), "uses up file descriptors"}, FaultClass::kActing},
      {{"processes", service({may("count", integer(1))}), "uses up process ids"}, FaultClass::kActing},
      {{"surge", map_of({must("factor", number(1), "times the rate")}), "offers more load"}, FaultClass::kActing},
      {{"bad_deploy",
        service({must("version", text("a version: crashes, errs, slow, or one that the target has")),
                 may("share", share, "of the members")}),
        "releases a bad version"},
       FaultClass::kDamage},
      {{"bad_config", service({must("key", text()), must("value", text())}), "sets a bad configuration"},
       FaultClass::kDamage},
      {{"leak_credentials",
        map_of({must("which", of(Kind::kCredential), "credential"), may("service", of(Kind::kService))}),
        "lets a second client in with a leaked credential"},
       FaultClass::kActing},
      {{"region", place_fault(Kind::kRegion), "takes every member in a region"}, FaultClass::kDamage},
      {{"zone", place_fault(Kind::kZone), "takes every member in a zone"}, FaultClass::kDamage},
      {{"host", place_fault(Kind::kText), "takes every member on a host"}, FaultClass::kDamage},
      {{"run",
        map_of(
            {must("inject", text("a shell command")), must("heal", text("a shell command")),
             may("prove", text("a shell command"), "exit 0: it has taken effect"),
             may("prove_healed", text("a shell command"), "exit 0: it is gone"),
             may("timeout", positive_duration(), "of each command, default 60s"),
             may("dead_man", positive_duration(), "the remote side heals itself after this long"),
             may("class", one_word({"acting", "damage"}), "damage stays until after the read-back; default acting")}),
        "runs commands of your own"},
       FaultClass::kActing},
  };
}

std::vector<FaultWord> all_faults() {
  std::vector<FaultWord> words;
  for (auto group : {process_faults(), network_faults(), storage_faults(), other_faults()}) {
    for (FaultWord& word : group) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

const std::vector<FaultWord>& fault_words() {
  static const std::vector<FaultWord> words = all_faults();
  return words;
}

FaultClass fault_class(const Call& kind) {
  for (const FaultWord& candidate : fault_words()) {
    if (candidate.word.name != kind.word) continue;
    const std::string own = text_argument(kind, "class");
    if (kind.word == "run" && !own.empty()) return own == "damage" ? FaultClass::kDamage : FaultClass::kActing;
    return candidate.fault_class;
  }
  check_failed("the kind of fault is known", __FILE__, __LINE__, kind.word.c_str());
}

}  // namespace blackstart
