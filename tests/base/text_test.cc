#include "base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace blackstart {
namespace {

std::span<const unsigned char> bytes_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

TEST(text, trim_takes_white_space_off_both_ends_only) {
  EXPECT_EQ(trim("  a b\t\n"), "a b");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(" \r\n"), "");
}

TEST(text, split_keeps_empty_parts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a,b,,c,", ','), (Parts{"a", "b", "", "c", ""}));
  EXPECT_EQ(split("", ','), Parts{""});
}

RC_GTEST_PROP(text_property, join_undoes_split, (const std::string& text)) {
  std::vector<std::string> parts;
  for (const auto part : split(text, '/')) parts.emplace_back(part);
  RC_ASSERT(join(parts, "/") == text);
}

TEST(text, the_nearest_word_is_a_plausible_slip_or_nothing) {
  const std::vector<std::string> words{"kill", "pause", "partition", "promote", "latency"};
  EXPECT_EQ(nearest_word("kil", words), "kill");
  EXPECT_EQ(nearest_word("klil", words), "kill") << "neighbours swapped cost one";
  EXPECT_EQ(nearest_word("partiton", words), "partition");
  EXPECT_EQ(nearest_word("latnecyy", words), "latency");
  EXPECT_EQ(nearest_word("explode", words), std::nullopt);
  EXPECT_EQ(nearest_word("kxyl", words), std::nullopt);
  EXPECT_EQ(nearest_word("", words), std::nullopt);
  EXPECT_EQ(nearest_word("kill", {}), std::nullopt);
  const std::vector<std::string> tied{"bat", "cat"};
  EXPECT_EQ(nearest_word("hat", tied), "bat") << "the first of equals";
  const std::vector<std::string> better_later{"at", "rat"};
  EXPECT_EQ(nearest_word("rat", better_later), "rat");
}

TEST(text, base64_of_rfc_4648) {
  const std::pair<const char*, const char*> table[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : table) {
    EXPECT_EQ(base64_encode(bytes_of(plain)), encoded);
    const auto decoded = base64_decode(encoded);
    ASSERT_TRUE(decoded.has_value()) << encoded;
    EXPECT_EQ(std::string(decoded->begin(), decoded->end()), plain);
  }
}

TEST(text, base64_takes_one_spelling_only) {
  for (const auto* wrong :
       {"Zg=", "Zg", "Z===", "====", "Zm9v\n", "Zm9v Zm9", "Zh==", "Zm9=", "Zg==Zg==", "Z-8=", "=m9v"}) {
    EXPECT_EQ(base64_decode(wrong), std::nullopt) << wrong;
  }
}

RC_GTEST_PROP(text_property, base64_round_trips_any_bytes, (const std::vector<unsigned char>& bytes)) {
  RC_ASSERT(base64_decode(base64_encode(bytes)) == bytes);
}

TEST(text, hexadecimal_is_lower_case) {
  const unsigned char bytes[] = {0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(hex(bytes), "000fa5ff");
}

TEST(text, slugs_are_file_name_parts) {
  EXPECT_EQ(slug("Database failure: promote & repoint!"), "database-failure-promote-repoint");
  EXPECT_EQ(slug("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(slug("--a--"), "a");
  EXPECT_EQ(slug("é"), "");
}

TEST(text, what_is_printed_is_valid_utf_8_without_control_characters) {
  EXPECT_EQ(printable("plain\ttext\n"), "plain\ttext\n");
  EXPECT_EQ(printable("\x1b[31mred\x7f\r"), "?[31mred??");
  EXPECT_EQ(printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\x89"), "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\x89");
  EXPECT_EQ(printable("\xc2\x9b"), "?") << "a C1 control steers terminals too";
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(printable("\xff"), bad);
  EXPECT_EQ(printable("\xc0\x80"), bad + bad) << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), bad + bad + bad) << "surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), bad + bad + bad + bad) << "above U+10FFFF";
  EXPECT_EQ(printable("a\xe2\x82"), "a" + bad + bad) << "cut short";
}

RC_GTEST_PROP(text_property, printing_twice_changes_nothing_more, (const std::string& bytes)) {
  const auto once = printable(bytes);
  RC_ASSERT(printable(once) == once);
  RC_ASSERT(std::none_of(once.begin(), once.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\t';
  }));
}

}  // namespace
}  // namespace blackstart
