#include "tests/auction/daemon.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "tests/support/wait.h"

namespace blackstart::auction {

namespace {

std::optional<std::uint16_t> port_in(const std::string& log) {
  constexpr std::string_view kSaid = "listening on 127.0.0.1:";
  const auto at = log.find(kSaid);
  if (at == std::string::npos || log.find('\n', at) == std::string::npos) return std::nullopt;
  return static_cast<std::uint16_t>(std::stoul(log.substr(at + kSaid.size())));
}

void limit_files(std::uint64_t bytes_max) {
  if (bytes_max == 0) return;
  const rlimit limit{bytes_max, bytes_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ::signal(SIGXFSZ, SIG_IGN);  // write() shall fail instead
}

[[noreturn]] void become(std::vector<std::string>& arguments, const std::string& bug, const std::string& log_path,
                         std::uint64_t file_bytes_max) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit_files(file_bytes_max);
  const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(log, STDERR_FILENO);
  if (!bug.empty()) ::setenv("AUCTIOND_BUG", bug.c_str(), 1);
  std::vector<char*> words{const_cast<char*>(AUCTIOND)};
  for (auto& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  ::execv(AUCTIOND, words.data());
  ::_exit(127);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "auction_test.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  path_ = pattern;
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Daemon::Daemon(std::vector<std::string> arguments, const std::string& bug, std::uint64_t file_bytes_max) {
  std::string pattern = (std::filesystem::temp_directory_path() / "auction_log.XXXXXX").string();
  ::close(::mkstemp(pattern.data()));
  log_path_ = pattern;
  pid_ = ::fork();
  if (pid_ == 0) become(arguments, bug, log_path_, file_bytes_max);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
}

Daemon::~Daemon() {
  if (pid_ > 0) kill();
  std::error_code ignored;
  std::filesystem::remove(log_path_, ignored);
}

std::uint16_t Daemon::port() {
  if (port_ != 0) return port_;
  const bool listening = wait_until_true([this] {
    const auto port = port_in(log());
    if (port) port_ = *port;
    return port.has_value();
  });
  EXPECT_TRUE(listening) << "never listened; it said: " << log();
  return port_;
}

// Never without a process of our own: kill(-1) would end everything on the machine.
void Daemon::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int Daemon::wait() {
  if (pid_ <= 0) return status_;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) throw std::runtime_error("cannot wait for auctiond");
  pid_ = -1;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return status_;
}

void Daemon::kill() {
  signal(SIGKILL);
  wait();
}

std::string Daemon::log() const {
  std::ifstream file(log_path_);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace blackstart::auction
