#include "load/event_stream.h"

#include <nlohmann/json.hpp>

#include <charconv>

namespace blackstart {
namespace {

constexpr std::size_t kEventMax = 16 * 1024;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void EventStream::reset() {
  line_.clear();
  data_.clear();
  has_data_ = false;
}

bool EventStream::feed(std::string_view bytes, const std::function<void(std::string_view)>& take) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (line_.size() + std::min(end, bytes.size()) > kEventMax) return false;
    if (end == std::string_view::npos) {
      line_.append(bytes);
      return true;
    }
    line_.append(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (!on_line(line_, take)) return false;
    line_.clear();
  }
  return true;
}

bool EventStream::on_line(std::string_view line, const std::function<void(std::string_view)>& take) {
  if (line.empty()) {
    if (has_data_) take(data_);
    data_.clear();
    has_data_ = false;
    return true;
  }
  if (!line.starts_with("data:")) return true;  // event:, id:, retry:, comments
  line.remove_prefix(5);
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (has_data_) data_.push_back('\n');
  data_.append(line);
  has_data_ = true;
  return data_.size() <= kEventMax;
}

std::optional<std::uint64_t> bid_of_event(std::string_view data) {
  constexpr std::string_view kBegin = "{\"id\":\"";
  if (data.starts_with(kBegin)) {
    const std::string_view rest = data.substr(kBegin.size());
    return number_of(rest.substr(0, rest.find('"')));
  }
  const auto json = nlohmann::json::parse(data, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto id = json.find("id");
  if (id == json.end()) return std::nullopt;
  if (id->is_number_unsigned()) return id->get<std::uint64_t>();
  return id->is_string() ? number_of(id->get_ref<const std::string&>()) : std::nullopt;
}

}  // namespace blackstart
