#pragma once
// What most files include, parsed once (option BLACKSTART_PCH). Files still include what they use.

#include <boost/system/result.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Once, in base/json.cc, instead of in every file that uses it.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;
