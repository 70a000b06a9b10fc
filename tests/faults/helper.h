#pragma once
// The parts of the helper program; arguments begin after the verb.

namespace blackstart::test {

/// MODE READY_FILE: a process of a service; makes READY_FILE when it stands.
int member_main(int argc, char** argv);
/// KIND VICTIM_PID MARKER DIE_AT READY_FILE: a drill that injects one fault and dies by SIGKILL at a given step.
int drill_main(int argc, char** argv);
/// MODE(namespace|adopt) UID READY_FILE DRILL_ID: owns a cell full of hard cases, then waits to be killed.
int cell_owner_main(int argc, char** argv);
/// No arguments: writes an undo log against a file size limit; 0 when it behaves.
int full_disk_main(int argc, char** argv);

}  // namespace blackstart::test
