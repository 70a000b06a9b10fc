#include "scenarios/template.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace blackstart {
namespace {

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (const Placeholder& placeholder : find_placeholders(text)) names.push_back(placeholder.name);
  return names;
}

std::optional<std::string> lookup(std::string_view name) {
  if (name == "a") return "one";
  if (name == "b") return "it's \"two\"";
  return std::nullopt;
}

/// What a shell prints for `command`, with SECRET in its environment.
std::string shell_prints(const std::string& command, const std::string& secret) {
  ::setenv("BLACKSTART_TEST_SECRET", secret.c_str(), 1);
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string printed;
  std::array<char, 256> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    printed.append(buffer.data(), count);
  ::pclose(pipe);
  return printed;
}

TEST(Template, FindsPlaceholders) {
  EXPECT_EQ(names_in("{{a}} and {{ services.api.url }}"), (std::vector<std::string>{"a", "services.api.url"}));
  EXPECT_EQ(names_in("docker ps --format '{{.Names}}' {{ .ID }}"), (std::vector<std::string>{}));
  EXPECT_EQ(names_in("{\"a\":{{{bid.id}}},{{x"), (std::vector<std::string>{"bid.id"}));
  EXPECT_EQ(names_in("{{}} {{  }} }} {{"), (std::vector<std::string>{}));
  const auto found = find_placeholders("x{{a}}y");
  EXPECT_EQ(found[0].begin, 1U);
  EXPECT_EQ(found[0].end, 6U);
}

TEST(Template, FillsAndNamesWhatItCannot) {
  EXPECT_EQ(*fill("{{a}}-{{ a }}-{{.A}}", lookup), "one-one-{{.A}}");
  const auto failed = fill("{{a}} {{x}} {{y}}", lookup);
  ASSERT_TRUE(failed.has_error());
  EXPECT_NE(failed.error().message.find("{{x}}, {{y}}"), std::string::npos);
}

TEST(Template, ValuesAreNotFilledAgain) {
  const auto again = [](std::string_view) -> std::optional<std::string> { return "{{a}}"; };
  EXPECT_EQ(*fill("{{x}}", again), "{{a}}");
}

TEST(Template, SecretsNeverStandInACommand) {
  EXPECT_EQ(*fill_command("curl -H {{env.TOKEN}} {{a}}", lookup), "curl -H \"${TOKEN}\" one");
  EXPECT_EQ(*fill_command("curl -H \"A: {{env.TOKEN}}\"", lookup), "curl -H \"A: ${TOKEN}\"");
  EXPECT_EQ(*fill_command("curl -H 'A: {{env.TOKEN}}'", lookup), "curl -H 'A: '\"${TOKEN}\"''");
  EXPECT_EQ(*fill_command("echo \\' {{env.T}}", lookup), "echo \\' \"${T}\"");
  EXPECT_TRUE(fill_command("echo {{env.1;rm}}", lookup).has_error());
}

/// Whatever the secret holds and whichever quotes stand around it, the shell sees it as it is, in one piece.
RC_GTEST_PROP(Template, TheShellSeesSecretsWhole, ()) {
  const auto letters = rc::gen::elementOf(std::string{"ab '\"\\$`;&|*?()<>#~{}!\n"});
  std::string secret = *rc::gen::container<std::string>(letters);
  secret += ".";
  const auto around =
      *rc::gen::element<std::string>("printf %s {{env.X}}", "printf %s \"{{env.X}}\"", "printf %s '{{env.X}}'",
                                     "printf %s \\''\"'{{env.X}}'\"'", "printf '%s' \"a'{{env.X}}'\"");
  std::string text = around;
  text.replace(text.find("env.X"), 5, "env.BLACKSTART_TEST_SECRET");
  const auto command = fill_command(text, lookup);
  RC_ASSERT(command.has_value());
  RC_ASSERT(command->find(secret) == std::string::npos || secret == ".");
  RC_ASSERT(shell_prints(*command, secret).find(secret) != std::string::npos);
}

RC_GTEST_PROP(Template, AnyTextIsScanned, ()) {
  const auto letters = rc::gen::elementOf(std::string{"{}. ax'\"\\"});
  const std::string text = *rc::gen::container<std::string>(letters);
  for (const Placeholder& placeholder : find_placeholders(text)) {
    RC_ASSERT(text.substr(placeholder.begin, 2) == "{{");
    RC_ASSERT(text.substr(placeholder.end - 2, 2) == "}}");
    RC_ASSERT(!placeholder.name.empty());
  }
  (void)fill(text, lookup);
  (void)fill_command(text, lookup);
}

}  // namespace
}  // namespace blackstart
