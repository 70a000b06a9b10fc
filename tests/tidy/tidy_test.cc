// The tree against its own rules, and each rule against planted faults.

#include "rules.h"

#include "tests/support/files.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace blackstart::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTable =
    "# Title\n\n| folder | is | may include |\n|---|---|---|\n| `base/` | x | nothing of ours |\n"
    "| `rehearsal/` | x | base |\n| `load/` | x | base, rehearsal (its values: `traffic.h`, `app`) |\n| `targets/` | x "
    "| load "
    "|\n"
    "| `app/` | x | all |\n| `web/` | x | – |\n| `tests/` | x | all |\n\n| call | meaning | live |\n|---|---|---|\n| "
    "`x/` | y | all |\n";

IncludeTable table() { return parse_include_table(kTable); }

bool is_checked(const fs::path& path) {
  static const std::set<std::string> kEndings = {".h",   ".cc",   ".py",   ".cmake", ".sh",  ".yaml", ".yml", ".md",
                                                 ".txt", ".json", ".java", ".js",    ".css", ".html", ""};
  return kEndings.count(path.extension().string()) > 0;
}

bool is_skipped(const std::string& name) {
  static const std::set<std::string> kFolders = {".git", "build", "drills", "node_modules", "__pycache__"};
  return kFolders.count(name) > 0 || name.rfind("build-", 0) == 0;
}

std::vector<SourceFile> files_of(const fs::path& root) {
  std::vector<SourceFile> files;
  for (auto it = fs::recursive_directory_iterator{root}; it != fs::recursive_directory_iterator{}; ++it) {
    if (it->is_directory() && is_skipped(it->path().filename().string())) it.disable_recursion_pending();
    if (!it->is_regular_file() || !is_checked(it->path())) continue;
    files.push_back({fs::relative(it->path(), root).generic_string(), read_file(it->path())});
  }
  return files;
}

TEST(tidy, the_tree_keeps_its_rules) {
  const fs::path root{BLACKSTART_SOURCE_DIR};
  const auto rules = parse_include_table(read_file(root / "docs/architecture.md"));
  ASSERT_GE(rules.size(), 10U) << "docs/architecture.md has lost its table of folders";
  const auto files = files_of(root);
  ASSERT_GT(files.size(), 50U);
  for (const auto& finding : check_tree(files, rules)) ADD_FAILURE() << finding.to_string();
}

TEST(tidy, the_table_of_includes_is_read_from_the_document) {
  const auto rules = table();
  EXPECT_EQ(rules.size(), 7U) << "the second table is another one";
  EXPECT_TRUE(rules.at("base").empty());
  EXPECT_EQ(rules.at("load"), (std::set<std::string>{"base", "rehearsal"})) << "not what stands in parentheses";
  EXPECT_EQ(rules.at("app").size(), 7U);
  EXPECT_TRUE(rules.at("web").empty());
  EXPECT_TRUE(parse_include_table("no table").empty());
}

struct Sample {
  const char* path;
  const char* text;
  const char* found;  // a part of the finding; empty: nothing is to be found
};

template <class Check>
void expect_each(const std::vector<Sample>& samples, Check check) {
  for (const auto& sample : samples) {
    const Findings findings = check(SourceFile{sample.path, sample.text});
    if (*sample.found == '\0') {
      EXPECT_TRUE(findings.empty()) << sample.path << ": " << sample.text << "\n" << findings.front().to_string();
      continue;
    }
    ASSERT_EQ(findings.size(), 1U) << sample.path << ": " << sample.text;
    EXPECT_NE(findings.front().to_string().find(sample.found), std::string::npos) << findings.front().to_string();
  }
}

TEST(tidy, includes_against_the_table_are_found) {
  expect_each(
      {
          {"base/a.h", "#include \"rehearsal/b.h\"\n", "base may not include \"rehearsal/b.h\""},
          {"rehearsal/a.cc", "#include \"base/b.h\"\n#include \"rehearsal/c.h\"\n", ""},
          {"rehearsal/a.cc", "\n#include  \"app/b.h\"\n", "rehearsal/a.cc:2"},
          {"load/a.cc", "#include \"app/b.h\"\n", "may not include"},
          {"app/a.cc", "#include \"targets/b.h\"\n", ""},
          {"app/a.cc", "#include \"targets/auction/b.h\"\n", "may not include"},
          {"targets/b.cc", "#include \"targets/auction/b.h\"\n", "may not include"},
          {"targets/auction/b.cc", "#include \"targets/auction/b.h\"\n#include \"base/x.h\"\n", ""},
          {"targets/auction/b.cc", "#include \"load/b.h\"\n", "targets/auction/ may not include \"load/b.h\""},
          {"targets/auction/b.cc", "#include \"targets/driver.h\"\n", "may not include"},
          {"rehearsal/a.cc", "#include \"b.h\"\n", "no path from the root"},
          {"rehearsal/a.cc", "#include <base/b.h>\n", "with quotes"},
          {"rehearsal/a.cc", "// #include \"app/b.h\"\n/* #include \"app/b.h\"\n#include \"app/b.h\"\n*/\n", ""},
          {"tests/rehearsal/a.cc", "#include \"app/b.h\"\n#include \"fake.h\"\n", ""},
          {"app/a.cc", "#include \"generated/schema.h\"\n#include <vector>\n", ""},
      },
      [](const SourceFile& file) { return check_includes(file, table()); });
}

TEST(tidy, the_own_header_comes_first) {
  const std::set<std::string, std::less<>> paths{"base/a.h", "tests/x/fake.h"};
  expect_each({{"base/a.cc", "#include \"base/a.h\"\n#include <x>\n", ""},
               {"base/a.cc", "#include <x>\n#include \"base/a.h\"\n", "include \"base/a.h\" first"},
               {"base/a.cc", "int x;\n", "include \"base/a.h\" first"},
               {"base/b.cc", "#include <x>\n", ""},
               {"tests/x/fake.cc", "#include \"fake.h\"\n", ""}},
              [&](const SourceFile& file) { return check_own_header_first(file, paths); });
}

TEST(tidy, headers_begin_with_pragma_once) {
  expect_each({{"base/a.h", "#pragma once\nint x;\n", ""},
               {"base/a.h", "// About\n#pragma once\n", "begins with #pragma once"},
               {"base/a.h", "", "begins with #pragma once"},
               {"base/a.cc", "int x;\n", ""}},
              check_pragma_once);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(tidy, long_files_are_found) {
  EXPECT_TRUE(check_file_length({"base/a.cc", repeated("int x;\n", 500)}).empty());
  EXPECT_EQ(check_file_length({"base/a.cc", repeated("int x;\n", 501)}).size(), 1U);
  EXPECT_TRUE(check_file_length({"docs/a.md", repeated("x\n", 501)}).empty());
}

std::string of_length(std::string_view head, std::size_t lines) {
  return std::string{head} + " {\n" + repeated("  work();\n", lines - 2) + "}\n";
}

TEST(tidy, long_functions_are_found_whatever_they_look_like) {
  for (const auto* head :
       {"void f()", "static int Class::method(const std::string& text) const noexcept", "TEST(subject, case)",
        "template <class T>\nauto f(T x) -> decltype(x)", "Class::Class(int a) : a_{a}, b_(a), c_{}",
        "__attribute__((target(\"sse4.2\"))) unsigned f(int x)", "bool operator==(const A& a, const A& b)",
        "Task<void> f(std::function<void()> done, char brace = '{', const char* text = \"{\")"}) {
    const std::string before = "namespace a {\nclass B final : public C {\n public:\n";
    EXPECT_TRUE(check_function_length({"a.cc", before + of_length(head, 69)}).empty()) << head;
    const auto findings = check_function_length({"a.cc", before + of_length(head, 71) + "};\n}\nvoid next() {}\n"});
    ASSERT_EQ(findings.size(), 1U) << head;
    EXPECT_EQ(findings.front().line, 4U) << head;
  }
}

TEST(tidy, what_is_no_function_may_be_long) {
  for (const auto* head : {"namespace x", "struct X : Y<int>", "enum class X : int",
                           "const std::array kTable =", "class X final : public Y", "extern \"C\"", "union X"}) {
    const auto text = std::string{head} + " {\n" + repeated("  int x = 1;\n", 90) + "};\n";
    EXPECT_TRUE(check_function_length({"a.cc", text}).empty()) << head;
  }
  const auto macro = "#define X(a) \\\n" + repeated("  a{ \\\n", 80) + "\nvoid f() {}\n";
  EXPECT_TRUE(check_function_length({"a.h", macro}).empty());
}

TEST(tidy, literals_and_comments_are_no_code) {
  const std::string text =
      "f(\"a // \\\" b\", 'x', '\\'', 1'000'000, R\"(raw \" {)\", R\"x()\")x\"); // c\n/* d\n*/ g();\n";
  const auto code = code_of(text);
  EXPECT_EQ(code.size(), text.size());
  EXPECT_EQ(lines_of(code).size(), lines_of(text).size());
  std::string kept;
  for (const char c : code) {
    if (c != ' ' && c != '\n') kept += c;
  }
  EXPECT_EQ(kept, "f(,,,1'000'000,R,R);g();");
}

TEST(tidy, clocks_and_chance_are_found_outside_the_live_side) {
  expect_each({{"rehearsal/a.cc", "auto t = std::chrono::steady_clock::now();\n", "a real clock"},
               {"base/a.cc", "auto t = std::chrono::system_clock::now();\n", "wall-clock"},
               {"reports/a.cc", "  const auto t = time(nullptr);\n", "wall-clock"},
               {"reports/a.cc", "  const auto t = std::time(0);\n", "wall-clock"},
               {"reports/a.cc", "  gettimeofday(&tv, nullptr);\n", "wall-clock"},
               {"simulator/a.cc", "clock_gettime(CLOCK_MONOTONIC, &at);\n", "a real clock"},
               {"scenarios/a.cc", "std::random_device device;\n", "unseeded"},
               {"rehearsal/a.cc", "int x = rand();\n", "unseeded"},
               {"rehearsal/a.cc", "std::mt19937_64 engine{seed};\n", "named stream"},
               {"load/schedule.cc", "std::chrono::steady_clock::now();\n", "a real clock"},
               {"load/ledger.h", "std::mt19937 engine;\n", "named stream"},
               {"load/worker.cc", "std::chrono::steady_clock::now();\n", ""},
               {"targets/a.cc", "std::chrono::system_clock::now();\n", ""},
               {"tests/a.cc", "std::chrono::steady_clock::now();\n", ""},
               {"rehearsal/a.cc",
                "// steady_clock is for the live side\nint intended_time(int x);\nf.time(0);\nbrand(1);\n", ""}},
              check_clocks_and_chance);
}

TEST(tidy, fixed_waits_in_tests_are_found) {
  expect_each({{"tests/x/a_test.cc", "std::this_thread::sleep_for(1s);\n", "fixed wait"},
               {"tests/x/a_test.cc", "  sleep(1);\n", "fixed wait"},
               {"tests/x/a_test.cc", "  ::usleep(1);\n", "fixed wait"},
               {"tests/x/a_test.cc", "clock.sleep(1); co_await clock.sleep_until(at); // sleep_for\n", ""},
               {"tests/x/fake_world.cc", "std::this_thread::sleep_for(1ms);\n", ""},
               {"faults/a.cc", "std::this_thread::sleep_for(1ms);\n", ""}},
              check_sleeps);
}

TEST(tidy, draws_without_an_order_are_found) {
  expect_each({{"simulator/a.cc", "x = a.draw(s) +\n    b.draw(s);\n", "simulator/a.cc:1"},
               {"simulator/a.cc", "int y;\nf(s.uniform(), s.uniform());\n", "simulator/a.cc:2"},
               {"load/a.cc", "x = draw_from(a, s) - draw_from(b, s);\n", "two draws"},
               {"simulator/a.cc", "const double a = s.uniform(), b = s.uniform();\n", ""},
               {"simulator/a.cc", "x = c ? s.uniform() : s.next();\nx += s.next();\nx += s.next();\n", ""},
               {"simulator/a.cc", "if (s.uniform() < p && s.uniform() < q) x = 1;\n", ""},
               {"reports/a.cc", "f(s.uniform(), s.uniform());\n", ""}},
              check_draws);
}

TEST(tidy, two_types_of_one_name_are_found) {
  const auto found = [](const char* first, const char* second, const char* text = "struct Member {\n};\n") {
    return check_type_names({{first, "struct Member {\n};\n"}, {second, text}}).size();
  };
  EXPECT_EQ(found("faults/a.h", "simulator/b.h"), 1U);
  EXPECT_EQ(found("faults/a.h", "simulator/b.h", "class Member final : public Base {\n};\n"), 1U);
  EXPECT_EQ(found("faults/a.h", "simulator/b.h", "struct Member;\nstruct Members {\n};\n"), 0U);
  EXPECT_EQ(found("faults/a.h", "simulator/b.h", "struct Outer {\n  struct Member {\n  };\n};\n"), 0U);
  EXPECT_EQ(found("faults/a.h", "targets/auction/b.h"), 0U);
  EXPECT_EQ(found("faults/a.h", "tests/x/b.h"), 0U);
}

TEST(tidy, work_left_undone_is_found) {
  const auto undone = std::string{"// TO"} + "DO: later\n";
  const auto broken = std::string{"# FIX"} + "ME\n";
  expect_each({{"base/a.cc", undone.c_str(), "left undone"},
               {"docs/a.md", broken.c_str(), "left undone"},
               {"docs/a.md", "what to do; TODOS is another word\n", ""}},
              check_words);
}

TEST(tidy, findings_of_a_tree_come_in_order) {
  const auto findings =
      check_tree({{"rehearsal/b.h", "int x;\n#include \"app/a.h\"\n"}, {"base/a.h", "int x;\n"}}, table());
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].to_string(), "base/a.h:1: a header begins with #pragma once");
  EXPECT_EQ(findings[1].line, 1U);
  EXPECT_EQ(findings[2].line, 2U);
}

}  // namespace
}  // namespace blackstart::tidy
