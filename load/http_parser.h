#pragma once
// Incremental HTTP/1.1 response parser: fed with whatever bytes arrive, it keeps only what classification needs:
// status, a few named headers, the first bytes of the body. No allocation for a response that arrives in one piece,
// beyond the kept body (its capacity is reused). Hostile input is an error, never a crash or unbounded memory. Pure;
// not thread-safe.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct HttpLimits {
  std::size_t head_bytes_max = 64 * 1024;             // status line, headers, interim responses and trailers together
  std::uint64_t body_bytes_max = 8ULL * 1024 * 1024;  // a longer body is an error
  std::size_t kept_bytes_max = 16 * 1024;             // of the body; what lies beyond is discarded
};

class HttpParser {
 public:
  enum class Progress : std::uint8_t { kNeedMore, kComplete, kError };

  /// `kept_headers`: lower-case names whose values are kept (the last one where a header repeats); must outlive this.
  explicit HttpParser(const std::vector<std::string>* kept_headers = nullptr, HttpLimits limits = {});

  /// Ready for the next response.
  void reset();
  /// Takes bytes up to the end of the response; `consumed` says how many. Nothing is taken after kComplete or kError.
  Progress feed(std::string_view bytes, std::size_t& consumed);
  /// The connection was closed by the other side: ends a body that runs to the end, else an error.
  Progress finish();

  /// Whether any byte of the response has arrived.
  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] int status() const { return status_; }
  /// Whether the connection may carry another request. Of a complete response.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  /// Whether the response told where it ends; else only the closed connection did, and it may have been cut.
  [[nodiscard]] bool framed() const { return framed_; }
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }
  /// The kept part of the body; the caller may take it away (clear it) while the body goes on.
  [[nodiscard]] std::string& body() { return body_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] bool headers_complete() const { return state_ > State::kHeaders; }
  /// The value of kept_headers[index], null when it was not there.
  [[nodiscard]] const std::string* header(std::size_t index) const;
  /// Why kError, in words.
  [[nodiscard]] const char* error() const { return error_; }

 private:
  enum class State : std::uint8_t {
    kStatusLine,
    kHeaders,
    kBodyOfLength,
    kBodyToEnd,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailers,
    kComplete,
    kError
  };
  struct Kept {
    bool present = false;
    std::string value;
  };

  bool take_line(std::string_view bytes, std::size_t& consumed, std::string_view& line);
  void on_line(std::string_view line);
  void on_status_line(std::string_view line);
  void on_header(std::string_view line);
  void on_headers_end();
  void on_framing_header(std::string_view name, std::string_view value);
  void on_content_length(std::string_view value);
  void on_chunk_size(std::string_view line);
  void take_body(std::string_view bytes, std::size_t& consumed);
  void keep(std::string_view part);
  void fail(const char* why);

  const std::vector<std::string>* kept_names_;
  HttpLimits limits_;
  State state_ = State::kStatusLine;
  bool begun_ = false;
  bool keep_alive_ = true;
  bool framed_ = true;
  bool chunked_ = false;
  bool transfer_encoded_ = false;
  bool has_length_ = false;
  bool line_complete_ = false;  // line_ was handed out and is cleared by the next line
  int status_ = 0;
  std::size_t head_bytes_ = 0;
  std::uint64_t left_ = 0;  // of the body or of the chunk
  std::uint64_t content_length_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::string line_;  // a line that arrives in pieces
  std::string body_;
  std::vector<Kept> kept_;
  const char* error_ = "";
};

}  // namespace blackstart
