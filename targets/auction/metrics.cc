#include "targets/auction/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart::auction {

void BucketHistogram::observe(double value) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  sum_ += value;
  ++count_;
}

void HttpMetrics::observe(int status, std::chrono::nanoseconds taken) {
  ++by_status[status];
  duration.observe(static_cast<double>(taken.count()) * 1e-9);
}

void MetricsPage::head(std::string_view name, std::string_view type, std::string_view help) {
  if (family_ == name) return;
  family_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsPage::sample(std::string_view name, std::string_view type, std::string_view help, std::string_view labels,
                         double value) {
  head(name, type, help);
  const bool bare = labels.empty();
  fmt::format_to(std::back_inserter(text_), "{}{}{}{} {}\n", name, bare ? "" : "{", labels, bare ? "" : "}", value);
}

void MetricsPage::histogram(std::string_view name, std::string_view help, const BucketHistogram& histogram) {
  head(name, "histogram", help);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.bounds().size(); ++i) {
    below += histogram.counts()[i];
    fmt::format_to(std::back_inserter(text_), "{}_bucket{{le=\"{}\"}} {}\n", name, histogram.bounds()[i], below);
  }
  fmt::format_to(std::back_inserter(text_), "{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", name,
                 histogram.count(), histogram.sum());
}

void MetricsPage::http(const HttpMetrics& metrics) {
  for (const auto& [status, count] : metrics.by_status) {
    sample("http_requests_total", "counter", "Requests answered.", fmt::format("status=\"{}\"", status),
           static_cast<double>(count));
  }
  histogram("http_request_duration_seconds", "From a request's last byte to its answer.", metrics.duration);
}

}  // namespace blackstart::auction
