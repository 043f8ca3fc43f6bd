#pragma once
#include <cstddef>

namespace tributary::cli {

/// Lets this process have as many sockets as the system allows it: 200 partners and thousands of subscribers need more than the usual 1024. Answers how many
/// it may have now.
std::size_t raise_descriptor_limit();

}  // namespace tributary::cli
