#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/records.hpp"
#include "fhir/resources/document_reference.hpp"

namespace tributary::pipeline {

/// Bytes that came inside a DocumentReference.
struct InlineData {
    std::string sha256;  ///< hex
    std::shared_ptr<std::string const> bytes;
};
struct PreparedPage {
    std::vector<cache::NewEntry> entries;
    std::vector<InlineData> bodies;  ///< to be stored before the entries
    bool partial = false;            ///< inline data that could not be used was left out
    std::size_t quarantined = 0;     ///< inline data left out: of another digest than its own metadata say
    std::size_t wrong_sizes = 0;     ///< inline data kept although the metadata say another size
};

/// A page as the cache wants it: our ids, inline data decoded, hashed and taken out of the resources. Data that is no base64 or longer than `document_limit`
/// counts as none. What names the partner's server, whose service `base` is, is taken out. Pure; for the worker. Source: architecture 8.
PreparedPage prepare(
    std::string const& scope,
    std::string const& partner,
    std::string_view base,
    std::vector<fhir::DocumentReference> documents,
    std::size_t document_limit
);

}  // namespace tributary::pipeline
