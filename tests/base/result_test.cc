#include "base/result.h"

#include "base/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

namespace blackstart {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kInvalid, "halving an odd number");
  return number / 2;
}

Result<int> quarter(int number) {
  BS_ASSIGN(const auto once, half(number));
  BS_ASSIGN(const auto twice, half(once));
  return twice;
}

Status must_be_even(int number) {
  BS_TRY(half(number));
  return ok();
}

TEST(result, an_error_prints_its_context_first) {
  EXPECT_EQ((Error{ErrorCode::kIo, "reading failed", ""}).to_string(), "reading failed");
  EXPECT_EQ((Error{ErrorCode::kIo, "reading failed", "a.yaml:3:5"}).to_string(), "a.yaml:3:5: reading failed");
}

TEST(result, errors_pass_through_the_macros_and_values_too) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).error().message, "halving an odd number");
  EXPECT_EQ(quarter(7).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(must_be_even(4).has_value());
  EXPECT_FALSE(must_be_even(5).has_value());
}

TEST(result, every_code_has_a_name_of_its_own) {
  const ErrorCode codes[] = {ErrorCode::kInvalid,    ErrorCode::kNotFound,  ErrorCode::kUnavailable,
                             ErrorCode::kTimeout,    ErrorCode::kCancelled, ErrorCode::kUnsupported,
                             ErrorCode::kPermission, ErrorCode::kIo,        ErrorCode::kProtocol,
                             ErrorCode::kFailed,     ErrorCode::kInternal};
  std::vector<std::string> names;
  for (const auto code : codes) names.emplace_back(to_string(code));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST(result, errno_becomes_a_code_and_a_text) {
  const struct {
    int error_number;
    ErrorCode code;
  } table[] = {{ENOENT, ErrorCode::kNotFound},        {EACCES, ErrorCode::kPermission},
               {ETIMEDOUT, ErrorCode::kTimeout},      {ECONNREFUSED, ErrorCode::kUnavailable},
               {EADDRINUSE, ErrorCode::kUnavailable}, {EOPNOTSUPP, ErrorCode::kUnsupported},
               {ECANCELED, ErrorCode::kCancelled},    {ENOSPC, ErrorCode::kIo},
               {EINVAL, ErrorCode::kInvalid}};
  for (const auto& row : table) {
    const auto error = fail_errno(row.error_number, "writing /x", "here");
    EXPECT_EQ(error.code, row.code) << row.error_number;
    EXPECT_EQ(error.message.find("writing /x: "), 0U);
    EXPECT_GT(error.message.size(), std::string{"writing /x: "}.size());
    EXPECT_EQ(error.context, "here");
  }
}

using CheckDeathTest = testing::Test;

TEST(CheckDeathTest, a_broken_invariant_prints_expression_seed_and_time) {
  EXPECT_DEATH(
      {
        note_check_seed(42);
        note_check_time_ns(1'500);
        const int one = 1;
        BS_CHECK_MESSAGE(one == 2, "arithmetic holds");
      },
      "one == 2: arithmetic holds(.|\n)*result_test.cc(.|\n)*seed 42, drill time 1500 ns");
}

/// Many drills are simulated side by side: the broken one is named, not the one that began last.
TEST(CheckDeathTest, a_thread_names_the_drill_that_it_plays) {
  EXPECT_DEATH(
      {
        std::thread([] {
          note_check_seed(41);
          note_check_time_ns(7);
          std::thread([] {
            note_check_seed(42);
            note_check_time_ns(9);
          }).join();
          BS_CHECK(std::thread::hardware_concurrency() > 1'000'000);
        }).join();
      },
      "seed 41, drill time 7 ns");
}

TEST(CheckDeathTest, a_thread_that_noted_nothing_names_what_was_noted_last) {
  EXPECT_DEATH(
      {
        note_check_seed(42);
        note_check_time_ns(9);
        std::thread([] { BS_CHECK(std::thread::hardware_concurrency() > 1'000'000); }).join();
      },
      "seed 42, drill time 9 ns");
}

TEST(CheckDeathTest, a_check_that_holds_is_silent) {
  BS_CHECK(true);
  BS_CHECK_MESSAGE(true, "never printed");
}

TEST(CheckDeathTest, the_value_of_a_failed_result_ends_the_process_with_its_error) {
  EXPECT_DEATH((void)half(3).value(), "halving an odd number");
}

}  // namespace
}  // namespace blackstart
