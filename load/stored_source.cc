#include "load/stored_source.h"

#include "base/json_path.h"
#include "base/text.h"
#include "load/endpoint.h"
#include "load/http_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

constexpr std::size_t kLineMax = 64 * 1024;
constexpr std::size_t kPageMax = 256 * 1024 * 1024;
constexpr int kPageBids = 20'000;
constexpr std::size_t kShown = 120;

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string excerpt(std::string_view text) {
  return printable(text.substr(0, kShown)) + (text.size() > kShown ? "…" : "");
}

Error bad_status(const std::string& url, const HttpReader::Answer& answer) {
  return fail(ErrorCode::kProtocol, fmt::format("reading {} was answered {}{}; expected 200", url, answer.status,
                                                answer.body.empty() ? "" : ": " + excerpt(answer.body)));
}

/// The protocol: GET /bids, a bid a line, Next-Cursor.
class ProtocolSource final : public StoredSource {
 public:
  ProtocolSource(const BidMapping& mapping, const ContentMaker& content)
      : base_(mapping.read_back_url.empty() ? mapping.url : mapping.read_back_url),
        drill_id_(mapping.drill_id),
        headers_(mapping.headers),
        content_(content) {}

  Status read(const Take& take, const Limit& limit) override {
    HttpReader reader({"next-cursor"}, headers_, limit.deadline, limit.stop);
    std::string cursor;
    for (;;) {
      std::string url = join_url(base_, fmt::format("/bids?drill={}&limit={}", percent_encode(drill_id_), kPageBids));
      if (!cursor.empty()) url += "&after=" + percent_encode(cursor);
      BS_ASSIGN(const std::string next, read_page(reader, url, take));
      if (next.empty()) return ok();
      if (next == cursor) {
        return fail(ErrorCode::kProtocol,
                    fmt::format("reading {}: Next-Cursor repeats itself (\"{}\"): the pages would never end", url,
                                excerpt(cursor)));
      }
      cursor = next;
    }
  }

 private:
  /// Returns the next page's cursor, empty on the last.
  Result<std::string> read_page(HttpReader& reader, const std::string& url, const Take& take) const {
    LineSplitter lines([&](std::string_view line) -> Status {
      const ReadLine read = read_stored_line(line, drill_id_, content_);
      if (read.kind == LineKind::kBid) take(read.bid);
      if (read.kind != LineKind::kMalformed) return ok();
      return fail(ErrorCode::kProtocol, fmt::format("reading {}: \"{}\" is no stored bid; expected a JSON object with "
                                                    "id, auction, bidder, amount and crc",
                                                    url, excerpt(line)));
    });
    BS_ASSIGN(const auto answer, reader.get(url, [&](std::string_view piece) { return lines.feed(piece); }));
    if (answer.status != 200) return bad_status(url, answer);
    if (!answer.framed) {
      return fail(ErrorCode::kProtocol,
                  fmt::format("reading {}: the answer has neither Content-Length nor chunks, so that "
                              "a cut connection would look like its end",
                              url));
    }
    BS_TRY(lines.finish());
    return answer.headers[0].value_or("");
  }

  std::string base_, drill_id_;
  HttpReader::Headers headers_;
  const ContentMaker& content_;
};

/// Another API's JSON pages.
class JsonSource final : public StoredSource {
 public:
  static Result<std::unique_ptr<StoredSource>> create(const BidMapping& mapping, const ContentMaker& content,
                                                      bool plain) {
    std::unique_ptr<JsonSource> source(new JsonSource(mapping, content, plain));
    BS_ASSIGN(source->items_, JsonPath::parse(mapping.items));
    BS_ASSIGN(source->id_, JsonPath::parse(mapping.id));
    if (!mapping.crc.empty()) {
      BS_ASSIGN(source->crc_, JsonPath::parse(mapping.crc));
    }
    if (!mapping.next.empty()) {
      BS_ASSIGN(source->next_, JsonPath::parse(mapping.next));
    }
    return std::unique_ptr<StoredSource>(std::move(source));
  }

  Status read(const Take& take, const Limit& limit) override {
    HttpReader reader({}, headers_, limit.deadline, limit.stop);
    std::string cursor;
    Items items;
    for (;;) {
      const std::string url = url_of(cursor);
      BS_ASSIGN(std::string next, read_page(reader, url, take, items));
      if (next.empty()) return items.with_id > 0 || items.without_id.empty() ? ok() : no_ids(url, items);
      if (next == cursor) {
        return fail(ErrorCode::kProtocol,
                    fmt::format("reading {}: the next page is this page again: they would never end", url));
      }
      cursor = std::move(next);
    }
  }

 private:
  /// What has no id is another's item, as long as any item has one: else the path is wrong, and all would look lost.
  struct Items {
    std::uint64_t with_id = 0;
    std::string without_id;  // the first, shortened; "": none
  };

  JsonSource(const BidMapping& mapping, const ContentMaker& content, bool plain)
      : url_(mapping.read_back_url),
        drill_id_(mapping.drill_id),
        headers_(mapping.read_back_headers),
        content_(content),
        plain_(plain) {}

  [[nodiscard]] std::string url_of(const std::string& cursor) const {
    if (cursor.starts_with("http://") || cursor.starts_with("https://")) return cursor;  // the API names whole urls
    std::string url = url_;
    for (const auto& [name, value] :
         {std::pair{std::string("cursor"), percent_encode(cursor)}, {"drill.id", percent_encode(drill_id_)}}) {
      for (std::size_t begin = url.find("{{"); begin != std::string::npos; begin = url.find("{{", begin + 1)) {
        const std::size_t end = url.find("}}", begin);
        if (end == std::string::npos || trim(std::string_view(url).substr(begin + 2, end - begin - 2)) != name)
          continue;
        url.replace(begin, end + 2 - begin, value);
      }
    }
    return url;
  }

  Result<std::string> read_page(HttpReader& reader, const std::string& url, const Take& take, Items& seen) const {
    std::string text;
    BS_ASSIGN(const auto answer, reader.get(url, [&](std::string_view piece) -> Status {
      if (text.size() + piece.size() > kPageMax) {
        return fail(ErrorCode::kProtocol, fmt::format("reading {}: a page is above {} MiB", url, kPageMax >> 20));
      }
      text.append(piece);
      return ok();
    }));
    if (answer.status != 200) return bad_status(url, answer);
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_discarded())
      return fail(ErrorCode::kProtocol, fmt::format("reading {}: \"{}\" is no JSON", url, excerpt(text)));
    const nlohmann::json* const items = items_->find(json);
    if (items == nullptr || !items->is_array()) {
      return fail(ErrorCode::kProtocol, fmt::format("reading {}: the page has no list at {}", url, items_->text()));
    }
    for (const auto& item : *items) take_item(item, take, seen);
    const nlohmann::json* const next = next_ ? next_->find(json) : nullptr;
    return next == nullptr || next->is_null() ? std::string() : json_text(*next);
  }

  [[nodiscard]] Status no_ids(const std::string& url, const Items& items) const {
    return fail(ErrorCode::kProtocol,
                fmt::format("reading {}: no item has {}; the first is {}", url, id_->text(), items.without_id));
  }

  void take_item(const nlohmann::json& item, const Take& take, Items& seen) const {
    const nlohmann::json* const id = id_->find(item);
    if (id == nullptr) {
      if (seen.without_id.empty())
        seen.without_id = excerpt(item.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      return;
    }
    ++seen.with_id;
    std::optional<std::string> crc;
    if (crc_) {
      const nlohmann::json* const found = crc_->find(item);
      crc = found == nullptr ? "" : json_text(*found);
    }
    const ReadLine read = read_stored_id(json_text(*id), crc, drill_id_, plain_, content_);
    if (read.kind == LineKind::kBid) take(read.bid);
  }

  std::string url_, drill_id_;
  HttpReader::Headers headers_;
  const ContentMaker& content_;
  bool plain_;
  std::optional<JsonPath> items_, id_, crc_, next_;
};

/// A command that prints one id (and checksum) a line.
class CommandSource final : public StoredSource {
 public:
  CommandSource(const BidMapping& mapping, const ContentMaker& content, bool plain)
      : mapping_(mapping), content_(content), plain_(plain) {}

  Status read(const Take& take, const Limit& limit) override {
    return run_for_lines(
        mapping_,
        [&](std::string_view line) -> Status {
          const std::size_t gap = std::min(line.find_first_of(" \t,;"), line.size());
          const std::string_view crc = trim(line.substr(std::min(gap + 1, line.size())));
          const ReadLine read = read_stored_id(line.substr(0, gap), crc.empty() ? std::nullopt : std::optional(crc),
                                               mapping_.drill_id, plain_, content_);
          if (read.kind == LineKind::kBid) take(read.bid);
          return ok();
        },
        limit);
  }

 private:
  BidMapping mapping_;
  const ContentMaker& content_;
  bool plain_;
};

/// Whether bids were sent with a bare number for an id: nowhere does the drill's id stand before it.
bool sends_plain_ids(const BidMapping& mapping) {
  if (mapping.protocol_bids) return true;
  std::string all = mapping.url + mapping.body;
  for (const auto& header : mapping.headers) all += header.second;
  const bool fresh = all.find("drill.id") == std::string::npos;
  return fresh && (mapping.drill_id.empty() || all.find(mapping.drill_id) == std::string::npos);
}

}  // namespace

Status LineSplitter::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      if (rest_.size() + bytes.size() > kLineMax)
        return fail(ErrorCode::kProtocol, "a line of the read-back is above 64 KiB");
      rest_.append(bytes);
      return ok();
    }
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (!rest_.empty()) {
      rest_.append(line);
      line = rest_;
    }
    line = trim(line);
    if (!line.empty()) BS_TRY(take_(line));
    rest_.clear();
  }
  return ok();
}

Status LineSplitter::finish() {
  const std::string_view line = trim(rest_);
  if (!line.empty()) BS_TRY(take_(line));
  rest_.clear();
  return ok();
}

Result<std::unique_ptr<StoredSource>> StoredSource::create(const BidMapping& mapping, const ContentMaker& content) {
  using Kind = LoadMapping::ReadBackKind;
  switch (mapping.read_back) {
    case Kind::kBids:
      return std::unique_ptr<StoredSource>(std::make_unique<ProtocolSource>(mapping, content));
    case Kind::kHttp:
      return JsonSource::create(mapping, content, sends_plain_ids(mapping));
    case Kind::kRun:
      return std::unique_ptr<StoredSource>(std::make_unique<CommandSource>(mapping, content, sends_plain_ids(mapping)));
    case Kind::kSql:
      return fail(ErrorCode::kUnsupported, "read_back: sql is not supported yet; use http or run");
    case Kind::kKafka:
      return fail(ErrorCode::kUnsupported, "read_back: kafka is not supported yet; use http or run");
    case Kind::kNone:
      break;
  }
  return fail(ErrorCode::kUnsupported, "the target has no read_back, so that nobody can tell what it lost");
}

}  // namespace blackstart
