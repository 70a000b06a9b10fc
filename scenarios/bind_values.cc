// Values: durations, shares, rates, distributions.

#include "base/check.h"
#include "scenarios/bind.h"
#include "scenarios/samples.h"

#include <charconv>
#include <filesystem>

namespace blackstart {
namespace {

std::string beside(const std::string& folder, const std::string& file) {
  return (std::filesystem::path{folder} / file).lexically_normal().string();
}

Distribution read_samples_file(const std::string& file, const std::string& folder) {
  Distribution distribution;
  distribution.form = Distribution::Form::kSamples;
  distribution.file = file;
  if (folder.empty()) return distribution;
  auto samples = read_samples(beside(folder, file));
  BS_CHECK_MESSAGE(samples.has_value(), "the checker has let through what are no samples");
  distribution.samples = std::move(*samples);
  return distribution;
}

Distribution read_form(const std::string& form, const Node& map, const Node& value) {
  Distribution distribution;
  if (form == "median") {
    distribution.form = Distribution::Form::kLogNormal;
    distribution.first = read_duration(value);
    distribution.second = read_duration(*map.find("p95"));
  } else if (form == "exponential") {
    distribution.form = Distribution::Form::kExponential;
    distribution.first = read_duration(value);
  } else if (form == "uniform") {
    distribution.form = Distribution::Form::kUniform;
    distribution.first = read_duration(value.items.at(0));
    distribution.second = read_duration(value.items.at(1));
  } else if (form == "erlang") {
    distribution.form = Distribution::Form::kErlang;
    distribution.shape = read_integer(value, "shape", 1);
    distribution.first = read_duration(*value.find("mean"));
  } else {
    const Node& means = *value.find("means");
    distribution.form = Distribution::Form::kHyperexponential;
    distribution.p = read_number(*value.find("p"));
    distribution.first = read_duration(means.items.at(0));
    distribution.second = read_duration(means.items.at(1));
  }
  return distribution;
}

}  // namespace

Duration read_duration(const Node& node) {
  const auto length = parse_duration(node.scalar);
  BS_CHECK_MESSAGE(length.has_value(), "the checker has let through what is no duration");
  return *length;
}

Duration read_duration(const Node& map, const char* key, Duration fallback) {
  const Node* node = map.find(key);
  return node == nullptr ? fallback : read_duration(*node);
}

std::optional<Duration> read_optional_duration(const Node& map, const char* key) {
  const Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  return read_duration(*node);
}

Duration read_time_of_day(const std::string& text) {
  int hours = 0;
  int minutes = 0;
  std::from_chars(text.data(), text.data() + 2, hours);
  std::from_chars(text.data() + 3, text.data() + 5, minutes);
  return std::chrono::hours{hours} + std::chrono::minutes{minutes};
}

Share read_share(const Node& map, const char* key, Share fallback) {
  const Node* node = map.find(key);
  return node == nullptr ? fallback : *parse_share(node->scalar);
}

double read_number(const Node& node) {
  double value = 0;
  std::from_chars(node.scalar.data(), node.scalar.data() + node.scalar.size(), value);
  return value;
}

double read_size_rate(const std::string& text) {
  const auto size = parse_size(std::string_view{text}.substr(0, text.rfind('/')));
  BS_CHECK_MESSAGE(size.has_value(), "the checker has let through what is no size a second");
  return static_cast<double>(size->bytes);
}

int read_integer(const Node& map, const char* key, int fallback) {
  const Node* node = map.find(key);
  if (node == nullptr) return fallback;
  int value = 0;
  const char* const end = node->scalar.data() + node->scalar.size();
  const auto [stop, code] = std::from_chars(node->scalar.data(), end, value);
  BS_CHECK_MESSAGE(code == std::errc{} && stop == end, "the checker has let through what is no whole number");
  return value;
}

Retry read_retry(const Node& node) {
  Retry retry;
  retry.attempts = read_integer(node, "attempts", retry.attempts);
  retry.backoff = read_duration(node, "backoff", retry.backoff);
  if (node.text("jitter") == "none") retry.jitter = Retry::Jitter::kNone;
  retry.budget = read_share(node, "budget", Share{static_cast<double>(retry.attempts)});
  return retry;
}

Distribution read_distribution(const Node& node, const std::string& folder) {
  if (node.is_scalar()) return always(read_duration(node));
  BS_CHECK_MESSAGE(!node.entries.empty(), "the checker has let through what is no distribution");
  if (const Node* file = node.find("samples")) return read_samples_file(file->scalar, folder);
  const std::string form = node.find("median") != nullptr ? "median" : node.entries.front().key;
  return read_form(form, node, *node.find(form));
}

}  // namespace blackstart
