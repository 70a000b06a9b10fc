// The organisation's language, as shapes.

#include "scenarios/languages.h"

namespace blackstart {
namespace {

using Kind = Shape::Kind;

Shape severity() {
  return map_of({may("response", positive_duration(), "until somebody acts"),
                 may("postmortem", one_word({"required", "optional"}), "default optional"),
                 may("channel", text(), "by which it is announced")});
}

Shape postmortem() {
  const Shape rhythm = one_word({"weekly", "monthly", "quarterly"});
  return map_of({may("scheduled", positive_duration(), "its meeting has a date by then"),
                 may("summary", positive_duration()), may("document", positive_duration()),
                 may("actions", positive_duration()), may("check_ins", rhythm), may("trends", rhythm),
                 may("fields", list_of(text()), "what it has to say besides"),
                 may("signoff", list_of(text()), "who signs it")});
}

Shape kpis() {
  const Shape share = of(Kind::kShare);
  return map_of({may("backup_success", share), may("backup_duration", positive_duration()), may("restore_tests", share),
                 may("recovery_success", share), may("availability", share), may("mttd", positive_duration()),
                 may("mttr", positive_duration()), may("validation", positive_duration())});
}

Shape calendar_entry() {
  return map_of(
      {must("drill", text("a drill's name")), may("window", of(Kind::kWindow)), may("every", one_word(cadence_words())),
       may("kind", one_word({"live", "simulation", "table-top"}), "default live"), may("duration", positive_duration()),
       may("notice", duration()), may("time", one_word({"hidden", "told"}), "default told")},
      {exactly_one({"window", "every"}, "no time")});
}

}  // namespace

const std::vector<std::string>& severity_words() {
  static const std::vector<std::string> words = {"P0", "P1", "P2", "P3", "P4"};
  return words;
}

const std::vector<std::string>& cadence_words() {
  static const std::vector<std::string> words = {"weekly", "monthly", "quarterly", "annually"};
  return words;
}

Shape communication_shape() {
  return map_of(
      {must("audience", text()), must("channel", text()), may("within", duration(), "of the fault"),
       may("every", positive_duration()), may("until", one_word({"restored", "end"}), "of every, default restored"),
       may("when", of(Kind::kCondition)), may("message", text()), may("webhook", of(Kind::kUrl))},
      {exactly_one({"within", "every"}, "no time")});
}

Shape organisation_shape() {
  const Shape level = map_of({must("level", text()), must("role", text()), must("from", duration())});
  const Shape contact = map_of(
      {may("hours", one_word({"always", "business"}), "default always"), may("role", text()), may("channel", text())});
  const Shape review = map_of({may("last", of(Kind::kDate)), may("next", of(Kind::kDate))});
  return map_of({must("blackstart_organisation", one_word({"1"}), "the language's version"), may("name", text()),
                 may("severities", dictionary_of(severity(), one_word(severity_words()))),
                 may("escalation", list_of(level)), may("contacts", dictionary_of(contact)),
                 may("communications", list_of(communication_shape()), "of drills that have none of their own"),
                 may("postmortem", postmortem()), may("kpis", kpis(), "what the history is held to"),
                 may("calendar", list_of(calendar_entry())), may("review", review, "of the plan")},
                {}, "an organisation, which begins with blackstart_organisation: 1");
}

const Language& organisation_language() {
  static const Language language{"Blackstart organisation, version 1", organisation_shape(), {}};
  return language;
}

}  // namespace blackstart
