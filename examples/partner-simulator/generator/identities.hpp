#pragma once
#include "examples/partner-simulator/generator/source_data.hpp"

namespace tributary::simulator {

/// Says which of a person's source documents are one, and gives each a uniqueId as a careful gateway would. Byte-identical files are one document. An id inside
/// that other documents of the same person carry as well, a copied sample id, stays where set or version inside tell them apart (a natural conflict);
/// otherwise the later ones, and those without any, get an id of their own.
void settle_identities(SourcePerson& person);

}  // namespace tributary::simulator
