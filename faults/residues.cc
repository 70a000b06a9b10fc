#include "faults/residues.h"

#include "faults/members.h"
#include "faults/process.h"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <set>

namespace blackstart {
namespace {

/// Collects findings, one a process.
class Findings {
 public:
  void add(std::string what, std::string how_to_heal) { list_.push_back({std::move(what), std::move(how_to_heal)}); }
  void add_process(const ProcessId& id, const std::string& what, const std::string& how_to_heal) {
    if (seen_.insert(id.pid).second) add(what, how_to_heal);
  }
  std::vector<FaultResidue> take() { return std::move(list_); }

 private:
  std::vector<FaultResidue> list_;
  std::set<int> seen_;
};

void look_at_stopped(const UndoRecord& record, Findings& findings) {
  if (record.kind != "pause" || !record.facts.contains("processes")) return;
  for (const auto& id : processes_from_json(record.facts.at("processes"))) {
    const auto stat = read_process(id);
    if (stat && stat->state == 'T')
      findings.add_process(id, fmt::format("process {} ({}) is still stopped", id.pid, stat->name),
                           fmt::format("kill -CONT {}", id.pid));
  }
}

/// An open record of a command may be one that runs right now; what an ended one left in the background is a finding.
void look_at_command(const UndoRecord& record, Findings& findings) {
  if (record.kind != "command" || !record.done) return;
  const ProcessId leader{record.facts.value("pid", 0), record.facts.value("start_ticks", std::uint64_t{0})};
  if (record.key.rfind("inject", 0) != 0) return;
  for (const auto& id : group_of(leader)) {
    const auto stat = read_process(id);
    findings.add_process(id,
                         fmt::format("process {} ({}), left running by {}", id.pid, stat ? stat->name : "?",
                                     record.facts.value("what", std::string{"a command"})),
                         fmt::format("kill {}", id.pid));
  }
}

void look_at_open(const UndoRecord& record, bool torn_down, Findings& findings) {
  if (record.done) return;
  if ((record.kind == "process" || record.kind == "folder") && !torn_down) return;
  const auto name = record.facts.value("name", record.facts.value("what", std::string{}));
  findings.add(fmt::format("{}{} is not proven healed", record.kind, name.empty() ? "" : " (" + name + ")"),
               "blackstart recover");
}

}  // namespace

std::vector<FaultResidue> find_residues(const ResidueSearch& search) {
  Findings findings;
  if (search.log != nullptr) {
    for (const auto& record : search.log->records()) {
      if (!record.facts.is_object()) continue;
      look_at_stopped(record, findings);
      look_at_command(record, findings);
      look_at_open(record, search.torn_down, findings);
    }
  }
  if (search.drill_id.empty()) return findings.take();
  for (const auto& id : processes_tagged(kDrillTagVariable, search.drill_id)) {
    const auto stat = read_process(id);
    if (!stat || id.pid == ::getpid()) continue;
    if (search.torn_down)
      findings.add_process(id, fmt::format("process {} ({}) of the drill is still there", id.pid, stat->name),
                           fmt::format("kill -9 {}", id.pid));
    else if (stat->state == 'T')
      findings.add_process(id, fmt::format("process {} ({}) of the drill is stopped", id.pid, stat->name),
                           fmt::format("kill -CONT {}", id.pid));
  }
  return findings.take();
}

}  // namespace blackstart
