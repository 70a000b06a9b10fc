#include "tests/reports/xml_check.h"

#include <cctype>
#include <regex>
#include <string_view>
#include <vector>

namespace blackstart::test {
namespace {

bool is_bad_character(unsigned char c) { return c < 0x20 && c != '\n' && c != '\t' && c != '\r'; }

/// Every & begins one of XML's own references.
bool has_bare_ampersand(const std::string& text) {
  static const std::regex kReference("&(amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);");
  const std::string rest = std::regex_replace(text, kReference, "");
  return rest.find('&') != std::string::npos;
}

/// The element's name, or "" when the tag (without < and >) is malformed.
std::string element_name(const std::string& tag) {
  static const std::regex kTag(R"(([A-Za-z][\w.-]*)(\s+[A-Za-z][\w.-]*="[^"<]*")*\s*/?)");
  std::smatch match;
  return std::regex_match(tag, match, kTag) ? match[1].str() : "";
}

}  // namespace

std::string xml_mistake(const std::string& xml) {
  for (const char c : xml)
    if (is_bad_character(static_cast<unsigned char>(c))) return "a control character";
  if (has_bare_ampersand(xml)) return "a bare &";
  std::vector<std::string> open;
  std::size_t elements = 0;
  for (std::size_t at = 0; (at = xml.find('<', at)) != std::string::npos;) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return "a tag without end";
    const std::string tag = xml.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.starts_with("?")) continue;
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) return "an end tag without its start: " + tag;
      open.pop_back();
      continue;
    }
    const std::string name = element_name(tag);
    if (name.empty()) return "a malformed tag: " + tag;
    if (open.empty() && elements > 0) return "more than one root";
    ++elements;
    if (tag.back() != '/') open.push_back(name);
  }
  if (!open.empty()) return "not closed: " + open.back();
  return elements == 0 ? "no element" : "";
}

}  // namespace blackstart::test
