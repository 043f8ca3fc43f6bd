#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "orchestrator/base/digest.hpp"

namespace tributary::pipeline {

// Our ids of what partners name: the same after any restart, on any node. Source: architecture 8.

inline std::string patient_id(std::string_view scope, std::string_view partner, std::string_view remote_id) {
    return make_id({scope, partner, "Patient", remote_id});
}
inline std::string document_id(std::string_view scope, std::string_view partner, std::string_view remote_id) {
    return make_id({scope, partner, "DocumentReference", remote_id});
}
/// Of the Basic that tells a Subscription how a Discovery goes.
inline std::string progress_id(
    std::string_view scope, std::string_view subscription, std::string_view discovery
) {
    return make_id({scope, subscription, "Progress", discovery});
}
/// Of one content of a DocumentReference.
inline std::string binary_id(
    std::string_view scope, std::string_view partner, std::string_view remote_id, std::size_t content
) {
    return make_id({scope, partner, "Binary", remote_id, std::to_string(content)});
}

}  // namespace tributary::pipeline
