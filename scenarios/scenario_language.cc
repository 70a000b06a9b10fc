// The scenario language: what docs/language.md says, as shapes.

#include "scenarios/languages.h"
#include "scenarios/words.h"

namespace blackstart {
namespace {

using Kind = Shape::Kind;

std::vector<Field> joined(std::vector<Field> fields, const std::vector<Word>& words) {
  for (Field& field : fields_of(words)) fields.push_back(std::move(field));
  return fields;
}

// ---- load ------------------------------------------------------------------------------------------------------

Shape bids() {
  const Shape stage = map_of({must("for", positive_duration()), must("rate", of(Kind::kRateRange))});
  const Shape auctions =
      map_of({may("count", integer(1, 10'000'000), "default 2000"),
              may("popularity",
                  one_of({one_word({"uniform"}), map_of({must("zipf", number(0, 10))})}, "uniform or {zipf: EXPONENT}"),
                  "default zipf 1.1")});
  const Shape retry =
      map_of({must("attempts", integer(0, 100), "after the first"), may("backoff", duration(), "default 100ms"),
              may("jitter", one_word({"none", "full"}), "default full"),
              may("budget", of(Kind::kShare), "retries as a share of first attempts, default: no limit")});
  return map_of(
      {may("rate", of(Kind::kRate), "bids a second"), may("profile", list_of(stage), "stages; the last rate goes on"),
       may("arrivals",
           one_of({one_word({"poisson", "constant"}), map_of({must("replay", text("a CSV file"))})},
                  "poisson, constant or {replay: FILE}"),
           "default poisson"),
       may("auctions", auctions), may("timeout", positive_duration(), "default 2s"), may("retry", retry),
       may("connections", map_of({must("max", integer(1, 1'000'000))}), "default 4096")},
      {exactly_one({"rate", "profile"}, "no rate")});
}

Shape load() {
  return map_of(
      {must("bids", bids()),
       may("watchers", map_of({must("count", integer(0, 10'000'000)),
                               may("live", integer(0, 10'000'000), "at most so many of them live, default all")}))});
}

// ---- objectives ------------------------------------------------------------------------------------------------

Shape rto() {
  return one_of(
      {duration(), map_of({must("within", duration()), may("from", one_word({"fault", "healed"}), "default fault")})},
      "a duration such as 4h, or {within: 2m, from: healed}");
}

Shape component() {
  const Shape covers = map_of({may("tier", of(Kind::kTier)), may("services", list_of(of(Kind::kService)))},
                              {exactly_one({"tier", "services"}, "nothing that it covers")});
  const Shape from = one_of({one_word({"bids"}), map_of({must("canary", text())}), map_of({must("probe", text())})},
                            "bids, {canary: NAME} or {probe: NAME}");
  return map_of({must("covers", covers), must("from", from, "its evidence"), may("rto", rto()), may("rpo", duration()),
                 may("mtd", duration())},
                {at_least_one({"rto", "rpo", "mtd"}, "no objective")});
}

Shape objectives() {
  const Shape level = map_of({may("goodput", of(Kind::kShare), "default 99%"),
                              may("degraded", of(Kind::kShare), "may be degraded and still good, default 0%"),
                              may("latency", of(Kind::kLatencyBound)), may("hold", positive_duration(), "default 10s"),
                              may("bin", positive_duration(), "default max(100ms, 100 / rate)")});
  return map_of({may("rto", rto()), may("rpo", duration()), may("mtd", duration()), may("service_level", level),
                 may("thresholds", of(Kind::kThresholds)), may("components", dictionary_of(component())),
                 may("expected", dictionary_of(of(Kind::kDurationRange), one_word({"rto", "rpo", "mtd", "wrt"})),
                     "estimates: reported, not judged")},
                {at_least_one({"rto", "rpo", "mtd", "thresholds", "components"}, "no objective")});
}

// ---- probes, faults --------------------------------------------------------------------------------------------

std::vector<Field> rule_fields() {
  return {must("name", text()),
          may("every", positive_duration(), "default 1s"),
          may("timeout", positive_duration(), "default 1s"),
          may("failures", integer(1, 1000), "in a row, default 1"),
          may("successes", integer(1, 1000), "in a row, default 1"),
          may("hold", duration(), "it must last this long, default 0s")};
}

Shape probe_rule() {
  return map_of(joined(rule_fields(), probe_words()), {exactly_one(names_of(probe_words()), "no probe")},
                "a probe {name, PROBE, every, timeout, failures, successes, hold}");
}

Shape detection_rule() {
  std::vector<Word> words = probe_words();
  for (const Word& word : detection_words()) words.push_back(word);
  std::vector<Field> fields = rule_fields();
  fields.push_back(may("severity", one_word({"info", "warning", "critical"})));
  return map_of(joined(std::move(fields), words), {exactly_one(names_of(words), "no probe, alert or webhook")},
                "a rule {name, PROBE, every, timeout, failures, successes, hold, severity}");
}

Shape fault() {
  std::vector<Word> kinds;
  for (const FaultWord& fault : fault_words()) kinds.push_back(fault.word);
  const Shape before = map_of({must("before", of(Kind::kBackup)), must("by", duration())});
  const Shape at = one_of({duration(), before}, "a duration from the end of steady state, or {before: …, by: …}");
  std::vector<Field> fields = {must("name", text()), may("at", at, "default 0s"),
                               may("until", one_word({"recovered", "end"})), may("for", positive_duration())};
  return map_of(
      joined(std::move(fields), kinds),
      {exactly_one(names_of(kinds), "no kind of fault"), exactly_one({"until", "for"}, "no end of the fault")},
      "a fault {name, at, KIND: {…}, until or for}");
}

// ---- recovery --------------------------------------------------------------------------------------------------

std::vector<Field> step_fields() {
  const Shape decision = map_of({must("by", text("who decides")), may("takes", named("distribution"))});
  return {must("title", text()),
          may("action", named("action")),
          may("check", named("check")),
          may("together", list_of(named("step")), "steps at once"),
          may("manual", of(Kind::kBoolean), "waits for a person"),
          may("choose", one_word({"manual"}), "a person picks one of options"),
          may("options", list_of(named("option"), 2)),
          may("budget", positive_duration()),
          may("otherwise", list_of(named("step")), "when it fails or exceeds its budget"),
          may("contains", of(Kind::kBoolean), "its end contains the outage"),
          may("after", one_word({"end"}), "timed and reported, but no part of RTO and WRT"),
          may("hold", duration(), "the check goes on succeeding for this long"),
          may("output", text("a name for its output")),
          may("decision", decision),
          may("phase", text("one of phases")),
          may("on_success", map_of({must("skip_to", text("the title of a later step"))}))};
}

std::vector<Choice> step_choices() {
  return {at_least_one({"action", "check", "together", "options", "manual", "decision"}, "nothing to do"),
          at_most_one({"action", "check", "together", "options"}, "")};
}

Shape option() {
  std::vector<Field> fields = step_fields();
  fields.push_back(may("weight", positive_number(1e6), "in sim: how often it is picked, default 1"));
  return map_of(std::move(fields), step_choices(), "an option: a step with a weight");
}

Shape check() {
  std::vector<Shape> alternatives;
  for (const Word& word : check_words()) alternatives.push_back(word.arguments);
  alternatives.push_back(map_of(fields_of(probe_words()), {exactly_one(names_of(probe_words()), "no probe")}));
  return one_of(
      std::move(alternatives),
      "{service, role?, is}, {services, is}, {region, is}, {reconcile: bids, up_to?}, {service, replication}, "
      "{canary, count?}, or a probe");
}

Shape action() {
  std::vector<Field> fields = fields_of(action_words());
  fields.push_back(may("takes", named("distribution"), "of run, in sim"));
  fields.push_back(may("like", named("effect"), "of run, in sim: what it does"));
  return map_of(std::move(fields), {exactly_one(names_of(action_words()), "no action")});
}

Shape effect() {
  std::vector<Field> fields;
  std::vector<std::string> names;
  for (const Word& word : action_words()) {
    if (word.name == "run") continue;
    fields.push_back(may(word.name, word.arguments, word.doc));
    names.push_back(word.name);
  }
  return map_of(std::move(fields), {exactly_one(std::move(names), "no action")});
}

Shape recovery() {
  const Shape after = one_of({one_word({"detection"}), map_of({must("at", duration())})}, "detection, or {at: 2m}");
  return map_of({may("after", after, "default detection; where no rule detects, the first fault"),
                 must("steps", list_of(named("step")))});
}

Shape validation() {
  std::vector<Field> fields = joined({must("name", text())}, probe_words());
  fields.push_back(may("check", named("check")));
  fields.push_back(may("thresholds", of(Kind::kThresholds)));
  fields.push_back(may("otherwise", list_of(named("step"))));
  std::vector<std::string> names = names_of(probe_words());
  names.insert(names.end(), {"check", "thresholds"});
  return map_of(std::move(fields), {exactly_one(std::move(names), "nothing to check")},
                "a validation {name, check or PROBE or thresholds}");
}

// ---- people and words ------------------------------------------------------------------------------------------

Shape canary() {
  const Shape service = of(Kind::kService);
  std::vector<Field> shared = {may("kafka", text("a topic")), may("sql", service, "a service"),
                               may("redis", service, "a service"), may("http", of(Kind::kUrl)),
                               may("exec", text("a shell command"))};
  std::vector<Field> write = shared;
  write.push_back(may("bid", text("whose auction"), "a bid of its own"));
  std::vector<Field> read = shared;
  read.push_back(may("watch", text("whose auction"), "as a watcher is told"));
  read.push_back(may("bid", text("whose auction"), "as it is read back"));
  const auto names = [](const std::vector<Field>& fields) {
    std::vector<std::string> list;
    for (const Field& field : fields) list.push_back(field.name);
    return list;
  };
  const Choice one_write = exactly_one(names(write), "no way to write");
  const Choice one_read = exactly_one(names(read), "no way to read");
  return map_of({must("write", map_of(std::move(write), {one_write})),
                 must("read", map_of(std::move(read), {one_read})), must("every", positive_duration()),
                 may("within", positive_duration(), "until it must be readable, default every")});
}

std::vector<Field> people_fields() {
  const Shape judged = one_word({"warn", "fail", "ignore"});
  const Shape inject = map_of({must("at", duration()), may("type", text()), may("method", text()), may("from", text()),
                               may("to", text()), must("text", text()), may("expected", text())});
  const Shape mark = one_word(timeline_marks());
  return {
      may("people", dictionary_of(named("distribution"), one_word({"acknowledge", "assemble", "decide", "execute"}))),
      may("communications", list_of(communication_shape(), 0)),
      may("injects", list_of(inject)),
      may("deadlines", list_of(map_of({must("name", text()), must("mark", mark), must("within", positive_duration()),
                                       may("of", mark, "default fault")}))),
      may("phases", list_of(map_of({must("name", text()), must("from", duration()), must("to", duration())}))),
      may("judge", map_of({may("budgets", judged), may("communications", judged), may("deadlines", judged)}))};
}

std::vector<Field> head_fields() {
  return {must("blackstart", one_word({"1"}), "the language's version"),
          may("extend", text("another scenario file"), "whose parts this one overrides"),
          may("vars", dictionary_of(text("a single value")), "variables and their defaults"),
          must("title", text()),
          may("runbook", map_of({must("document", text()), may("section", text())})),
          may("organisation",
              one_of({text(), organisation_shape()}, "the name of an organisation, a path with a slash, or a map"),
              "what is said once for all of its drills"),
          may("severity", one_word(severity_words())),
          may("disruption", one_word({"software", "hardware", "az", "region"})),
          may("cadence", one_word(cadence_words())),
          may("tags", list_of(text(), 0)),
          may("start", of(Kind::kTimeOfDay), "time of day"),
          must("target", text("the name of a target, or a path with a slash")),
          must("load", load()),
          may("canaries", dictionary_of(canary())),
          must("objectives", objectives())};
}

Shape scenario() {
  std::vector<Field> fields = head_fields();
  const Shape steady =
      map_of({must("for", positive_duration()), may("within", positive_duration(), "default 3 x for + 30s"),
              may("probes", list_of(probe_rule(), 0))});
  const Shape expectation =
      map_of({must("breaker", of(Kind::kService), "the service behind it"),
              must("becomes", one_word({"open", "half_open", "closed"})), must("within", positive_duration()),
              must("of", one_word({"fault", "healed", "open", "half_open", "closed"}))});
  fields.push_back(may("steady_state", steady));
  fields.push_back(must("faults", list_of(fault())));
  fields.push_back(may("detection", list_of(detection_rule(), 0)));
  fields.push_back(may("recovery", recovery()));
  fields.push_back(may("expect", list_of(expectation)));
  fields.push_back(may("validation", list_of(validation(), 0)));
  for (Field& field : people_fields()) fields.push_back(std::move(field));
  fields.push_back(may("observe", positive_duration(), "what has not come by then is censored"));
  fields.push_back(may("stop_conditions", list_of(map_of({must("name", text()), must("when", of(Kind::kCondition))}))));
  return map_of(std::move(fields), {}, "a scenario, which begins with blackstart: 1");
}

Language make_language() {
  Language language;
  language.title = "Blackstart scenario, version 1";
  language.root = scenario();
  language.definitions = {
      {"distribution", distribution_shape()},
      {"check", check()},
      {"action", action()},
      {"effect", effect()},
      {"step", map_of(step_fields(), step_choices(), "a step {title, action or check or together or manual, …}")},
      {"option", option()}};
  return language;
}

}  // namespace

const std::vector<std::string>& timeline_marks() {
  static const std::vector<std::string> marks = {"fault",        "effective", "impact",    "detected",  "notified",
                                                 "acknowledged", "declared",  "responded", "contained", "first_success",
                                                 "healed",       "restored",  "drained",   "validated", "protected"};
  return marks;
}

const Language& scenario_language() {
  static const Language language = make_language();
  return language;
}

}  // namespace blackstart
