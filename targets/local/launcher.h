#pragma once
// Starts and ends single members: command line, port, folder, log, readiness, and a message that shows the log where a
// start fails. Knows no roles and no other members. Thread-safe for distinct members.

#include "base/result.h"
#include "targets/address_book.h"
#include "targets/local/command_line.h"
#include "targets/local/member.h"
#include "targets/local/ports.h"
#include "targets/local/process_host.h"
#include "targets/templates.h"

#include <functional>
#include <string>

namespace blackstart {

class Launcher {
 public:
  struct Places {
    std::string target_folder;  // working directory of members, start of relative program paths
    std::string beside;         // where auctiond is looked for first
  };
  Launcher(ProcessHost& host, const Templates& templates, AddressBook& addresses, Places places);

  /// The member's own values: {{port}}, {{dir}}, {{host}}, {{role}}, {{index}}, {{secret}}, {{region}}.
  [[nodiscard]] Templates::Extra values_of(const LocalMember& member) const;

  /// Runs the member's command and waits until it is ready. `spawned` is called as soon as the process exists, with its
  /// id. Leaves nothing running when it fails. REQUIRES: the caller holds member.operating; the member does not run.
  Status start(LocalMember& member, const std::function<void(const CellProcess&)>& spawned, const BlockingLimit& limit);
  /// Ends the member's processes. Idempotent. REQUIRES: the caller holds member.operating.
  Status end(LocalMember& member, const BlockingLimit& limit);
  /// One look at its readiness check.
  Status ready(const LocalMember& member, const BlockingLimit& limit) const;

 private:
  Result<CellProcess> spawn(LocalMember& member);
  Status wait_ready(const LocalMember& member, const CellProcess& process, const BlockingLimit& limit) const;
  Result<ServiceAddress> publish(LocalMember& member);

  ProcessHost& host_;
  const Templates& templates_;
  AddressBook& addresses_;
  const Places places_;
  PortPool ports_;
  std::string secret_salt_;
};

}  // namespace blackstart
