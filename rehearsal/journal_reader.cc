#include "rehearsal/journal.h"

#include "base/hash.h"
#include "rehearsal/events.h"
#include "rehearsal/journal_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace blackstart {
namespace {

Error broken(const std::string& name, std::size_t line, std::string_view what) {
  return fail(ErrorCode::kInvalid,
              fmt::format("{}; the journal was changed or damaged after it was written, and nothing from this line on "
                          "can be trusted",
                          what),
              fmt::format("{}:{}", name, line));
}

/// Takes the line's own fields out of `object`, which keeps the type's.
bool take_envelope(Json& object, Event& event) {
  const auto seq = object.find("seq"), at = object.find("t"), wall = object.find("wall"), type = object.find("type");
  const auto none = object.end();
  if (seq == none || at == none || wall == none || type == none) return false;
  if (!seq->is_number_unsigned() || !at->is_number_integer() || !wall->is_string() || !type->is_string()) return false;
  const auto clock = parse_journal_wall(wall->get_ref<const std::string&>());
  if (!clock) return false;
  event.seq = seq->get<std::uint64_t>();
  event.at = instant_from_ns(at->get<std::int64_t>());
  event.wall = *clock;
  event.type = type->get<std::string>();
  for (const auto& [key, value] : object.items())
    if (key != "seq" && key != "t" && key != "wall" && key != "type" && key != "hash") event.body[key] = value;
  return true;
}

/// Its body becomes a value, but for the text of the latencies.
void take_value(Event& event) {
  if (event.type == "traffic.interval") {
    auto interval = traffic_interval_from_json(event.body);
    if (!interval) return;
    event.value = std::move(*interval);
    event.body = Json{{"latency", std::move(event.body["latency"])}};
  } else if (event.type == "notification.interval") {
    auto interval = notification_interval_from_json(event.body);
    if (!interval) return;
    event.value = std::move(*interval);
    event.body = Json::object();
  }
}

Status read_line(std::string_view line, const std::string& name, Intervals intervals, Journal& journal) {
  const std::size_t number = journal.events.size() + 1;
  const auto parts = split_journal_line(line);
  if (!parts) return broken(name, number, "this line does not end in its hash");
  if (journal_hash(journal.head, parts->without_hash) != parts->hash)
    return broken(name, number, "this line's hash does not fit it and the line before");
  Json object = Json::parse(line, nullptr, false);
  Event event;
  event.body = Json::object();
  if (!object.is_object() || !take_envelope(object, event) || event.seq != number)
    return broken(name, number, "this line is no journal event with its number, time and type");
  journal.head = parts->hash;
  if (event.type == "drill.finished") journal.finished = true;
  if (intervals == Intervals::kAsValues) take_value(event);
  journal.events.push_back(std::move(event));
  return ok();
}

/// A line without its newline: a crash cut it off, unless more stands there than a line has.
Status read_unended(std::string_view line, const std::string& name, Intervals intervals, Journal& journal) {
  if (split_journal_line(line)) return read_line(line, name, intervals, journal);
  if (split_journal_line(line.substr(0, line.size() - 1)))
    return broken(name, journal.events.size() + 1, "this line does not end in a newline");
  journal.torn = true;
  return ok();
}

}  // namespace

const Event* Journal::first(std::string_view type) const {
  const auto found = std::ranges::find(events, type, &Event::type);
  return found == events.end() ? nullptr : &*found;
}

const Event* Journal::last(std::string_view type) const {
  const auto found = std::find_if(events.rbegin(), events.rend(), [type](const Event& e) { return e.type == type; });
  return found == events.rend() ? nullptr : &*found;
}

Result<Journal> read_journal(std::string_view bytes, const std::string& name, Intervals intervals) {
  Journal journal;
  journal.sha256 = sha256_hex(bytes);
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      BS_TRY(read_unended(bytes, name, intervals, journal));
      break;
    }
    BS_TRY(read_line(bytes.substr(0, end), name, intervals, journal));
    bytes.remove_prefix(end + 1);
  }
  if (journal.events.empty())
    return fail(ErrorCode::kInvalid, "holds no whole line: this is no journal, or the drill died before its first act",
                name);
  return journal;
}

Result<Journal> load_journal(const std::string& path, Intervals intervals) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno(errno, "could not open the journal", path);
  std::string bytes;  // a drill of hours has tens of megabytes: room for them once, where the size is known
  std::error_code unknown;
  if (const auto size = std::filesystem::file_size(path, unknown); !unknown) bytes.reserve(size);
  std::vector<char> piece(std::size_t{1} << 16);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
    bytes.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return fail(ErrorCode::kIo, "could not read the journal to its end", path);
  return read_journal(bytes, path, intervals);
}

}  // namespace blackstart
