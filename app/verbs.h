#pragma once
// The verbs of the command, one file each. Every add_ function adds its verb, its options and what it does to `line`.

#include "app/command_line.h"

namespace blackstart {

void add_run(CommandLine& line);
void add_simulate(CommandLine& line);
void add_validate(CommandLine& line);
void add_show(CommandLine& line);
void add_schema(CommandLine& line);
void add_list(CommandLine& line);
void add_faults(CommandLine& line);
void add_doctor(CommandLine& line);
void add_report(CommandLine& line);
void add_verify(CommandLine& line);
void add_recover(CommandLine& line);
void add_audit(CommandLine& line);

/// Exit statuses beside the verdict's own (docs/exit-codes.md).
inline constexpr int kExitBadInput = 254;
inline constexpr int kExitInternal = 255;

}  // namespace blackstart
