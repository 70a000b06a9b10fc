#include "load/http_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace blackstart {
namespace {

constexpr std::size_t kRetainedCapacity = 4096;  // thousands of connections keep their buffers: large ones go back

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equals_lower(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Whether the comma-separated `list` has `token` (lower case).
bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equals_lower(trim_spaces(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

HttpParser::HttpParser(const std::vector<std::string>* kept_headers, HttpLimits limits)
    : kept_names_(kept_headers), limits_(limits) {
  if (kept_names_ != nullptr) kept_.resize(kept_names_->size());
}

void HttpParser::reset() {
  state_ = State::kStatusLine;
  begun_ = chunked_ = transfer_encoded_ = has_length_ = line_complete_ = false;
  keep_alive_ = framed_ = true;
  status_ = 0;
  head_bytes_ = 0;
  left_ = content_length_ = body_bytes_ = 0;
  line_.clear();
  body_.clear();
  if (body_.capacity() > kRetainedCapacity) body_.shrink_to_fit();
  if (line_.capacity() > kRetainedCapacity) line_.shrink_to_fit();
  for (Kept& kept : kept_) kept.present = false;
  error_ = "";
}

const std::string* HttpParser::header(std::size_t index) const {
  return index < kept_.size() && kept_[index].present ? &kept_[index].value : nullptr;
}

void HttpParser::fail(const char* why) {
  state_ = State::kError;
  error_ = why;
}

HttpParser::Progress HttpParser::feed(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  if (!bytes.empty()) begun_ = true;
  while (state_ != State::kComplete && state_ != State::kError) {
    if (state_ == State::kBodyOfLength || state_ == State::kBodyToEnd || state_ == State::kChunkData) {
      if (consumed == bytes.size()) break;
      take_body(bytes, consumed);
      continue;
    }
    std::string_view line;
    if (!take_line(bytes, consumed, line)) break;
    on_line(line);
  }
  if (state_ == State::kComplete) return Progress::kComplete;
  return state_ == State::kError ? Progress::kError : Progress::kNeedMore;
}

HttpParser::Progress HttpParser::finish() {
  if (state_ == State::kBodyToEnd) state_ = State::kComplete;
  if (state_ == State::kComplete) return Progress::kComplete;
  if (state_ != State::kError)
    fail(begun_ ? "the connection was closed inside the response" : "the connection was closed");
  return Progress::kError;
}

bool HttpParser::take_line(std::string_view bytes, std::size_t& consumed, std::string_view& line) {
  if (line_complete_) {
    line_.clear();
    line_complete_ = false;
  }
  const std::string_view rest = bytes.substr(consumed);
  const std::size_t end = rest.find('\n');
  const std::size_t taken = end == std::string_view::npos ? rest.size() : end + 1;
  head_bytes_ += taken;
  // Chunk sizes of a long body are not part of the head; each line is bounded all the same.
  const bool in_body = state_ == State::kChunkSize || state_ == State::kChunkEnd;
  if (in_body ? line_.size() + taken > limits_.head_bytes_max : head_bytes_ > limits_.head_bytes_max) {
    fail("its head is too long");
    return false;
  }
  if (in_body) head_bytes_ -= taken;
  consumed += taken;
  if (end == std::string_view::npos) {
    line_.append(rest);
    return false;
  }
  if (line_.empty()) {
    line = rest.substr(0, end);
  } else {
    line_.append(rest.substr(0, end));
    line = line_;
    line_complete_ = true;
  }
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return true;
}

void HttpParser::on_line(std::string_view line) {
  switch (state_) {
    case State::kStatusLine:
      return on_status_line(line);
    case State::kHeaders:
      return line.empty() ? on_headers_end() : on_header(line);
    case State::kChunkSize:
      return on_chunk_size(line);
    case State::kChunkEnd:
      if (!line.empty()) return fail("a chunk is longer than its size");
      state_ = State::kChunkSize;
      return;
    case State::kTrailers:
      if (line.empty()) state_ = State::kComplete;
      return;
    default:
      return fail("a line where none belongs");
  }
}

void HttpParser::on_status_line(std::string_view line) {
  // "HTTP/1.1 201 Created"
  const bool right = line.size() >= 12 && line.substr(0, 7) == "HTTP/1." && is_digit(line[7]) && line[8] == ' ' &&
                     is_digit(line[9]) && is_digit(line[10]) && is_digit(line[11]) &&
                     (line.size() == 12 || line[12] == ' ');
  if (!right || line[9] == '0') return fail("it is no HTTP/1 response");
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  keep_alive_ = line[7] != '0';
  state_ = State::kHeaders;
}

void HttpParser::on_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || line[0] == ' ' || line[0] == '\t') {
    return fail("a header line is malformed");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_spaces(line.substr(colon + 1));
  const char first = lower(name[0]);
  if (first == 'c' || first == 't') on_framing_header(name, value);
  if (kept_names_ == nullptr) return;
  for (std::size_t i = 0; i < kept_names_->size(); ++i) {
    if (!equals_lower(name, (*kept_names_)[i])) continue;
    kept_[i].present = true;
    kept_[i].value.assign(value);
  }
}

void HttpParser::on_framing_header(std::string_view name, std::string_view value) {
  if (equals_lower(name, "content-length")) {
    on_content_length(value);
  } else if (equals_lower(name, "transfer-encoding")) {
    transfer_encoded_ = true;
    const std::size_t comma = value.rfind(',');
    chunked_ = equals_lower(trim_spaces(comma == std::string_view::npos ? value : value.substr(comma + 1)), "chunked");
  } else if (equals_lower(name, "connection")) {
    if (has_token(value, "close")) {
      keep_alive_ = false;
    } else if (has_token(value, "keep-alive")) {
      keep_alive_ = true;
    }
  }
}

void HttpParser::on_content_length(std::string_view value) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error != std::errc{} || end != value.data() + value.size() || value.empty()) {
    return fail("its Content-Length is no number");
  }
  if (has_length_ && length != content_length_) return fail("it has two Content-Lengths");
  has_length_ = true;
  content_length_ = length;
}

void HttpParser::on_headers_end() {
  if (status_ == 101) return fail("it switches protocols");
  if (status_ < 200) {  // an interim response: the real one follows
    state_ = State::kStatusLine;
    chunked_ = transfer_encoded_ = has_length_ = false;
    for (Kept& kept : kept_) kept.present = false;
    return;
  }
  if (status_ == 204 || status_ == 304) {
    state_ = State::kComplete;
  } else if (transfer_encoded_) {
    if (has_length_) keep_alive_ = false;  // contradictory framing: do not trust what follows
    state_ = chunked_ ? State::kChunkSize : State::kBodyToEnd;
  } else if (has_length_) {
    if (content_length_ > limits_.body_bytes_max) return fail("its body is too long");
    left_ = content_length_;
    state_ = left_ == 0 ? State::kComplete : State::kBodyOfLength;
  } else {
    state_ = State::kBodyToEnd;
  }
  framed_ = state_ != State::kBodyToEnd;
  if (!framed_) keep_alive_ = false;
}

void HttpParser::on_chunk_size(std::string_view line) {
  const std::string_view digits = trim_spaces(line.substr(0, line.find(';')));
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return fail("a chunk size is malformed");
  }
  if (size > limits_.body_bytes_max || body_bytes_ + size > limits_.body_bytes_max) return fail("its body is too long");
  left_ = size;
  state_ = size == 0 ? State::kTrailers : State::kChunkData;
}

void HttpParser::take_body(std::string_view bytes, std::size_t& consumed) {
  std::string_view part = bytes.substr(consumed);
  if (state_ != State::kBodyToEnd)
    part = part.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, part.size())));
  consumed += part.size();
  body_bytes_ += part.size();
  if (body_bytes_ > limits_.body_bytes_max) return fail("its body is too long");
  keep(part);
  if (state_ == State::kBodyToEnd) return;
  left_ -= part.size();
  if (left_ != 0) return;
  state_ = state_ == State::kBodyOfLength ? State::kComplete : State::kChunkEnd;
}

void HttpParser::keep(std::string_view part) {
  if (body_.size() >= limits_.kept_bytes_max) return;
  body_.append(part.substr(0, limits_.kept_bytes_max - body_.size()));
}

}  // namespace blackstart
