#pragma once
// A small well-formedness check of XML 1.0 as JUnit files use it: elements, attributes, text, the declaration.

#include <string>

namespace blackstart::test {

/// What is wrong with `xml`, or "".
std::string xml_mistake(const std::string& xml);

}  // namespace blackstart::test
