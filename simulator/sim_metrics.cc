#include "simulator/sim_metrics.h"

#include "base/units.h"
#include "scenarios/arguments.h"
#include "scenarios/looks.h"
#include "simulator/sim_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace blackstart {
namespace {

constexpr double kTypicalLagS = 0.01;  // of a standby in step, where a figure is asked for
constexpr Duration kNow = SimMetrics::kEvery;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Whether a metric (or a condition, by one of its metrics) counts calls: of these alone the past is asked for.
bool counts_calls(std::string_view text) { return contains(text, "http_requests") || contains(text, "http_5xx"); }

bool looks_at_counts(const PlacedLook& look) {
  return look.call->word == "alert" && counts_calls(text_argument(*look.call, "when"));
}

}  // namespace

/// One condition, read from left to right.
class SimMetrics::Evaluation {
 public:
  Evaluation(const SimMetrics& metrics, std::string_view text)
      : metrics_(metrics), state_(metrics.state_), text_(text) {}

  Result<bool> condition() {
    BS_ASSIGN(std::vector<double> left, quotient());
    const std::string op = comparison();
    BS_ASSIGN(const std::vector<double> right, quotient());
    skip_blanks();
    if (op.empty() || at_ != text_.size() || right.size() != 1) return unsupported();
    return std::any_of(left.begin(), left.end(), [&](double value) { return compare(value, op, right.front()); });
  }

 private:
  [[nodiscard]] Error unsupported() const {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("the virtual world does not understand the alert \"{}\": it knows selectors, rate, increase, "
                    "sum, max, min, avg, one division and one comparison, over the metrics of docs/simulator.md",
                    text_));
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  std::string comparison() {
    for (const char* op : {"==", "!=", ">=", "<=", ">", "<"})
      if (take(op)) return op;
    return {};
  }
  static bool compare(double a, const std::string& op, double b) {
    if (op == "==") return a == b;
    if (op == "!=") return a != b;
    if (op == ">=") return a >= b;
    if (op == "<=") return a <= b;
    return op == ">" ? a > b : a < b;
  }

  Result<std::vector<double>> quotient() {
    BS_ASSIGN(std::vector<double> left, term());
    if (!take("/")) return left;
    BS_ASSIGN(const std::vector<double> right, term());
    if (right.size() != 1) return unsupported();
    for (double& value : left) value = right.front() == 0 ? 0 : value / right.front();
    return left;
  }

  Result<std::vector<double>> term() {
    skip_blanks();
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '.'))
      return number();
    std::string word;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_' || text_[at_] == ':'))
      word += text_[at_++];
    if (word.empty()) return unsupported();
    if (take("(")) return function(word);
    return selector(word, "");
  }

  Result<std::vector<double>> number() {
    double value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) return unsupported();
    at_ = static_cast<std::size_t>(end - text_.data());
    return std::vector<double>{value};
  }

  Result<std::vector<double>> function(const std::string& name) {
    if (name == "rate" || name == "increase") {
      skip_blanks();
      std::string metric;
      while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
        metric += text_[at_++];
      BS_ASSIGN(std::vector<double> values, selector(metric, name));
      if (!take(")")) return unsupported();
      return values;
    }
    BS_ASSIGN(const std::vector<double> values, term());
    if (!take(")")) return unsupported();
    return aggregate(name, values);
  }

  Result<std::vector<double>> aggregate(const std::string& name, const std::vector<double>& values) const {
    double result = 0;
    if (values.empty()) return std::vector<double>{};
    for (const double value : values) result += value;
    if (name == "avg") result /= static_cast<double>(values.size());
    if (name == "max") result = *std::max_element(values.begin(), values.end());
    if (name == "min") result = *std::min_element(values.begin(), values.end());
    if (name != "sum" && name != "avg" && name != "max" && name != "min") return unsupported();
    return std::vector<double>{result};
  }

  /// `metric{label="x"}[5m]`, of `function` ("" for the value now).
  Result<std::vector<double>> selector(const std::string& metric, const std::string& function) {
    std::string labels;
    if (take("{")) {
      while (at_ < text_.size() && text_[at_] != '}') labels += text_[at_++];
      if (!take("}")) return unsupported();
    }
    Duration window = kNow;
    if (take("[")) {
      const auto end = text_.find(']', at_);
      if (end == std::string_view::npos) return unsupported();
      BS_ASSIGN(window, parse_duration(text_.substr(at_, end - at_)));
      at_ = end + 1;
    }
    return values(metric, labels, function, window);
  }

  /// The service that a label names, by its name or as the end of a longer one ("shop-api" is api).
  [[nodiscard]] std::optional<ServiceIndex> named(const std::string& labels) const {
    for (const char* label : {"service", "job"}) {
      const auto at = labels.find(label);
      if (at == std::string::npos) continue;
      const auto begin = labels.find_first_of("'\"", at);
      const auto end = labels.find_first_of("'\"", begin + 1);
      if (begin == std::string::npos || end == std::string::npos) continue;
      const std::string name = labels.substr(begin + 1, end - begin - 1);
      if (const auto service = state_.model.find(name)) return service;
      for (ServiceIndex index = 0; index < state_.model.services().size(); ++index)
        if (name.ends_with("-" + state_.model.service(index).spec->name)) return index;
    }
    return std::nullopt;
  }

  Result<std::vector<double>> values(const std::string& metric, const std::string& labels, const std::string& function,
                                     Duration window) const {
    const auto service = named(labels);
    const bool errors =
        contains(labels, "5..") || contains(labels, "'5") || contains(labels, "\"5") || contains(metric, "5xx");
    if (counts_calls(metric)) {
      if (function.empty()) return unsupported();
      const double rate = metrics_.rate_of(service.value_or(state_.model.front()), errors, window);
      return std::vector<double>{function == "rate" ? rate : rate * to_seconds(window)};
    }
    if (!function.empty()) return unsupported();
    if (metric == "up") return each_member(service.value_or(state_.model.front()), "up");
    if (metric.ends_with("_up")) {
      const auto exported = state_.model.find(metric.substr(0, metric.size() - 3));
      return exported ? each_member(*exported, "up") : unsupported();
    }
    if (contains(metric, "http_request_duration")) return quantile(labels);
    return of_any(metric, service);
  }

  Result<std::vector<double>> each_member(ServiceIndex service, std::string_view) const {
    std::vector<double> values;
    for (const MemberIndex index : state_.model.service(service).members) {
      const Member& member = state_.model.member(index);
      if (!member.former) values.push_back(member.condition == Condition::kUp && !member.hung ? 1 : 0);
    }
    return values;
  }

  Result<std::vector<double>> quantile(const std::string& labels) const {
    const auto at = labels.find_first_of("0123456789");
    double share = 0.95;
    if (at != std::string::npos) std::from_chars(labels.data() + at, labels.data() + labels.size(), share);
    if (!state_.clients) return std::vector<double>{};
    return std::vector<double>{to_seconds(state_.clients->recent_service_time().percentile(share * 100))};
  }

  /// A metric that services have by their kind: of the one that is named, or of all that have it.
  Result<std::vector<double>> of_any(const std::string& metric, std::optional<ServiceIndex> service) const {
    std::vector<double> values;
    for (ServiceIndex index = 0; index < state_.model.services().size(); ++index) {
      if (service && *service != index) continue;
      if (const auto value = metrics_.value(index, metric)) values.push_back(*value);
    }
    if (values.empty()) return unsupported();
    return values;
  }

  const SimMetrics& metrics_;
  const SimState& state_;
  std::string_view text_;
  std::size_t at_ = 0;
};

SimMetrics::SimMetrics(SimState& state)
    : state_(state), counts_(std::ranges::any_of(looks_of(state.plan.spec.scenario), looks_at_counts)) {}

void SimMetrics::sample() {
  if (!counts_) return;
  Sample sample{state_.now(), {}};
  if (state_.flow) sample.served = state_.flow->served();
  samples_.push_back(std::move(sample));
  while (samples_.front().at + kKept < state_.now()) samples_.pop_front();
}

double SimMetrics::rate_of(ServiceIndex service, bool errors, Duration window) const {
  if (samples_.size() < 2) return 0;
  const auto since = std::find_if(samples_.begin(), samples_.end(),
                                  [&](const Sample& sample) { return sample.at + window >= samples_.back().at; });
  const auto count = [&](const Sample& sample) {
    if (service >= sample.served.size()) return std::uint64_t{0};
    return sample.served[service].errors + (errors ? 0 : sample.served[service].well);
  };
  const Duration length = samples_.back().at - since->at;
  if (length <= Duration{}) return 0;
  return static_cast<double>(count(samples_.back()) - count(*since)) / to_seconds(length);
}

Result<bool> SimMetrics::holds(std::string_view condition) const { return Evaluation(*this, condition).condition(); }

Result<double> SimMetrics::value(ServiceIndex index, std::string_view name) const {
  const Service& service = state_.model.service(index);
  if (name == "up") {
    const bool up = std::any_of(service.members.begin(), service.members.end(), [&](MemberIndex member) {
      return state_.model.member(member).condition == Condition::kUp && !state_.model.member(member).hung;
    });
    return up ? 1 : 0;
  }
  if (name == "replication_lag" && service.by_role && service.sql() != nullptr) {
    double lag = kTypicalLagS;
    for (const MemberIndex member : service.members) {
      const auto& held = state_.model.member(member).follows_until;
      if (held && !state_.model.member(member).former) lag = std::max(lag, to_seconds(state_.now() - *held));
    }
    return lag;
  }
  if (name == "hit_ratio" && service.cache() != nullptr) {
    const MemberIndex primary = state_.model.primary_of(index);
    if (primary == kNoMember || state_.model.member(primary).condition != Condition::kUp) return 0;
    return hit_ratio(state_.model.member(primary), *service.cache(), state_.now());
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("{} has no metric {} in the virtual world", service.spec->name, name));
}

}  // namespace blackstart
