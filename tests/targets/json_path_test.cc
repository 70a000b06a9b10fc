#include "base/json_path.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace blackstart {
namespace {

const nlohmann::json kDocument = nlohmann::json::parse(R"({
  "status": "UP", "count": 3, "none": null, "alerts": [{"status": "firing"}, {"status": "resolved"}],
  "circuitBreakers": {"market-data": {"state": "CLOSED"}}, "odd key": {"a.b": [1, [2, 3]]}})");

TEST(JsonPath, FindsWhatIsThere) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"$.status", "UP"},
      {"$.count", "3"},
      {"$.none", "null"},
      {"$.alerts[0].status", "firing"},
      {"$.alerts[-1].status", "resolved"},
      {"$.circuitBreakers.market-data.state", "CLOSED"},
      {"$['odd key']['a.b'][1][0]", "2"},
      {"$[\"odd key\"][\"a.b\"][0]", "1"},
  };
  for (const auto& [path, expected] : table) {
    const auto parsed = JsonPath::parse(path);
    ASSERT_TRUE(parsed) << path;
    const auto* found = parsed->find(kDocument);
    ASSERT_NE(found, nullptr) << path;
    EXPECT_EQ(json_text(*found), expected) << path;
  }
}

TEST(JsonPath, IsNullWhereNothingIs) {
  for (const char* path : {"$.nothing", "$.alerts[2]", "$.alerts[-3]", "$.status.deeper", "$.status[0]",
                           "$.alerts.status", "$.none.x", "$['x']"}) {
    const auto parsed = JsonPath::parse(path);
    ASSERT_TRUE(parsed) << path;
    EXPECT_EQ(parsed->find(kDocument), nullptr) << path;
  }
}

TEST(JsonPath, SaysWhatItDoesNotUnderstand) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "character 1"},         {"status", "begin with $"},      {"$.", "name is missing"},
      {"$..a", "name is missing"}, {"$status", "dot or a bracket"}, {"$[x]", "whole number"},
      {"$[1", "whole number"},     {"$['a]", "not closed"},         {"$['a'", "not closed"},
      {"$[]", "whole number"},     {"$[1]x", "dot or a bracket"},   {"$[1.5]", "whole number"}};
  for (const auto& [path, part] : table) {
    const auto parsed = JsonPath::parse(path);
    ASSERT_FALSE(parsed) << path;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_NE(parsed.error().message.find(part), std::string::npos) << path << ": " << parsed.error().message;
  }
}

RC_GTEST_PROP(JsonPathProperty, FindsEveryIndexOfEveryList, ()) {
  const auto values = *rc::gen::nonEmpty<std::vector<int>>();
  const auto index = *rc::gen::inRange<int>(0, static_cast<int>(values.size()));
  const nlohmann::json document{{"list", values}};
  const auto size = static_cast<int>(values.size());
  for (const int written : {index, index - size}) {
    const auto path = JsonPath::parse("$.list[" + std::to_string(written) + "]");
    RC_ASSERT(path.has_value());
    const auto* found = path->find(document);
    RC_ASSERT(found != nullptr);
    RC_ASSERT(*found == values[static_cast<std::size_t>(index)]);
  }
}

RC_GTEST_PROP(JsonPathProperty, NeverFailsOtherwiseThanByAnError, (const std::string& text)) {
  const auto path = JsonPath::parse("$" + text);
  if (path) (void)path->find(kDocument);
}

}  // namespace
}  // namespace blackstart
