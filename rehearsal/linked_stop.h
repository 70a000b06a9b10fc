#pragma once
// A stop source that also fires when its parent does: scopes of cancellation, as in "the observation is over" inside
// "the drill is stopped". Loop's thread.

#include <stop_token>
#include <utility>

namespace blackstart {

class LinkedStop {
 public:
  explicit LinkedStop(std::stop_token parent) : relay_(std::move(parent), Relay{source_}) {}
  LinkedStop(const LinkedStop&) = delete;
  LinkedStop& operator=(const LinkedStop&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  [[nodiscard]] bool stopped() const { return source_.stop_requested(); }
  /// May resume waiting tasks before it returns, and they may destroy this object.
  void request() { Relay{source_}(); }

 private:
  struct Relay {
    std::stop_source source;
    void operator()() const {
      // A callback may end this object, and with it the last owner of the state that calls it.
      std::stop_source kept = source;
      kept.request_stop();
    }
  };
  std::stop_source source_;
  std::stop_callback<Relay> relay_;
};

}  // namespace blackstart
