#include "app/what_if.h"

#include <gtest/gtest.h>

namespace blackstart {
namespace {

TEST(WhatIf, NoneGiven) { EXPECT_TRUE(what_if_combinations({})->empty()); }

TEST(WhatIf, EveryCombination) {
  const auto combinations = what_if_combinations({"a.b=1s,2s", "c=x, y"});
  ASSERT_TRUE(combinations);
  const std::vector<PathValues> expected{{{"a.b", "1s"}, {"c", "x"}},
                                         {{"a.b", "1s"}, {"c", "y"}},
                                         {{"a.b", "2s"}, {"c", "x"}},
                                         {{"a.b", "2s"}, {"c", "y"}}};
  EXPECT_EQ(*combinations, expected);
}

TEST(WhatIf, BracesBracketsAndQuotesHoldTheirCommas) {
  const auto combinations = what_if_combinations({R"(p={median: 2m, p95: 5m},[1, 2],"a,b",'c,d',e=f)"});
  ASSERT_TRUE(combinations);
  ASSERT_EQ(combinations->size(), 5u);
  EXPECT_EQ((*combinations)[0][0].second, "{median: 2m, p95: 5m}");
  EXPECT_EQ((*combinations)[1][0].second, "[1, 2]");
  EXPECT_EQ((*combinations)[2][0].second, "\"a,b\"");
  EXPECT_EQ((*combinations)[3][0].second, "'c,d'");
  EXPECT_EQ((*combinations)[4][0].second, "e=f");
}

TEST(WhatIf, MistakesAreNamed) {
  const auto message = [](const std::vector<std::string>& options) {
    const auto combinations = what_if_combinations(options);
    return combinations ? std::string() : combinations.error().message;
  };
  EXPECT_NE(message({"people.decide"}).find("expected path=value"), std::string::npos);
  EXPECT_NE(message({"=5m"}).find("expected path=value"), std::string::npos);
  EXPECT_NE(message({"a=1,,2"}).find("a value is missing"), std::string::npos);
  EXPECT_NE(message({"a="}).find("a value is missing"), std::string::npos);
  EXPECT_NE(message({"a=1", "a=2"}).find("given twice"), std::string::npos);
}

TEST(WhatIf, TheLimitIsOfCombinations) {
  const std::string eight = "=1,2,3,4,5,6,7,8";
  EXPECT_EQ(what_if_combinations({"a" + eight, "b" + eight})->size(), kWhatIfMax);
  EXPECT_FALSE(what_if_combinations({"a" + eight, "b" + eight, "c=1,2"}));
}

}  // namespace
}  // namespace blackstart
