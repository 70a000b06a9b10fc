#include "scenarios/document.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace blackstart {
namespace {

Node scalar(std::string text, bool quoted) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.scalar = std::move(text);
  node.quoted = quoted;
  return node;
}

std::string text_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kScalar:
      return "'" + node.scalar + "'";
    case Node::Kind::kList: {
      std::string text = "[";
      for (const Node& item : node.items) text += text_of(item) + ",";
      return text + "]";
    }
    case Node::Kind::kMap: {
      std::string text = "{";
      for (const Node::Entry& entry : node.entries) text += "'" + entry.key + "':" + text_of(entry.value) + ",";
      return text + "}";
    }
  }
  return {};
}

rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::weightedOneOf<std::string>(
      {{4, rc::gen::elementOf(std::vector<std::string>{
               "a",    "key", "4h", "p(99)<100ms", "0.1%", "true",  "null", "~", "12", "1.10",     "yes",  "- x", "? y",
               "--- ", "...", ": ", " #",          "#",    "{{x}}", "[",    "}", "'",  "\"",       "\\",   "\n",  "\t",
               " ",    "%",   "@",  "`",           "&a",   "*a",    "!t",   "|", ">",  "\xc3\xa4", "\x01", ","})},
       {1,
        rc::gen::map(rc::gen::inRange<int>(0x20, 0x7f), [](int c) { return std::string(1, static_cast<char>(c)); })}});
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
    std::string text;
    for (const std::string& part : pieces) text += part;
    return text;
  });
}

Node any_node(int depth) {
  Node node;
  const int kind = *rc::gen::inRange(0, depth > 0 ? 6 : 3);
  if (kind == 0) return node;
  if (kind < 3) {
    // Without quotes stands only what a file could hold without quotes; "" and null are no such texts.
    std::string text = *any_text();
    const bool quoted = text.empty() || text == "null" || text == "~" || *rc::gen::arbitrary<bool>();
    return scalar(std::move(text), quoted);
  }
  node.kind = kind == 3 ? Node::Kind::kList : Node::Kind::kMap;
  const int count = *rc::gen::inRange(0, 4);
  for (int index = 0; index < count; ++index) {
    if (node.is_list()) {
      node.items.push_back(any_node(depth - 1));
    } else {
      const std::string key = *any_text() + std::to_string(index);
      node.entries.push_back(Node::Entry{key, {}, any_node(depth - 1)});
    }
  }
  return node;
}

RC_GTEST_PROP(Document, YamlReadsBackWhatWasWritten, ()) {
  const Node node = any_node(3);
  const std::string yaml = to_yaml(node);
  const auto read = parse_yaml(yaml, "x.yaml");
  if (read.has_error()) RC_FAIL(read.error()[0].to_string() + "\n" + yaml);
  RC_ASSERT(text_of(*read) == text_of(node));
}

RC_GTEST_PROP(Document, JsonReadsBackWhatWasWritten, ()) {
  const Node node = any_node(3);
  RC_ASSERT(text_of(node_from_json(to_json(node), "x")) == text_of(node));
}

RC_GTEST_PROP(Document, OriginsAreCommentsOnly, ()) {
  const Node node = any_node(3);
  const auto read = parse_yaml(to_yaml_with_origins(node), "x.yaml");
  if (read.has_error()) RC_FAIL(read.error()[0].to_string());
  RC_ASSERT(text_of(*read) == text_of(node));
}

RC_GTEST_PROP(Document, AnyBytesAreReadOrRefused, ()) {
  const auto alphabet = rc::gen::elementOf(std::string{"ab:-,[]{}#&*!|>'\"%@`?~ \n\t\\.01\0\xff\xc3\xa4", 33});
  const std::string bytes = *rc::gen::container<std::string>(alphabet);
  const auto read = parse_yaml(bytes, "x.yaml");
  if (read.has_error()) {
    RC_ASSERT(!read.error().empty());
    for (const Error& error : read.error()) RC_ASSERT(error.context.starts_with("x.yaml"));
  }
}

TEST(Document, KnowsWhereValuesStand) {
  const auto read = parse_yaml("a: 1\nlist:\n  - {name: x, b: \"two\"}\n", "f.yaml");
  ASSERT_TRUE(read.has_value());
  const Node& item = read->find("list")->items[0];
  EXPECT_EQ(read->find("a")->where.to_string(), "f.yaml:1:4");
  EXPECT_EQ(item.where.to_string(), "f.yaml:3:5");
  EXPECT_EQ(item.entries[1].where.to_string(), "f.yaml:3:15");
  EXPECT_TRUE(item.find("b")->quoted);
  EXPECT_FALSE(item.find("name")->quoted);
  EXPECT_EQ(item.text("none", "else"), "else");
}

TEST(Document, ReportsAllThatLeavesATree) {
  const auto read = parse_yaml("a: 1\na: 2\nb: {{x}}\nc: {d: 1, d: 2}\n", "f.yaml");
  ASSERT_TRUE(read.has_error());
  ASSERT_EQ(read.error().size(), 3U);
  EXPECT_EQ(read.error()[0].context, "f.yaml:2:1");
  EXPECT_EQ(read.error()[1].context, "f.yaml:3:4");
  EXPECT_EQ(read.error()[2].message,
            "c.d: found the key \"d\" a second time; allowed: once (it stands at line 4 already)");
}

TEST(Document, AliasesAreCopiedUpToALimit) {
  const auto copied = parse_yaml("a: &x {k: 1}\nb: *x\n", "f.yaml");
  ASSERT_TRUE(copied.has_value());
  EXPECT_EQ(copied->find("b")->text("k"), "1");

  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 12; ++level) {
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int copy = 0; copy < 10; ++copy) bomb += "*a" + std::to_string(level - 1) + ", ";
    bomb += "x]\n";
  }
  const auto refused = parse_yaml(bomb, "f.yaml");
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error()[0].message.find("values"), std::string::npos);
}

TEST(Document, DeepNestingIsRefusedNotAStackOverflow) {
  const auto read = parse_yaml(std::string(100'000, '['), "f.yaml");
  EXPECT_TRUE(read.has_error());
}

TEST(Document, NumbersThatWouldChangeStayTexts) {
  const auto read = parse_yaml("{a: 1.10, b: 007, c: 12, d: 1.5, e: true, f: \"12\", g: 99999999999999999999}", "f");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(to_json(*read).dump(),
            R"({"a":"1.10","b":"007","c":12,"d":1.5,"e":true,"f":"12","g":"99999999999999999999"})");
}

}  // namespace
}  // namespace blackstart
