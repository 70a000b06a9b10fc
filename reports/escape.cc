#include "reports/escape.h"

#include <cctype>

#include "base/text.h"

namespace blackstart {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }  // a UTF-8 character

/// U+FFFE and U+FFFF are UTF-8 but no XML characters.
bool is_noncharacter(std::string_view text, std::size_t at) {
  const std::string_view three = text.substr(at, 3);
  return three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF";
}

/// Underscores inside words (lost_after_fault) mean nothing to Markdown.
bool is_markup(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '_') return !(at > 0 && at + 1 < text.size() && is_word(text[at - 1]) && is_word(text[at + 1]));
  return std::string_view("\\`*[]<>|&~$").find(c) != std::string_view::npos;
}

}  // namespace

std::string xml_escape(std::string_view text) {
  const std::string clean = printable(text);
  std::string out;
  for (std::size_t at = 0; at < clean.size(); ++at) {
    switch (clean[at]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        if (is_noncharacter(clean, at)) {
          out += '?';
          at += 2;
        } else {
          out += clean[at];
        }
    }
  }
  return out;
}

std::string metrics_escape(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string markdown_escape(std::string_view text) {
  const std::string line = one_line(text);
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (is_markup(line, at)) out += '\\';
    out += line[at];
  }
  return out;
}

std::string one_line(std::string_view text) {
  std::string out = printable(text);
  for (char& c : out)
    if (c == '\n' || c == '\t') c = ' ';
  return std::string(trim(out));
}

std::string fit(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t at = 0;
  for (std::size_t characters = 0; at < text.size(); ++at) {
    if (continues(text[at])) continue;
    if (++characters == width) break;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text)
    if (!continues(c)) ++width;
  return width;
}

}  // namespace blackstart
