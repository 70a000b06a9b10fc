#include "scenarios/diagnostics.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace blackstart {

Spot Spot::child(const Position& position, std::string_view key) const {
  return Spot{position, path.empty() ? std::string{key} : fmt::format("{}.{}", path, key), item};
}

Spot Spot::named_after(const Node& node) const {
  Spot spot = *this;
  for (const char* key : {"name", "title"}) {
    const Node* name = node.find(key);
    if (name == nullptr || !name->is_scalar() || name->scalar.empty() || spot.path.empty()) continue;
    spot.item = name->scalar;
    break;
  }
  return spot;
}

void Diagnostics::add(const Spot& spot, std::string_view found, std::string_view allowed, std::string_view word,
                      std::span<const std::string> candidates) {
  std::string message = fmt::format("found {}; allowed: {}", found, allowed);
  const auto near = nearest_word(word, candidates);
  const bool telling = near && (word.size() > 2 || near->size() > 2);  // of "P7" and "P1" nothing can be guessed
  if (telling) message += fmt::format("; did you mean \"{}\"?", *near);
  add_message(spot, message);
}

void Diagnostics::add_message(const Spot& spot, std::string_view message) {
  std::string place = printable(spot.path);
  if (!spot.item.empty()) place += fmt::format(" (in \"{}\")", printable(spot.item));
  if (!place.empty()) place += ": ";
  add_error(fail(ErrorCode::kInvalid, place + std::string{message}), spot.where);
}

void Diagnostics::add_error(Error error, const Position& where) {
  error.context = where.to_string();
  found_.push_back(Found{where, std::move(error)});
}

void Diagnostics::mark_broken(const Position& where) { broken_.insert(where.to_string()); }
bool Diagnostics::is_broken(const Position& where) const { return broken_.contains(where.to_string()); }

void Diagnostics::note_file(const std::string& file) {
  if (std::find(files_.begin(), files_.end(), file) == files_.end()) files_.push_back(file);
}

std::size_t Diagnostics::file_order(const std::string& file) const {
  return static_cast<std::size_t>(std::find(files_.begin(), files_.end(), file) - files_.begin());
}

std::vector<Error> Diagnostics::sorted() const {
  std::vector<Found> ordered = found_;
  std::stable_sort(ordered.begin(), ordered.end(), [this](const Found& a, const Found& b) {
    return std::tuple{file_order(a.where.file), a.where.line, a.where.column} <
           std::tuple{file_order(b.where.file), b.where.line, b.where.column};
  });
  std::vector<Error> errors;
  for (Found& found : ordered) {
    const bool again = std::any_of(errors.begin(), errors.end(), [&](const Error& error) {
      return error.context == found.error.context && error.message == found.error.message;
    });
    if (!again) errors.push_back(std::move(found.error));
  }
  return errors;
}

std::string describe_found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kList:
      return node.items.empty() ? "an empty list" : fmt::format("a list of {}", node.items.size());
    case Node::Kind::kMap:
      return node.entries.empty() ? "an empty map" : "a map";
    case Node::Kind::kScalar:
      break;
  }
  if (node.scalar.empty()) return "an empty text";
  constexpr std::size_t kShownMax = 80;
  const std::string shown = printable(std::string_view{node.scalar}.substr(0, kShownMax));
  return fmt::format("\"{}{}\"", shown, node.scalar.size() > kShownMax ? "…" : "");
}

}  // namespace blackstart
