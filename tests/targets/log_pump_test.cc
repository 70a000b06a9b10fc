// Logs on their way to disk: masked whatever the pieces in which they come.

#include "targets/local/log_pump.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fcntl.h>
#include <unistd.h>
#include <filesystem>

namespace blackstart {
namespace {

using namespace test;

constexpr const char* kSecret = "s3cret-value";

Secrets secrets_of(bool used) {
  const std::string more = used ? "validation: [{name: x, exec: 'echo {{env.BS_LOG}}'}]\n" : "";
  return Secrets(spec_of(least_scenario(more),
                         "blackstart_target: 1\nname: t\nservices: {a: {kind: api, url: 'http://x:1'}}\n"
                         "load: {protocol: bids, service: a}\ndrivers: {external: {}}\n"),
                 [](const std::string&) { return std::optional<std::string>(kSecret); });
}

void write_pieces(const std::string& path, const std::vector<std::string>& pieces) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
  ASSERT_GE(file, 0);
  for (const std::string& piece : pieces)
    ASSERT_EQ(::write(file, piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
  ::close(file);
}

TEST(LogPump, WithoutSecretsTheFileIsWrittenItself) {
  const ScratchFolder folder;
  const Secrets secrets = secrets_of(false);
  LogPump pump(secrets, folder.path() + "/pipes");
  EXPECT_EQ(*pump.path_for(folder.path() + "/a.log"), folder.path() + "/a.log");
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/pipes"));
}

TEST(LogPump, WritersComeAndGoOnOnePipe) {
  const ScratchFolder folder;
  const Secrets secrets = secrets_of(true);
  const std::string log = folder.path() + "/a.log";
  {
    LogPump pump(secrets, folder.path() + "/pipes");
    const std::string pipe = *pump.path_for(log);
    write_pieces(pipe, {"first ", kSecret, "\n"});
    write_pieces(*pump.path_for(log), {"second without an end"});
    pump.drain(log);
    EXPECT_EQ(read_file(log), "first ***\nsecond without an end");
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/pipes")) << "nothing is left of the pipes";
}

RC_GTEST_PROP(LogPumpProperty, NoSplitOfALogLetsASecretThrough, ()) {
  const ScratchFolder folder;
  const Secrets secrets = secrets_of(true);
  const std::string log = folder.path() + "/a.log";
  const std::string text = "a" + std::string(kSecret) + std::string(kSecret) + "\nb " + kSecret + " c";
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = *rc::gen::inRange<std::size_t>(1, 9);
    pieces.push_back(text.substr(at, length));
    at += length;
  }
  LogPump pump(secrets, folder.path() + "/pipes");
  write_pieces(*pump.path_for(log), pieces);
  pump.drain(log);
  RC_ASSERT(read_file(log) == "a******\nb *** c");
}

TEST(LastLines, AreTheLastOnesIndented) {
  const ScratchFolder folder;
  const std::string file = folder.path() + "/a.log";
  EXPECT_EQ(last_lines(file, 3), "");
  write_pieces(file, {"1\n2\n3\n4\n"});
  EXPECT_EQ(last_lines(file, 2), "  3\n  4");
  EXPECT_EQ(last_lines(file, 9), "  1\n  2\n  3\n  4");
}

}  // namespace
}  // namespace blackstart
