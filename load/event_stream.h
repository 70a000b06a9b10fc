#pragma once
// Server-sent events, as far as watchers need them: the data of each event, whole lines at a time. Pure.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace blackstart {

class EventStream {
 public:
  /// Takes a piece of the stream; calls `take` with the data of each event that it completes. False: a line or an event
  /// is longer than any that a sane server sends.
  bool feed(std::string_view bytes, const std::function<void(std::string_view data)>& take);
  void reset();

 private:
  bool on_line(std::string_view line, const std::function<void(std::string_view)>& take);
  std::string line_, data_;
  bool has_data_ = false;
};

/// The id of the bid that an event is about: {"id":"…",…}; empty when there is none.
std::optional<std::uint64_t> bid_of_event(std::string_view data);

}  // namespace blackstart
