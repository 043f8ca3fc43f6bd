#pragma once
#include <set>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "cache/records.hpp"
#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/pipeline/page_admission.hpp"
#include "orchestrator/pipeline/surroundings.hpp"

namespace tributary::pipeline {

using boost::asio::awaitable;

/// Asks a holder what one DocumentReference says now: the bytes are others than it said, or no longer there. It is read by its id; at a partner that does
/// not let it be read so, all documents of the patient are asked for again.
/// Owner: Retrievals. Thread: the loop. Source: document-sharing B.3, D.4.
class EntryReread {
public:
    /// `surroundings` outlives it.
    explicit EntryReread(Surroundings const& surroundings)
        : around_(surroundings), admission_(surroundings, surroundings.logger) {}

    /// The holder as its entry, admitted anew, describes it. Deadline: bounds all pages together. Cancellation: terminal; nothing is admitted by halves.
    /// Errors: not_found (the partner does not serve the entry any more, or says that the document is gone), those of the partner's answer, storage.
    awaitable<Result<cache::Holder>> again(
        async::Deadline deadline, partner::Partner& partner, std::string scope, cache::Holder holder
    );

private:
    awaitable<Result<fhir::DocumentReference>> find(
        async::Deadline deadline, partner::Partner& partner, std::string scope, cache::Holder holder
    );
    awaitable<Result<fhir::DocumentReference>> search(
        async::Deadline deadline, partner::Partner& partner, partner::PatientMatch match, std::string entry
    );
    awaitable<Result<void>> admit(
        partner::Partner& partner, std::string scope, std::string patient, fhir::DocumentReference document
    );

    Surroundings const& around_;
    PageAdmission admission_;
    std::set<std::string> read_by_id_;  // partners where that has worked: what they do not find is not there
};

}  // namespace tributary::pipeline
