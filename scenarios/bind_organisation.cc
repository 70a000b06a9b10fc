// The organisation's file, and what scenarios share with it.

#include "base/check.h"
#include "scenarios/bind.h"

namespace blackstart {
namespace {

Contact read_contact(const std::string& name, const Node& node) {
  return Contact{name, node.text("role"), node.text("channel"), node.text("hours") == "business"};
}

PostmortemPolicy read_postmortem(const Node& node) {
  PostmortemPolicy policy;
  policy.scheduled = read_optional_duration(node, "scheduled");
  policy.summary = read_optional_duration(node, "summary");
  policy.document = read_optional_duration(node, "document");
  policy.actions = read_optional_duration(node, "actions");
  policy.check_ins = node.text("check_ins");
  policy.trends = node.text("trends");
  policy.fields = read_texts(node.find("fields"));
  policy.signoff = read_texts(node.find("signoff"));
  return policy;
}

Kpis read_kpis(const Node& node) {
  const auto share = [&](const char* key) {
    const Node* value = node.find(key);
    return value == nullptr ? std::optional<Share>{} : std::optional<Share>{*parse_share(value->scalar)};
  };
  Kpis kpis;
  kpis.backup_success = share("backup_success");
  kpis.restore_tests = share("restore_tests");
  kpis.recovery_success = share("recovery_success");
  kpis.availability = share("availability");
  kpis.backup_duration = read_optional_duration(node, "backup_duration");
  kpis.mttd = read_optional_duration(node, "mttd");
  kpis.mttr = read_optional_duration(node, "mttr");
  kpis.validation = read_optional_duration(node, "validation");
  return kpis;
}

CalendarEntry read_entry(const Node& node) {
  CalendarEntry entry;
  entry.drill = node.text("drill");
  entry.window = node.text("window");
  entry.every = node.text("every");
  entry.kind = node.text("kind");
  entry.duration = read_optional_duration(node, "duration");
  entry.notice = read_optional_duration(node, "notice");
  entry.time_hidden = node.text("time") == "hidden";
  return entry;
}

void read_people(const Node& root, Organisation& organisation) {
  if (const Node* severities = root.find("severities")) {
    for (const Node::Entry& entry : severities->entries) {
      organisation.severities.push_back(SeverityPolicy{entry.key, read_optional_duration(entry.value, "response"),
                                                       entry.value.text("postmortem") == "required",
                                                       entry.value.text("channel")});
    }
  }
  if (const Node* levels = root.find("escalation")) {
    for (const Node& level : levels->items) {
      organisation.escalation.push_back(
          EscalationLevel{level.text("level"), level.text("role"), read_duration(*level.find("from"))});
    }
  }
  if (const Node* contacts = root.find("contacts")) {
    for (const Node::Entry& entry : contacts->entries) {
      organisation.contacts.push_back(read_contact(entry.key, entry.value));
    }
  }
}

}  // namespace

Communication read_communication(const Node& node) {
  Communication communication;
  communication.audience = node.text("audience");
  communication.channel = node.text("channel");
  communication.within = read_optional_duration(node, "within");
  communication.every = read_optional_duration(node, "every");
  if (communication.every) communication.until = node.text("until", "restored");
  if (const Node* when = node.find("when")) {
    auto condition = Expression::parse(when->scalar);
    BS_CHECK_MESSAGE(condition.has_value(), "the checker has let through what is no condition");
    communication.when = std::move(*condition);
  }
  communication.message = node.text("message");
  communication.webhook = node.text("webhook");
  communication.where = node.where;
  return communication;
}

void bind_organisation(const Node& root, Organisation& organisation) {
  organisation.name = root.text("name");
  organisation.file = root.where.file;
  read_people(root, organisation);
  if (const Node* list = root.find("communications")) {
    for (const Node& item : list->items) organisation.communications.push_back(read_communication(item));
  }
  if (const Node* postmortem = root.find("postmortem")) organisation.postmortem = read_postmortem(*postmortem);
  if (const Node* kpis = root.find("kpis")) organisation.kpis = read_kpis(*kpis);
  if (const Node* calendar = root.find("calendar")) {
    for (const Node& item : calendar->items) organisation.calendar.push_back(read_entry(item));
  }
  if (const Node* review = root.find("review")) {
    organisation.review = ReviewDates{review->text("last"), review->text("next")};
  }
}

const SeverityPolicy* Organisation::find_severity(std::string_view wanted) const {
  for (const SeverityPolicy& severity : severities) {
    if (severity.severity == wanted) return &severity;
  }
  return nullptr;
}

}  // namespace blackstart
