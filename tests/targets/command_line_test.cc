// Command lines of members, the order of starts, made-up ports.

#include "targets/local/command_line.h"
#include "targets/local/ports.h"
#include "targets/local/start_order.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace blackstart {
namespace {

using test::contains;

TEST(SplitWords, TakesQuotesOffAndKeepsPlaceholdersTogether) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> table = {
      {"a b  c", {"a", "b", "c"}},
      {"  a\t'b c' ", {"a", "b c"}},
      {R"(a "x 'y' z" --k="v w")", {"a", "x 'y' z", "--k=v w"}},
      {"a {{services.a b.url}}/x {{ dir }}", {"a", "{{services.a b.url}}/x", "{{ dir }}"}},
      {"a '' b", {"a", "", "b"}},
  };
  for (const auto& [text, expected] : table) {
    const auto words = split_words(text);
    ASSERT_TRUE(words) << text;
    EXPECT_EQ(*words, expected) << text;
  }
  for (const char* wrong : {"", "   ", "a 'b", "a \"b"}) EXPECT_FALSE(split_words(wrong)) << wrong;
}

TEST(NeedsShell, OnlyWhereTheShellIsUsed) {
  for (const char* plain : {"auctiond api --port {{port}}", "a 'b c' --x=y", "python3 s.py {{services.a.url}}/x"}) {
    EXPECT_FALSE(needs_shell(plain)) << plain;
  }
  for (const char* shell :
       {"a | b", "a && b", "A=1 b", "a $HOME", "a > x", "a *.txt", "a --t {{env.T}}", "a; b", "a \\ b"}) {
    EXPECT_TRUE(needs_shell(shell)) << shell;
  }
}

CommandFill fill_with(const std::string& value) {
  const auto fill = [value](const std::string& text) -> Result<std::string> {
    std::string filled = text;
    for (auto at = filled.find("{{dir}}"); at != std::string::npos; at = filled.find("{{dir}}", at + value.size())) {
      filled.replace(at, 7, value);
    }
    return filled;
  };
  return {fill, fill};
}

TEST(MakeCommandLine, AFilledValueNeverBreaksIntoWords) {
  const auto command = make_command_line("sh --data {{dir}} x", fill_with("/a b/$(c);d"), {"/", ""});
  ASSERT_TRUE(command) << command.error().message;
  EXPECT_EQ(command->arguments, (std::vector<std::string>{"--data", "/a b/$(c);d", "x"}));
  EXPECT_TRUE(command->program.ends_with("/sh"));
}

TEST(MakeCommandLine, ASimpleShellCommandReplacesTheShell) {
  const auto simple = make_command_line("sleep $N", fill_with(""), {"/", ""});
  ASSERT_TRUE(simple);
  EXPECT_EQ(simple->arguments, (std::vector<std::string>{"-c", "exec sleep $N"}));
  const auto several = make_command_line("cd /x && sleep 1", fill_with(""), {"/", ""});
  ASSERT_TRUE(several);
  EXPECT_EQ(several->arguments, (std::vector<std::string>{"-c", "cd /x && sleep 1"}));
}

TEST(FindProgram, SaysWhatIsMissingAndWhereItLooked) {
  const auto nowhere = find_program("no-such-program-here", {"/", "/beside"});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(contains(nowhere.error().message, "no-such-program-here")) << nowhere.error().message;
  EXPECT_TRUE(contains(nowhere.error().message, "PATH")) << nowhere.error().message;

  const ScratchFolder folder;
  std::ofstream(folder.path() + "/tool") << "#!/bin/sh\n";
  const auto forbidden = find_program("./tool", {folder.path(), ""});
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().code, ErrorCode::kPermission);
  std::filesystem::permissions(folder.path() + "/tool", std::filesystem::perms::owner_all);
  EXPECT_EQ(*find_program("./tool", {folder.path(), ""}), folder.path() + "/tool");

  std::filesystem::rename(folder.path() + "/tool", folder.path() + "/auctiond");
  EXPECT_EQ(*find_program("auctiond", {"/", folder.path()}), folder.path() + "/auctiond") << "found beside blackstart";
}

Target target_with_needs(const std::vector<std::pair<std::string, std::vector<std::string>>>& needs) {
  Target target;
  target.name = "t";
  for (const auto& [name, needed] : needs) {
    ServiceSpec service;
    service.name = name;
    service.needs = needed;
    target.services.push_back(service);
  }
  return target;
}

TEST(StartOrder, NeedsComeFirstElseTheFilesOrder) {
  EXPECT_EQ(*start_order(target_with_needs({{"api", {"db", "cache"}}, {"cache", {}}, {"db", {}}})),
            (std::vector<std::string>{"db", "cache", "api"}));
  const auto circle = start_order(target_with_needs({{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}}));
  ASSERT_FALSE(circle);
  EXPECT_TRUE(contains(circle.error().message, "a -> b -> c -> a")) << circle.error().message;
  EXPECT_FALSE(start_order(target_with_needs({{"a", {"a"}}})));
}

RC_GTEST_PROP(StartOrderProperty, EveryServiceOnceAndAfterItsNeeds, ()) {
  const int count = *rc::gen::inRange(1, 12);
  std::vector<std::pair<std::string, std::vector<std::string>>> needs;
  for (int i = 0; i < count; ++i) {
    std::vector<std::string> of_lower;
    for (int lower = 0; lower < i; ++lower) {
      if (*rc::gen::arbitrary<bool>()) of_lower.push_back("s" + std::to_string(lower));
    }
    needs.insert(needs.begin() + *rc::gen::inRange(0, i + 1), {"s" + std::to_string(i), of_lower});
  }
  const auto order = start_order(target_with_needs(needs));
  RC_ASSERT(order.has_value());
  RC_ASSERT(static_cast<int>(order->size()) == count);
  for (const auto& [name, needed] : needs) {
    const auto at = std::find(order->begin(), order->end(), name);
    RC_ASSERT(at != order->end());
    for (const auto& need : needed) RC_ASSERT(std::find(order->begin(), at, need) != at);
  }
}

TEST(PortPool, GivesFreePortsOutsideTheRangeOfOutgoingConnectionsEachOnce) {
  int begin = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> begin;
  PortPool pool;
  std::set<std::uint16_t> seen;
  for (int i = 0; i < 50; ++i) {
    const auto port = pool.take();
    ASSERT_TRUE(port);
    EXPECT_TRUE(seen.insert(*port).second);
    EXPECT_TRUE(begin <= 14000 || *port < begin) << *port;
    EXPECT_TRUE(port_is_free(*port));
  }
  const test::ScriptedServer server([](int) {});
  EXPECT_FALSE(port_is_free(server.port()));
}

}  // namespace
}  // namespace blackstart
