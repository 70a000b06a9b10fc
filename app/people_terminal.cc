#include "app/people_terminal.h"

#include "app/say.h"
#include "base/text.h"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
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
    say("\nBY HAND{}: {}\n{}", budget_text(step), printable(step.title), shown(text, step));
    co_return co_await ask("Type what you found, or nothing, and press Enter when it is done: ", std::move(limit));
  }

  Task<Result<std::string>> decide(const Step& step, std::string text, Limit limit) override {
    const std::string by = printable(step.decision->by);
    say("\nDECISION of {}{}: {}\n{}", by, budget_text(step), printable(step.title), shown(text, step));
    const char* point = step.output.empty() ? "" : " (a point in time; nothing: a second before the fault)";
    co_return co_await ask(fmt::format("Type what was decided{} and press Enter: ", point), std::move(limit));
  }

  Task<Result<std::size_t>> choose(const Step& step, std::string text, Limit limit) override {
    say("\nCHOICE{}: {}\n{}", budget_text(step), printable(step.title), shown(text, step));
    for (std::size_t position = 0; position < step.options.size(); ++position)
      say("  {}. {}\n", position + 1, printable(step.options[position].title));
    while (true) {
      const std::string prompt = fmt::format("Type the number of one of them, 1 to {}: ", step.options.size());
      const auto answer = co_await ask(prompt, limit);
      if (!answer) co_return answer.error();
      const auto number = number_of(*answer);
      if (number && *number >= 1 && *number <= step.options.size()) co_return *number - 1;
    }
  }

 private:
  static std::string budget_text(const Step& step) {
    return step.budget ? fmt::format(" (budget {})", spell_duration(*step.budget)) : "";
  }
  /// The step's title with its values filled in, where that says more than the title.
  static std::string shown(const std::string& text, const Step& step) {
    return text.empty() || text == step.title ? "" : printable(text) + "\n";
  }
  static std::optional<std::size_t> number_of(const std::string& text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
  }

  /// One line; until `limit` ends it.
  Task<Result<std::string>> ask(std::string prompt, Limit limit) {
    say("{}", prompt);
    std::fflush(stderr);
    auto answer = std::make_shared<Completion<Result<std::string>>>();
    auto finished = std::make_shared<std::optional<Result<std::string>>>();
    std::jthread reader([this, answer, finished, stop = limit.stop] {
      finished->emplace(read_line(stop));
      post_([answer, finished] { answer->complete(std::move(**finished)); });
    });
    co_return co_await *answer;
  }

  std::function<void(std::function<void()>)> post_;
};

}  // namespace

std::unique_ptr<People> make_terminal_people(std::function<void(std::function<void()>)> post) {
  return std::make_unique<TerminalPeople>(std::move(post));
}

}  // namespace blackstart
