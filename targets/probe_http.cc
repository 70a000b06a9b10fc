#include "targets/probe_http.h"

#include "base/json_path.h"
#include "base/text.h"
#include "base/units.h"
#include "scenarios/arguments.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include <fmt/format.h>

namespace blackstart {
namespace {

Result<HttpRequest> request_of(const ProbeContext& context, const Call& probe) {
  HttpRequest request;
  request.method = text_argument(probe, "method", "GET");
  BS_ASSIGN(request.url, context.templates.fill_for_request(text_argument(probe, "url")));
  BS_ASSIGN(request.body, context.templates.fill_for_request(text_argument(probe, "body")));
  if (const Node* headers = probe.arguments.find("headers")) {
    for (const Node::Entry& header : headers->entries) {
      BS_ASSIGN(std::string value, context.templates.fill_for_request(header.value.scalar));
      request.headers.emplace_back(header.key, std::move(value));
    }
  }
  return request;
}

bool status_is_right(const Call& probe, int status) {
  const std::vector<std::string> wanted = list_argument(probe, "status");
  if (wanted.empty()) return status >= 200 && status < 300;
  return std::ranges::find(wanted, std::to_string(status)) != wanted.end();
}

/// What is wrong with the JSON of the answer; nothing when it is as said.
Result<std::optional<std::string>> json_complaint(const ProbeContext& context, const Node& wanted,
                                                  const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_discarded()) return std::optional<std::string>("its answer is no JSON");
  for (const Node::Entry& entry : wanted.entries) {
    BS_ASSIGN(const JsonPath path, JsonPath::parse(entry.key));
    BS_ASSIGN(const std::string expected, context.templates.fill_for_request(entry.value.scalar));
    const auto* found = path.find(json);
    if (found == nullptr) return std::optional<std::string>(fmt::format("its answer has no {}", entry.key));
    const std::string actual = json_text(*found);
    if (actual != expected) {
      return std::optional<std::string>(
          fmt::format("{} is {}, not {}", entry.key, printable(actual.substr(0, 200)), expected));
    }
  }
  return std::optional<std::string>();
}

}  // namespace

Result<Observation> probe_http(const ProbeContext& context, const Call& probe, const BlockingLimit& limit) {
  BS_ASSIGN(const HttpRequest request, request_of(context, probe));
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = http_exchange(request, limit);
  const Duration took = std::chrono::steady_clock::now() - begin;
  if (!answer) {
    const ErrorCode code = answer.error().code;
    if (code == ErrorCode::kCancelled || code == ErrorCode::kInvalid) return answer.error();
    return Observation{false, answer.error().message};
  }
  const std::string seen =
      fmt::format("{} {} answered {} in {}", request.method, request.url, answer->status, human_duration(took));
  if (!status_is_right(probe, answer->status)) return Observation{false, seen};
  if (const Node* wanted = probe.arguments.find("json")) {
    BS_ASSIGN(const auto complaint, json_complaint(context, *wanted, answer->body));
    if (complaint) return Observation{false, seen + ", but " + *complaint};
  }
  const Duration within = duration_argument(probe, "within", Duration::max());
  if (took > within) return Observation{false, fmt::format("{}, later than {}", seen, spell_duration(within))};
  return Observation{true, seen};
}

}  // namespace blackstart
