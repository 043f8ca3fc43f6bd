#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fhir/identity/acceptance.hpp"
#include "fhir/resources/document_reference.hpp"
#include "fhir/resources/patient.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::subscriptions {

/// Under which keys a Subscription is filed, so that a Patient finds the few that may want its documents: at least one of patient_keys(p) is in
/// subscription_keys(plan) for every Patient p that the plan accepts, whatever the acceptance. Keys are opaque; there is one for each alternative of
/// the narrowest parameter (our Patient id, identifier, family, first letter of given), else "*".
std::vector<std::string> subscription_keys(Plan const& plan);
/// All keys to look up for a Patient. A plan that names our Patient/{id} means its whole Person: look up the keys of each Patient of the Person.
std::vector<std::string> patient_keys(std::string_view patient_id, fhir::Patient const& patient);

/// Is this Patient one the Subscription asks for? `person_ids`: ids of all Patients of its Person (for patient=Patient/{id}).
bool wants_patient(
    Plan const& plan,
    fhir::identity::Acceptance acceptance,
    fhir::Patient const& patient,
    std::vector<std::string> const& person_ids
);
/// Do the filters let the document through? entered-in-error only where status asks for it.
bool wants_document(Plan const& plan, fhir::DocumentReference const& document);

}  // namespace tributary::subscriptions
