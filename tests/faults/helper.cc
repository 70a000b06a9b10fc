// The helper program of the fault tests: the tool's hidden verbs, members of services, drills that get killed.

#include "tests/faults/helper.h"
#include "faults/janitor.h"
#include "targets/local/cell.h"

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == blackstart::kJanitorVerb) return blackstart::janitor_main(argc, argv);
  if (verb == blackstart::kCellVerb) return blackstart::cell_main(argc, argv);
  if (verb == "member") return blackstart::test::member_main(argc - 2, argv + 2);
  if (verb == "drill") return blackstart::test::drill_main(argc - 2, argv + 2);
  if (verb == "cell-owner") return blackstart::test::cell_owner_main(argc - 2, argv + 2);
  if (verb == "full-disk") return blackstart::test::full_disk_main(argc - 2, argv + 2);
  std::fprintf(stderr, "unknown verb '%s'\n", verb.c_str());
  return 254;
}
