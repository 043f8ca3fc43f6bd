#pragma once
#include <cstddef>

#include "examples/partner-simulator/generator/source_data.hpp"

namespace tributary::simulator {

/// Makes each person `scale` people: the first as before, the others under names, ids and uniqueIds with a suffix. Bytes are shared.
void add_clones(SourceData& data, std::size_t scale);

}  // namespace tributary::simulator
