#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/network.hpp"
#include "fhir/base/failure.hpp"

namespace tributary::simulator {

/// How a correct client accepts a Patient. Source: architecture 8; document-sharing A.4.
enum class Acceptance { strict, search };
/// Are the communities' faults switched on?
enum class Faults { on, off };

struct Holder {
    std::string partner, id;
    CopyClass copy_class = CopyClass::original;
};
/// A document that a correct client is told about, and by how many Events.
struct ExpectedDocument {
    std::string id;  ///< its master identifier, else partner/id of its first holder
    std::string title;
    std::string status;  ///< once all of it is known
    std::vector<Holder> holders;
    unsigned least_events = 1, most_events = 1;
};
struct Expectation {
    std::vector<ExpectedDocument> documents;
    std::vector<std::string> ambiguous, failed;  ///< partners
    std::vector<std::string>
        perhaps_ambiguous;  ///< of the ambiguous: a $match there finds nobody, as it has to
};

/// What `DocumentReference?patient.given=…` must yield, with retrieve eager, once every community has answered or failed and the documents are there. It knows from the data which instances are one
/// document and shares no matching code with the product. Errors: invalid (no such criteria), not_supported (a parameter the simulator does not know).
Result<Expectation> judge(
    Network const& network, Faults faults, std::string_view criteria, Acceptance acceptance
);

/// {documents: [{id, title, status, holders: [{partner, id, class}], events: [least, most]}], ambiguous: […], failed: […], perhaps_ambiguous: […]}
std::string to_json(Expectation const& expectation);

}  // namespace tributary::simulator
