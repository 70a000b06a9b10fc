#include "app/live_view.h"

#include "app/say.h"
#include "base/text.h"
#include "base/units.h"
#include "rehearsal/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace blackstart {

namespace {

std::string text_of(const Json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_string() ? printable(found->get<std::string>()) : std::string();
}

std::optional<Duration> length_of(const Json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end() || !found->is_number_integer()) return std::nullopt;
  return Duration{found->get<std::int64_t>()};
}

bool flag_of(const Json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_boolean() && found->get<bool>();
}

std::uint64_t count_of(const Json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_number_integer() ? found->get<std::uint64_t>() : 0;
}

std::uint64_t id_of(const Json& body) { return count_of(body, "id"); }

std::string with_detail(std::string line, const std::string& detail) {
  if (detail.empty()) return line;
  return std::move(line) + ": " + std::string(detail.substr(0, detail.find('\n')));
}

/// What went wrong, in all its lines: later ones stand below the first one's text.
std::string with_whole_detail(std::string line, const std::string& detail) {
  constexpr const char* kBelow = "\n             ";
  if (detail.empty()) return line;
  line += ": ";
  for (const char letter : std::string_view(trim(detail))) line += letter == '\n' ? kBelow : std::string(1, letter);
  return line;
}

std::string colour(bool terminal, const char* code, const std::string& text) {
  return terminal ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

/// At most `columns` bytes, not cutting inside a UTF-8 sequence.
std::string clip(const std::string& text, std::size_t columns) {
  if (text.size() <= columns) return text;
  std::size_t end = columns;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

LiveView::LiveView(const Spec& spec, bool terminal, std::size_t columns)
    : spec_(spec), terminal_(terminal), columns_(std::max<std::size_t>(columns, 40)) {}

void LiveView::on_event(const Event& event) {
  note_state(event);
  if (event.type == "traffic.interval") take_interval(event);
  std::string line = headline(event);
  erase();
  if (!line.empty()) {
    const std::string stamp = fmt::format("{:>9}", fmt::format("{:.3f}s", to_seconds(event.at - kDrillStart)));
    say("{}  {}\n", colour(terminal_, "2", stamp), line);
  }
  if (terminal_ && event.type != "drill.finished") draw(event.at);
  std::fflush(stderr);
}

void LiveView::finish() {
  erase();
  std::fflush(stderr);
}

void LiveView::note_state(const Event& event) {
  const Json& body = event.body;
  if (event.type == "phase.entered") phase_ = text_of(body, "phase");
  if (event.type == "fault.effective") {
    active_[id_of(body)] = text_of(body, "name");
    if (const auto acted = length_of(body, "acted_ns"); acted && !first_fault_) first_fault_ = kDrillStart + *acted;
  }
  if (event.type == "fault.healed") active_.erase(id_of(body));
  if (event.type == "step.started") {
    steps_[text_of(body, "id")] = {text_of(body, "title"), event.at, length_of(body, "budget_ns")};
  }
  if (event.type == "step.finished") steps_.erase(text_of(body, "id"));
}

void LiveView::take_interval(const Event& event) {
  const auto* interval = std::get_if<TrafficInterval>(&event.value);
  if (interval == nullptr || interval->length <= Duration{}) return;
  acknowledged_ += interval->acknowledged;
  const double seconds = to_seconds(interval->length);
  const auto per_second = [seconds](std::uint64_t n) {
    return human_count(static_cast<std::uint64_t>(std::llround(static_cast<double>(n) / seconds)));
  };
  const auto bad = std::count_if(interval->bins.begin(), interval->bins.end(), [](const Bin& bin) { return !bin.ok; });
  traffic_ = fmt::format("offered {}/s  acknowledged {}/s  p50 {}  p99 {}", per_second(interval->offered),
                         per_second(interval->acknowledged), human_duration(interval->latency.percentile(50)),
                         human_duration(interval->latency.percentile(99)));
  if (bad > 0) traffic_ += fmt::format("  {} of {} bins bad", bad, interval->bins.size());
}

std::string LiveView::step_headline(const Event& event) const {
  const Json& body = event.body;
  const std::string title = text_of(body, "title");
  if (event.type == "step.started") {
    const auto budget = length_of(body, "budget_ns");
    return fmt::format("step: {}{}", title, budget ? fmt::format(" (budget {})", spell_duration(*budget)) : "");
  }
  const std::string outcome = text_of(body, "outcome");
  const char* code = outcome == "ok" ? "32" : outcome == "skipped" ? "2" : "31";
  std::string line = fmt::format("step {}: {}", colour(terminal_, code, outcome), title);
  const std::string detail = text_of(body, "detail");
  const bool done = outcome == "ok" || flag_of(body, "done");
  return done ? with_detail(std::move(line), detail) : with_whole_detail(std::move(line), detail);
}

std::string LiveView::decision_headline(const Event& event) const {
  const std::string option = text_of(event.body, "option");
  const std::string what = option.empty() ? text_of(event.body, "title") : option;
  return with_detail(fmt::format("{} {}: {}", text_of(event.body, "by"), option.empty() ? "answers" : "chooses", what),
                     text_of(event.body, "text"));
}

std::string LiveView::fault_headline(const Event& event) const {
  const std::string name = text_of(event.body, "name");
  const std::string proof = text_of(event.body, "proof");
  if (event.type == "fault.injecting") {
    return fmt::format("{} {} ({})", colour(terminal_, "35", "fault armed:"), name, text_of(event.body, "kind"));
  }
  const bool proven = flag_of(event.body, "proven");
  if (event.type == "fault.effective") {
    return with_detail(colour(terminal_, "35;1", proven ? "FAULT " : "FAULT WITHOUT PROOF ") + name, proof);
  }
  return with_detail((proven ? "healed: " : "NOT PROVEN HEALED: ") + name, proof);
}

std::string LiveView::reading_headline(const Event& event) const {
  std::string line = fmt::format("reading back, pass {} of 2: {} of about {} bids", count_of(event.body, "pass"),
                                 human_count(count_of(event.body, "read")), human_count(acknowledged_));
  if (const auto cut_at = length_of(event.body, "cut_at_ns")) {
    line += fmt::format("; cut short in {:.0f} s", to_seconds(kDrillStart + *cut_at - event.at));
  }
  return line;
}

std::string LiveView::headline(const Event& event) const {
  const Json& body = event.body;
  const std::string& type = event.type;
  if (type == "phase.entered") return colour(terminal_, "1", "== " + text_of(body, "phase"));
  if (type == "fault.injecting" || type == "fault.effective" || type == "fault.healed") return fault_headline(event);
  if (type == "step.started" || type == "step.finished") return step_headline(event);
  if (type == "detection.fired") return with_detail("detected by " + text_of(body, "name"), text_of(body, "detail"));
  if (type == "probe.failed") return with_detail("probe fails: " + text_of(body, "name"), text_of(body, "detail"));
  if (type == "probe.recovered") return "probe is well again: " + text_of(body, "name");
  if (type == "notification.sent") {
    const std::string whom = fmt::format("to {} by {}", text_of(body, "audience"), text_of(body, "channel"));
    if (flag_of(body, "delivered")) return with_detail(whom, text_of(body, "message"));
    return with_detail(colour(terminal_, "31", "NOT DELIVERED ") + whom, text_of(body, "detail"));
  }
  if (type == "check.result") {
    return with_detail(
        fmt::format("check {}: {}", flag_of(body, "passed") ? "passed" : colour(terminal_, "31", "FAILED"),
                    text_of(body, "name")),
        text_of(body, "detail"));
  }
  if (type == "people.acknowledged") return "acknowledged";
  if (type == "people.assembled") return "the team is there";
  if (type == "decision.taken") return decision_headline(event);
  if (type == "expectation.met" || type == "expectation.missed") {
    const std::string what = fmt::format("{} becomes {}", text_of(body, "breaker"), text_of(body, "becomes"));
    if (type == "expectation.met") return "as expected: " + what;
    return with_detail(colour(terminal_, "31", "NOT AS EXPECTED: ") + what, text_of(body, "why"));
  }
  if (type == "inject.delivered") return fmt::format("inject to {}: {}", text_of(body, "to"), text_of(body, "text"));
  if (type == "stop.requested") return colour(terminal_, "31", "STOPPING: " + text_of(body, "reason"));
  if (type == "read_back.progress") return reading_headline(event);
  if (type == "read_back.finished") {
    if (flag_of(body, "provisional")) return {};
    return flag_of(body, "complete") ? "everything was read back"
                                     : with_detail("READ-BACK INCOMPLETE", text_of(body, "why_incomplete"));
  }
  if (type == "traffic.interval" && !terminal_) {
    const bool due = event.at.time_since_epoch() / std::chrono::seconds{5} !=
                     (event.at - std::chrono::seconds{1}).time_since_epoch() / std::chrono::seconds{5};
    return due ? traffic_ : std::string();
  }
  return {};
}

void LiveView::draw(Instant now) {
  std::vector<std::string> lines;
  lines.push_back(std::string(std::min<std::size_t>(columns_, 78), '-'));
  std::string head = fmt::format("{} | {} | {}", spec_.scenario.title, phase_, human_duration(now - kDrillStart));
  if (first_fault_) head += fmt::format(" | {} since the fault", human_duration(now - *first_fault_));
  lines.push_back(std::move(head));
  lines.push_back(traffic_.empty() ? "no traffic yet" : traffic_);
  std::string faults;
  for (const auto& [id, name] : active_) faults += (faults.empty() ? "" : ", ") + name;
  lines.push_back("faults active: " + (faults.empty() ? "none" : faults));
  for (const auto& [id, step] : steps_) {
    std::string line = fmt::format("step: {} for {}", step.title, human_duration(now - step.since));
    if (step.budget) line += fmt::format(" of {}", spell_duration(*step.budget));
    lines.push_back(std::move(line));
  }
  for (const auto& line : lines) say("{}\n", clip(line, columns_));
  drawn_ = lines.size();
}

void LiveView::erase() {
  if (drawn_ == 0) return;
  say("\x1b[{}A\x1b[J", drawn_);
  drawn_ = 0;
}

}  // namespace blackstart
