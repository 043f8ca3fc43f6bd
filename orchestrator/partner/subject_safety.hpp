#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/resources/document_reference.hpp"
#include "orchestrator/partner/community.hpp"

namespace tributary::partner {

/// Is this DocumentReference about the Patient whose documents were asked for? By id, by URL below one of `bases` (compared without scheme), by an
/// identifier known from PD, or by a contained Patient who is the same person; none at all only where `filter_proven` says that the partner applied our
/// patient parameter, and nothing in the document contradicts. Pure. Source: document-sharing F.2 [F3].
bool is_about(
    fhir::DocumentReference const& document,
    PatientMatch const& match,
    std::vector<std::string> const& bases,
    bool filter_proven
);

/// What a page's self link says of our patient parameter.
enum class PatientFilter {
    unsaid,   ///< there is no parameter about the patient in it
    applied,  ///< DocumentReferences of this Patient were looked for, and of nobody else
    another   ///< something else was: another Patient, a modifier, another type, or it cannot be read
};
/// By what the link itself says, whatever earlier pages said. `bases` as in is_about(). Pure. Source: document-sharing F.2 [F3].
PatientFilter patient_filter(
    std::string_view self_link, std::string_view remote_id, std::vector<std::string> const& bases
);

}  // namespace tributary::partner
