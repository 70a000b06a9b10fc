#pragma once
// The verbs of the command, one file each. Every add_ function adds its subcommand to `app`; when the subcommand is
// the one given, its callback runs the verb and leaves the process's exit status in `exit_code`.

#include <CLI/CLI.hpp>

namespace blackstart {

void add_run(CLI::App& app, int& exit_code);
void add_simulate(CLI::App& app, int& exit_code);
void add_validate(CLI::App& app, int& exit_code);
void add_show(CLI::App& app, int& exit_code);
void add_schema(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_faults(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_recover(CLI::App& app, int& exit_code);

/// Exit statuses beside the verdict's own (docs/exit-codes.md).
inline constexpr int kExitBadInput = 254;
inline constexpr int kExitInternal = 255;

}  // namespace blackstart
