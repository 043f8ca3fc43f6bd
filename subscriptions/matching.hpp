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
/// subscription_key(plan) for every Patient p that the plan accepts, whatever the acceptance. One key a Subscription: "p|<our Patient id>" for a reference,
/// else "i|system|value", else "f|<folded family>", else "g|<first letter of folded given>", else "*".
std::vector<std::string> subscription_keys(Plan const& plan);
/// All keys to look up for a Patient: its id, identifiers, every prefix of its folded families (search acceptance), given letters, "*".
std::vector<std::string> patient_keys(std::string_view patient_id, fhir::Patient const& patient);

/// Is this Patient one the Subscription asks for? `person_ids`: ids of all Patients of its Person (for patient=Patient/{id}).
bool wants_patient(Plan const& plan, fhir::identity::Acceptance acceptance, fhir::Patient const& patient, std::vector<std::string> const& person_ids);
/// Do the filters let the document through? entered-in-error only where status asks for it.
bool wants_document(Plan const& plan, fhir::DocumentReference const& document);

}  // namespace tributary::subscriptions
