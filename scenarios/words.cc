#include "scenarios/words.h"

namespace blackstart {
namespace {

using Kind = Shape::Kind;

Shape member(std::vector<Field> more = {}) {
  std::vector<Field> fields = {must("service", of(Kind::kService)), may("role", of(Kind::kRole))};
  for (Field& field : more) fields.push_back(std::move(field));
  return map_of(std::move(fields));
}

Shape headers() { return dictionary_of(text(), text("a header's name")); }
Shape services() { return list_of(of(Kind::kService)); }
Shape command() { return text("a shell command"); }

Shape http_probe() {
  return map_of({must("url", of(Kind::kUrl)),
                 may("method", one_word({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}), "default GET"),
                 may("headers", headers()), may("body", text()),
                 may("status", one_of({of(Kind::kStatus), list_of(of(Kind::kStatus))}), "default any of 200 to 299"),
                 may("json", dictionary_of(text(), of(Kind::kJsonPath)), "paths into the answer and what stands there"),
                 may("within", positive_duration(), "the answer comes within this long")});
}

std::vector<Word> make_probes() {
  return {
      {"http", http_probe(), "asks a url; the status and parts of a JSON answer are as said"},
      {"tcp",
       one_of({member(), map_of({must("host", text()), must("port", of(Kind::kPort))})},
              "{service, role} or {host, port}"),
       "a connection can be made"},
      {"exec", command(), "a command ends with exit status 0"},
      {"process", member(), "the members' processes run"},
      {"sql",
       map_of({may("service", of(Kind::kService)), may("dsn", text()), must("query", text()), must("is", text())},
              {exactly_one({"service", "dsn"}, "no database")}),
       "a query's first value is as said"},
      {"redis", map_of({must("service", of(Kind::kService)), must("command", text()), must("is", text())}),
       "a command's answer is as said"},
      {"kafka",
       map_of({must("service", of(Kind::kService)), must("topic", text()), may("produce_consume", of(Kind::kBoolean))}),
       "a record can be produced and consumed"},
      {"metric", map_of({must("of", of(Kind::kService)), must("name", text()), must("is", of(Kind::kComparison))}),
       "a metric of the target compares as said"},
  };
}

std::vector<Word> make_detections() {
  return {
      {"alert",
       map_of({must("when", of(Kind::kAlert)), may("for", duration(), "it must last this long, default 0s"),
               may("every", positive_duration(), "default 15s"),
               may("source", one_of({one_word({"target"}), of(Kind::kUrl)}, "target, or the url of a Prometheus"),
                   "default target")}),
       "an alert rule of the target's monitoring"},
      {"webhook", map_of({must("path", of(Kind::kPath)), may("match", dictionary_of(text(), of(Kind::kJsonPath)))}),
       "the organisation's own alerting calls"},
  };
}

std::vector<Word> make_checks() {
  const Shape state = one_word({"up", "down", "healthy"});
  return {
      {"state", map_of({must("service", of(Kind::kService)), may("role", of(Kind::kRole)), must("is", state)}),
       "members of a service are up, down or healthy"},
      {"state", map_of({must("services", services()), must("is", state)}), "services are up, down or healthy"},
      {"region", map_of({must("region", of(Kind::kRegion)), must("is", state)}), "a region is up, down or healthy"},
      {"reconcile",
       map_of({must("reconcile", one_word({"bids"})),
               may("up_to", one_word({"fault", "now"}), "of the bids acknowledged before; default now")}),
       "no bid is corrupted, invented or lost beyond the objective"},
      {"replication", map_of({must("service", of(Kind::kService)), must("replication", one_word({"healthy"}))}),
       "replicas are in step"},
      {"canary", map_of({must("canary", text("the name of a canary")), may("count", integer(1))}),
       "records of a canary are read back"},
  };
}

std::vector<Word> make_actions() {
  const Shape share = of(Kind::kShareRange);
  return {
      {"restart", member(), "stops and starts members"},
      {"start", member(), "starts members"},
      {"stop", member(), "stops members"},
      {"scale", map_of({must("services", services()), must("to", integer(0, 10000), "members each")}),
       "changes how many members run"},
      {"promote", map_of({must("service", of(Kind::kService)), must("role", of(Kind::kRole))}),
       "makes a member of this role the primary"},
      {"repoint", map_of({must("services", services()), must("to", of(Kind::kService))}),
       "makes services use another's new address"},
      {"rebuild", map_of({must("service", of(Kind::kService)), must("role", of(Kind::kRole))}),
       "makes the members of this role anew from the primary"},
      {"restore",
       map_of({must("service", of(Kind::kService)),
               may("from", text("latest, the name of a full backup, or an id"), "default latest"),
               may("to", text(), "a point in time")}),
       "brings a backup back"},
      {"fence",
       map_of({must("service", of(Kind::kService)), may("role", of(Kind::kRole)), may("region", of(Kind::kRegion))}),
       "keeps old members from taking writes"},
      {"failover", map_of({must("service", of(Kind::kService)), must("to", of(Kind::kRegion))}),
       "moves a service to another region"},
      {"dns", map_of({must("record", text()), must("to", text())}), "changes a record, done when resolvers agree"},
      {"admit", map_of({must("share", share), may("over", duration())}), "lets traffic in, by and by"},
      {"rollback", map_of({must("service", of(Kind::kService)), must("of", one_word({"release", "configuration"}))}),
       "goes back to what was before"},
      {"rotate", map_of({must("credential", of(Kind::kCredential))}), "replaces a credential"},
      {"isolate", map_of({must("service", of(Kind::kService))}), "cuts a service off"},
      {"warm", map_of({must("service", of(Kind::kService)), may("from", of(Kind::kService))}), "fills a cache"},
      {"replay", map_of({must("from", text()), must("to", text())}), "plays events again"},
      {"notify",
       map_of(
           {must("audience", text()), must("channel", text()), may("message", text()), may("webhook", of(Kind::kUrl))}),
       "tells people"},
      {"run", command(), "runs a command, in the scenario's folder, through sh -c"},
  };
}

}  // namespace

const std::vector<Word>& probe_words() {
  static const std::vector<Word> words = make_probes();
  return words;
}
const std::vector<Word>& detection_words() {
  static const std::vector<Word> words = make_detections();
  return words;
}
const std::vector<Word>& check_words() {
  static const std::vector<Word> words = make_checks();
  return words;
}
const std::vector<Word>& action_words() {
  static const std::vector<Word> words = make_actions();
  return words;
}

std::vector<Field> fields_of(const std::vector<Word>& words) {
  std::vector<Field> fields;
  for (const Word& word : words) fields.push_back(may(word.name, word.arguments, word.doc));
  return fields;
}

std::vector<std::string> names_of(const std::vector<Word>& words) {
  std::vector<std::string> names;
  for (const Word& word : words) names.push_back(word.name);
  return names;
}

}  // namespace blackstart
