#include "load/classify.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace blackstart {
namespace {

constexpr std::array kRefusedStatuses = {400, 401, 403, 404, 405, 409, 413, 422, 429};
constexpr std::size_t kStoredHeader = 0;  // index of blackstart-stored

bool contains(const std::vector<int>& list, int status) {
  return std::find(list.begin(), list.end(), status) != list.end();
}

/// "Too many" may be a yes later; any other refusal of what a bid says stays one.
bool refusal_may_pass(int status) { return status == 429 || status >= 500; }

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

Result<Classifier> Classifier::create(const BidMapping& mapping) {
  Classifier made;
  made.protocol_ = mapping.protocol_bids;
  made.acknowledged_ = mapping.acknowledged;
  made.refused_ = mapping.refused;
  made.kept_headers_.emplace_back("blackstart-stored");
  if (!made.protocol_ && made.acknowledged_.empty()) {
    return fail(ErrorCode::kInvalid, "load.http.acknowledged lists no status: no answer could ever acknowledge a bid");
  }
  for (const auto& [key, value] : mapping.degraded_when) {
    DegradedWhen when;
    when.value = value;
    if (key.starts_with('$')) {
      BS_ASSIGN(when.path, JsonPath::parse(key));
      made.limits_.kept_bytes_max = 16 * 1024;
    } else {
      when.header = made.kept_headers_.size();
      made.kept_headers_.push_back(lower_case(key));
    }
    made.degraded_when_.push_back(std::move(when));
  }
  return made;
}

AnswerMeaning Classifier::classify(const HttpParser& response, std::uint64_t id) const {
  const int status = response.status();
  bool acknowledged = false;
  bool refused = false;
  if (protocol_) {
    acknowledged = status == 201 && says_stored(response.body(), id);
    refused = std::find(kRefusedStatuses.begin(), kRefusedStatuses.end(), status) != kRefusedStatuses.end();
    const std::string* stored = response.header(kStoredHeader);
    refused = refused || (status == 503 && stored != nullptr && lower_case(*stored) == "no");
  } else {
    acknowledged = contains(acknowledged_, status);
    refused = contains(refused_, status);
  }
  if (acknowledged) return {degraded(response) ? AttemptOutcome::kDegraded : AttemptOutcome::kAcknowledged, false};
  if (refused) return {AttemptOutcome::kRefused, refusal_may_pass(status)};
  return {AttemptOutcome::kIndeterminate, true};
}

bool Classifier::degraded(const HttpParser& response) const {
  for (const DegradedWhen& when : degraded_when_) {
    if (!when.path) {
      const std::string* const value = response.header(when.header);
      if (value != nullptr && *value == when.value) return true;
      continue;
    }
    const auto json = nlohmann::json::parse(response.body(), nullptr, false);
    if (json.is_discarded()) continue;
    const nlohmann::json* const value = when.path->find(json);
    if (value != nullptr && json_text(*value) == when.value) return true;
  }
  return false;
}

bool says_stored(std::string_view body, std::uint64_t id) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, id).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  // The spelling that targets of the protocol use, without parsing.
  constexpr std::string_view kBefore = "{\"id\":\"";
  constexpr std::string_view kAfter = "\",\"stored\":true";
  if (body.starts_with(kBefore) && body.substr(kBefore.size()).starts_with(text) &&
      body.substr(kBefore.size() + text.size()).starts_with(kAfter)) {
    const char next = body.size() > kBefore.size() + text.size() + kAfter.size()
                          ? body[kBefore.size() + text.size() + kAfter.size()]
                          : '\0';
    if (next == ',' || next == '}') return true;
  }
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return false;
  const auto stored = json.find("stored");
  const auto named = json.find("id");
  return stored != json.end() && stored->is_boolean() && stored->get<bool>() && named != json.end() &&
         json_text(*named) == text;
}

}  // namespace blackstart
