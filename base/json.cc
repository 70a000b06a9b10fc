// The JSON of journals and reports, compiled here for all who use the precompiled header (cmake/precompiled.h).
#include <nlohmann/json.hpp>

template class nlohmann::basic_json<nlohmann::ordered_map>;
