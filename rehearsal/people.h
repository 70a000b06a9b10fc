#pragma once
// The people of a drill, as the Conductor asks them: at a terminal (live; without one, what needs them is refused
// before the start) or modelled (modelled_people.h). All calls on the loop's thread.

#include "base/result.h"
#include "base/task.h"
#include "rehearsal/world.h"
#include "scenarios/spec.h"

#include <cstddef>
#include <string>

namespace blackstart {

class People {
 public:
  virtual ~People() = default;
  /// Until somebody has acknowledged the alarm. False, at once: nobody is asked to, and the drill shows nothing of it.
  virtual Task<Result<bool>> acknowledge(Limit limit) {
    (void)limit;
    co_return false;
  }
  /// After that, until the team is there to recover. False as above.
  virtual Task<Result<bool>> assemble(Limit limit) {
    (void)limit;
    co_return false;
  }
  /// Waits until the person says that `step` is done; the text they type is its output.
  virtual Task<Result<std::string>> do_by_hand(const Step& step, std::string text, Limit limit) = 0;
  /// Waits until whoever `step.decision` names has decided; what they say, or nothing. REQUIRES: step.decision.
  virtual Task<Result<std::string>> decide(const Step& step, std::string text, Limit limit) {
    co_return co_await do_by_hand(step, std::move(text), std::move(limit));
  }
  /// Waits until a person has picked one of `step.options`; its position. REQUIRES: they are not empty.
  virtual Task<Result<std::size_t>> choose(const Step& step, std::string text, Limit limit) {
    (void)step, (void)text, (void)limit;
    co_return fail(ErrorCode::kUnsupported, "nobody here can choose between alternatives");
  }
};

}  // namespace blackstart
