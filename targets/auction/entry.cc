#include "targets/auction/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/hash.h"

namespace blackstart::auction {

namespace {

template <class Number>
void put(std::string& out, Number value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

/// Reads space-separated numbers from the front of a line.
class Numbers {
 public:
  explicit Numbers(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}
  template <class Number>
  Numbers& operator>>(Number& value) {
    if (!first_) {
      if (at_ == end_ || *at_ != ' ') return ok_ = false, *this;
      ++at_;
    }
    first_ = false;
    const auto [next, error] = std::from_chars(at_, end_, value);
    ok_ = ok_ && error == std::errc{};
    at_ = next;
    return *this;
  }
  [[nodiscard]] bool complete() const { return ok_ && at_ == end_; }

 private:
  const char* at_;
  const char* end_;
  bool first_ = true;
  bool ok_ = true;
};

}  // namespace

std::uint32_t Batch::drill_index(std::string_view drill) {
  for (std::size_t i = drills.size(); i-- > 0;) {
    if (drills[i] == drill) return static_cast<std::uint32_t>(i);
  }
  drills.emplace_back(drill);
  return static_cast<std::uint32_t>(drills.size() - 1);
}

void Batch::clear() {
  drills.clear();
  entries.clear();
}

std::string encode(const Batch& batch, LineForm form) {
  std::string out;
  out.reserve(batch.entries.size() * (form == LineForm::kLog ? 80 : 44) + 64);
  auto drill = static_cast<std::uint32_t>(-1);
  for (const auto& entry : batch.entries) {
    if (entry.drill != drill) {
      drill = entry.drill;
      out.append("d ").append(batch.drills[drill]) += '\n';
    }
    if (form == LineForm::kLog) {
      put(out, entry.position), out += ' ';
      put(out, entry.at_ns), out += ' ';
    }
    put(out, entry.id), out += ' ';
    put(out, entry.auction), out += ' ';
    put(out, entry.bidder), out += ' ';
    put(out, entry.amount), out += ' ';
    put(out, entry.crc), out += ' ';
    put(out, entry.round), out += '\n';
  }
  return out;
}

Result<Batch> decode(std::string_view text, LineForm form) {
  Batch batch;
  std::optional<std::uint32_t> drill;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const auto newline = text.find('\n');
    const auto line = text.substr(0, newline);
    text = newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
    if (line.starts_with("d ")) {
      if (!valid_drill_name(line.substr(2))) {
        return fail(ErrorCode::kProtocol, fmt::format("line {}: not a drill's name", line_number));
      }
      drill = batch.drill_index(line.substr(2));
      continue;
    }
    Entry entry;
    Numbers numbers(line);
    if (form == LineForm::kLog) numbers >> entry.position >> entry.at_ns;
    numbers >> entry.id >> entry.auction >> entry.bidder >> entry.amount >> entry.crc >> entry.round;
    if (!numbers.complete() || !drill || newline == std::string_view::npos) {
      return fail(ErrorCode::kProtocol, fmt::format("line {}: not an entry of the log", line_number));
    }
    entry.drill = *drill;
    batch.entries.push_back(entry);
  }
  return batch;
}

bool valid_drill_name(std::string_view name) {
  return name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == ':' || c == '-';
         });
}

std::uint32_t entry_crc(const Entry& entry) {
  char text[80];
  char* at = text;
  char* const end = text + sizeof text;
  at = std::to_chars(at, end, entry.id).ptr, *at++ = ':';
  at = std::to_chars(at, end, entry.auction).ptr, *at++ = ':';
  at = std::to_chars(at, end, entry.bidder).ptr, *at++ = ':';
  at = std::to_chars(at, end, entry.amount).ptr;
  return crc32c(std::string_view(text, static_cast<std::size_t>(at - text)));
}

void append_read_back_line(std::string& out, const Entry& entry) {
  out += R"({"id":")";
  put(out, entry.id);
  out += R"(","auction":)";
  put(out, entry.auction);
  out += R"(,"bidder":)";
  put(out, entry.bidder);
  out += R"(,"amount":)";
  put(out, entry.amount);
  out += R"(,"crc":)";
  put(out, entry.crc);
  out += "}\n";
}

}  // namespace blackstart::auction
