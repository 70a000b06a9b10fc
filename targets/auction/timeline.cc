#include "targets/auction/timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "targets/auction/http.h"

namespace blackstart::auction {

std::optional<std::uint64_t> Timeline::common_until(std::uint64_t epoch, std::uint64_t position) const {
  if (epoch > this->epoch()) return std::nullopt;
  for (const auto& known : epochs_) {
    if (known.number > epoch) return std::min(position, known.start);
  }
  return position;
}

std::string Timeline::to_text() const {
  std::string text;
  for (const auto& epoch : epochs_) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", epoch.number, epoch.start);
  }
  return text;
}

std::optional<Timeline> Timeline::from_text(std::string_view text) {
  Timeline timeline;
  if (text.empty()) return timeline;
  for (const auto part : split(text, ',')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto number = parse_number<std::uint64_t>(part.substr(0, equals));
    const auto start = parse_number<std::uint64_t>(part.substr(equals + 1));
    const bool rising =
        timeline.epochs_.empty() || (number > timeline.epochs_.back().number && start >= timeline.epochs_.back().start);
    if (!number || !start || !rising) return std::nullopt;
    timeline.add(Epoch{*number, *start});
  }
  return timeline;
}

}  // namespace blackstart::auction
