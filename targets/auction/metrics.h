#pragma once
// Prometheus text (version 0.0.4): counters, gauges and histograms that a role fills and prints. Loop's thread only.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart::auction {

/// Counts of observations by upper bounds, as Prometheus' histograms.
class BucketHistogram {
 public:
  explicit BucketHistogram(std::span<const double> bounds)
      : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {}
  void observe(double value);
  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  [[nodiscard]] std::span<const std::uint64_t> counts() const { return counts_; }
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::vector<double> bounds_;  // ascending
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
  std::uint64_t count_ = 0;
};

/// Seconds, from 100 us to 10 s.
inline constexpr std::array<double, 15> kLatencyBounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                       0.05,   0.1,     0.25,   0.5,   1,      2.5,   10};
inline constexpr std::array<double, 12> kSizeBounds{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};

/// What every role counts of its requests.
struct HttpMetrics {
  std::map<int, std::uint64_t> by_status;
  BucketHistogram duration{kLatencyBounds};
  void observe(int status, std::chrono::nanoseconds taken);
};

/// Builds the page. Each family's help and type come once, before its samples.
class MetricsPage {
 public:
  void counter(std::string_view name, std::string_view help, double value) { sample(name, "counter", help, "", value); }
  void gauge(std::string_view name, std::string_view help, double value) { sample(name, "gauge", help, "", value); }
  /// `labels`: `status="201"`. Repeated calls with one name make one family.
  void sample(std::string_view name, std::string_view type, std::string_view help, std::string_view labels,
              double value);
  void histogram(std::string_view name, std::string_view help, const BucketHistogram& histogram);
  void http(const HttpMetrics& metrics);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void head(std::string_view name, std::string_view type, std::string_view help);
  std::string text_;
  std::string family_;
};

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4";

}  // namespace blackstart::auction
