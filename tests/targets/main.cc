// The test program of targets/: also the tool that cells and janitors are started from, and the fake service.

#include "faults/janitor.h"
#include "targets/local/cell.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>

#include <string_view>

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == blackstart::kCellVerb) return blackstart::cell_main(argc, argv);
  if (verb == blackstart::kJanitorVerb) return blackstart::janitor_main(argc, argv);
  if (verb == blackstart::test::kFakeService) return blackstart::test::fake_service_main(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  blackstart::test::use_own_state_folder();
  return RUN_ALL_TESTS();
}
