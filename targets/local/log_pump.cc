#include "targets/local/log_pump.h"

#include "base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace blackstart {

namespace fs = std::filesystem;

/// A named pipe and what came through it without a line's end yet.
struct LogPump::Pipe {
  std::string path;
  int reader = -1;  // opened for reading and writing: no end of file when a writer goes, no waiting for the first
  std::ofstream log;
  std::string pending;
  ~Pipe() {
    if (reader >= 0) ::close(reader);
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

LogPump::LogPump(const Secrets& secrets, std::string pipe_folder)
    : secrets_(secrets), pipe_folder_(std::move(pipe_folder)) {}

LogPump::~LogPump() {
  if (thread_.joinable()) {
    thread_.request_stop();  // before the wake-up: the thread looks at it after each poll
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    thread_.join();
  }
  for (auto& [log, pipe] : pipes_) carry(*pipe, secrets_, true);
  pipes_.clear();
  if (wake_ >= 0) {
    ::close(wake_);
    std::error_code ignored;
    fs::remove(pipe_folder_, ignored);  // only when nothing else is in it
  }
}

Result<std::string> LogPump::path_for(const std::string& log_file) {
  if (!secrets_.any()) return log_file;
  const std::lock_guard lock(mutex_);
  if (const auto found = pipes_.find(log_file); found != pipes_.end()) return found->second->path;
  std::error_code error;
  fs::create_directories(pipe_folder_, error);
  auto pipe = std::make_unique<Pipe>();
  pipe->path = fmt::format("{}/{}", pipe_folder_, pipes_.size() + 1);
  if (::mkfifo(pipe->path.c_str(), 0600) != 0) return fail_errno(errno, "make the pipe " + pipe->path + " for a log");
  pipe->reader = ::open(pipe->path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (pipe->reader < 0) return fail_errno(errno, "open the pipe " + pipe->path + " for a log");
  pipe->log.open(log_file, std::ios::app | std::ios::binary);
  if (!pipe->log) return fail(ErrorCode::kIo, "the log " + log_file + " cannot be written; is the disk full?");
  std::string path = pipe->path;
  pipes_[log_file] = std::move(pipe);
  if (wake_ < 0) wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return fail_errno(errno, "make an event descriptor for logs");
  if (!thread_.joinable()) thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  return path;
}

void LogPump::carry(Pipe& pipe, const Secrets& secrets, bool everything) {
  char buffer[16384];
  for (ssize_t got = 0; (got = ::read(pipe.reader, buffer, sizeof buffer)) > 0;) {
    pipe.pending.append(buffer, static_cast<std::size_t>(got));
    // A line without an end is carried on too when it grows long, but never the last bytes: a secret may begin there.
    const auto line_end = pipe.pending.rfind('\n');
    std::size_t ready = line_end == std::string::npos ? 0 : line_end + 1;
    if (ready == 0 && pipe.pending.size() > (64u << 10) + secrets.longest())
      ready = pipe.pending.size() - secrets.longest();
    pipe.log << secrets.mask(std::string_view(pipe.pending).substr(0, ready));
    pipe.pending.erase(0, ready);
  }
  if (everything) pipe.log << secrets.mask(std::exchange(pipe.pending, {}));
  pipe.log.flush();
}

void LogPump::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> waits{{wake_, POLLIN, 0}};
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [log, pipe] : pipes_) waits.push_back({pipe->reader, POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), -1);
    std::uint64_t woken = 0;
    [[maybe_unused]] const auto got = ::read(wake_, &woken, sizeof woken);
    const std::lock_guard lock(mutex_);
    for (auto& [log, pipe] : pipes_) carry(*pipe, secrets_, false);
  }
}

void LogPump::drain(const std::string& log_file) {
  const std::lock_guard lock(mutex_);
  if (const auto found = pipes_.find(log_file); found != pipes_.end()) carry(*found->second, secrets_, true);
}

void LogPump::note(const std::string& log_file, std::string_view line) {
  std::ofstream(log_file, std::ios::app | std::ios::binary) << secrets_.mask(line) << '\n';
}

std::string last_lines(const std::string& file, int lines) {
  std::ifstream input(file, std::ios::binary | std::ios::ate);
  if (!input) return {};
  const auto size = static_cast<std::int64_t>(input.tellg());
  constexpr std::int64_t kLookBack = 32 << 10;
  input.seekg(std::max<std::int64_t>(0, size - kLookBack));
  std::deque<std::string> kept;
  for (std::string line; std::getline(input, line);) {
    kept.push_back("  " + printable(line.substr(0, 500)));
    if (static_cast<int>(kept.size()) > lines) kept.pop_front();
  }
  return join(std::vector<std::string>(kept.begin(), kept.end()), "\n");
}

}  // namespace blackstart
