#pragma once
// The verbs of the command, one file each. Every add_ function adds its verb, its options and what it does to `line`.

#include "app/command_line.h"

namespace blackstart {

void add_run(VerbsLine& line);
void add_simulate(VerbsLine& line);
void add_validate(VerbsLine& line);
void add_show(VerbsLine& line);
void add_schema(VerbsLine& line);
void add_list(VerbsLine& line);
void add_faults(VerbsLine& line);
void add_doctor(VerbsLine& line);
void add_report(VerbsLine& line);
void add_verify(VerbsLine& line);
void add_recover(VerbsLine& line);
void add_audit(VerbsLine& line);

/// Exit statuses beside the verdict's own (docs/exit-codes.md).
inline constexpr int kExitBadInput = 254;
inline constexpr int kExitInternal = 255;

}  // namespace blackstart
