#pragma once
// One member of a service that the local driver runs: its place, its role, its process. Role and process may be asked
// for on any thread; the rest changes only while `operating` is held, by whoever starts or ends the member.

#include "faults/fault.h"
#include "scenarios/spec.h"
#include "targets/local/cell.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace blackstart {

class LocalMember {
 public:
  const ServiceSpec* service = nullptr;
  const LocalService* part = nullptr;
  int number = 0;          // unique within the service, from 1; the AddressBook's key
  int index = 0;           // among those of its first role, from 0
  std::string first_role;  // as declared; names the member's log and folder for good
  std::string region;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  bool port_published = false;  // others know it: it cannot change any more
  std::string folder;           // {{dir}}
  std::string log_file;
  bool wanted = false;  // it is meant to run: started, and not stopped by an action

  std::mutex operating;  // one start or end of this member at a time

  /// The role it holds now; "" when it has none or another took it.
  [[nodiscard]] std::string role() const;
  void set_role(const std::string& role);
  /// Another took its role: it is no part of the service any more, until it is rebuilt.
  [[nodiscard]] bool replaced() const { return !first_role.empty() && role().empty(); }
  /// Its latest process, which may have ended.
  [[nodiscard]] std::optional<ProcessId> process() const;
  void set_process(const ProcessId& process);
  /// "database primary", "auction-api", "auction-api#2".
  [[nodiscard]] std::string name() const;
  /// For files: "database-primary", "auction-api-2".
  [[nodiscard]] std::string file_name() const;

 private:
  mutable std::mutex mutex_;
  std::string role_;
  std::optional<ProcessId> process_;
};

}  // namespace blackstart
