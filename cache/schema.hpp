#pragma once
#include "cache/database_file.hpp"

namespace tributary::cache {

/// The tables of the cache. Their names are the architecture's words.
FileKind cache_file();
/// The tables of the BodyStore.
FileKind bodies_file();

}  // namespace tributary::cache
