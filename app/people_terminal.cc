#include "app/people_terminal.h"

#include "base/text.h"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace blackstart {

namespace {

constexpr int kPollMilliseconds = 100;

/// One line from standard input, or why there is none. Ends within kPollMilliseconds of `stop`.
Result<std::string> read_line(const std::stop_token& stop) {
  std::string line;
  while (!stop.stop_requested()) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&input, 1, kPollMilliseconds);
    if (ready <= 0) continue;
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(ErrorCode::kUnavailable, "standard input was closed before the step was confirmed");
    if (byte == '\n') return line;
    line += byte;
  }
  return fail(ErrorCode::kCancelled, "the step was stopped before it was confirmed");
}

class TerminalPeople final : public People {
 public:
  explicit TerminalPeople(std::function<void(std::function<void()>)> post) : post_(std::move(post)) {}

  Task<Result<std::string>> do_by_hand(const Step& step, std::string text, Limit limit) override {
    const std::string budget = step.budget ? fmt::format(" (budget {})", spell_duration(*step.budget)) : "";
    fmt::print(stderr, "\nBY HAND{}: {}\n{}Type what you found, or nothing, and press Enter when it is done: ", budget,
               printable(step.title), text.empty() ? "" : printable(text) + "\n");
    std::fflush(stderr);
    auto answer = std::make_shared<Completion<Result<std::string>>>();
    auto finished = std::make_shared<std::optional<Result<std::string>>>();
    std::jthread reader([this, answer, finished, stop = limit.stop] {
      finished->emplace(read_line(stop));
      post_([answer, finished] { answer->complete(std::move(**finished)); });
    });
    co_return co_await *answer;
  }

 private:
  std::function<void(std::function<void()>)> post_;
};

}  // namespace

std::unique_ptr<People> make_terminal_people(std::function<void(std::function<void()>)> post) {
  return std::make_unique<TerminalPeople>(std::move(post));
}

}  // namespace blackstart
