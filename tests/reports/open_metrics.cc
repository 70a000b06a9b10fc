#include "tests/reports/open_metrics.h"

#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace blackstart::test {
namespace {

/// One family while its lines are read.
struct Family {
  std::string name, type, unit;
  std::map<std::string, double> bucket, infinity, count;  // by the labels without le
};

class Checker {
 public:
  std::string check(const std::string& page) {
    std::istringstream lines(page);
    std::string line;
    bool ended = false;
    while (std::getline(lines, line)) {
      if (ended) return "a line after # EOF";
      if (line == "# EOF")
        ended = true;
      else if (const std::string mistake = line.starts_with("#") ? metadata(line) : sample(line); !mistake.empty())
        return mistake + ": " + line;
    }
    if (!ended || !page.ends_with("# EOF\n")) return "no # EOF at the end";
    return finish();
  }

 private:
  std::string metadata(const std::string& line) {
    static const std::regex kMetadata("# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
    std::smatch match;
    if (!std::regex_match(line, match, kMetadata)) return "malformed metadata";
    if (match[1] == "TYPE") {
      if (const std::string mistake = finish(); !mistake.empty()) return mistake;
      if (!seen_.insert(match[2]).second) return "a family twice";
      family_ = {};
      family_.name = match[2];
      family_.type = match[3];
      return "";
    }
    if (match[2] != family_.name) return "metadata of another family";
    if (match[1] == "UNIT" && !family_.name.ends_with("_" + match[3].str())) return "the name lacks its unit";
    return "";
  }

  std::string sample(const std::string& line) {
    static const std::regex kSample(
        R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\\\|\\"|\\n)*",?)*)\})? (\S+))re");
    std::smatch match;
    if (!std::regex_match(line, match, kSample)) return "malformed sample";
    const std::string name = match[1];
    if (family_.name.empty() || !name.starts_with(family_.name)) return "a sample without its TYPE";
    double value = 0;
    try {
      value = std::stod(match[4]);
    } catch (const std::exception&) {
      return "no number";
    }
    if (!samples_.insert(match[0].str().substr(0, match[0].str().rfind(' '))).second) return "a sample twice";
    const std::string suffix = name.substr(family_.name.size());
    if (family_.type == "counter") return suffix == "_total" && value >= 0 ? "" : "a counter is named _total";
    if (family_.type == "gauge") return suffix.empty() ? "" : "a gauge has no suffix";
    return histogram(suffix, match[3], value);
  }

  std::string histogram(const std::string& suffix, const std::string& labels, double value) {
    if (suffix == "_count") family_.count[labels] = value;
    if (suffix == "_count" || suffix == "_sum") return "";
    static const std::regex kEdge(R"re(,?le="(\+Inf|[0-9]+\.[0-9]+)"$)re");
    std::smatch match;
    if (suffix != "_bucket" || !std::regex_search(labels, match, kEdge)) return "a malformed bucket";
    const std::string others = match.prefix();
    if (family_.bucket.contains(others) && value < family_.bucket[others]) return "buckets fall";
    family_.bucket[others] = value;
    if (match[1] == "+Inf") family_.infinity[others] = value;
    return "";
  }

  /// After a family's last line.
  std::string finish() const {
    if (family_.type != "histogram") return "";
    return family_.infinity == family_.count && !family_.count.empty() ? ""
                                                                       : "+Inf and _count differ in " + family_.name;
  }

  Family family_;
  std::set<std::string> seen_, samples_;
};

}  // namespace

std::string open_metrics_mistake(const std::string& page) { return Checker().check(page); }

}  // namespace blackstart::test
