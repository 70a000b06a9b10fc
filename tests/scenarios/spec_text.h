#pragma once
// A Spec as text, field by field, for comparisons in tests.

#include "scenarios/spec.h"

#include <string>

namespace blackstart {

std::string spec_text(const Spec& spec);

}  // namespace blackstart
