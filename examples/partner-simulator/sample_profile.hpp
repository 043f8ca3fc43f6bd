#pragma once
#include "examples/partner-simulator/network.hpp"

namespace tributary::simulator {

/// Eight communities around Bob Smith (born 1970-01-02): one document held by three of them, one community with another man of nearly the same name,
/// one slow, one failing, one that pages and slips in an entry of somebody else, one with html and rtf of one document, one that does not know him, one
/// with inline data.
Network make_sample_network();

}  // namespace tributary::simulator
