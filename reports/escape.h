#pragma once
// Texts from outside (step outputs, proofs, names) made safe for each format. All take any bytes: what is no UTF-8 and
// what is a control character is replaced first. Pure.

#include <string>
#include <string_view>

namespace blackstart {

/// For XML 1.0 text and attribute values (in double quotes).
std::string xml_escape(std::string_view text);
/// For a label value of OpenMetrics.
std::string metrics_escape(std::string_view text);
/// For one cell of a Markdown table, or a Markdown paragraph: on one line, without effect on the page around it.
std::string markdown_escape(std::string_view text);
/// On one line: line ends and tabs become spaces.
std::string one_line(std::string_view text);
/// At most `width` characters (code points): the rest is cut, and an ellipsis says so.
std::string fit(std::string_view text, std::size_t width);
/// Characters (code points) of valid UTF-8.
std::size_t width_of(std::string_view text);

}  // namespace blackstart
