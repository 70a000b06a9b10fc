// The one source of the target that owns the precompiled header.
#include "cmake/precompiled.h"
