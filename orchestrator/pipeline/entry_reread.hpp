#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "cache/records.hpp"
#include "fhir/base/failure.hpp"
#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/pipeline/page_admission.hpp"
#include "orchestrator/pipeline/surroundings.hpp"

namespace tributary::pipeline {

using boost::asio::awaitable;

/// Asks a holder what one DocumentReference says now: the bytes are others than it said, or no longer there. It is read by its id; at a partner that does
/// not let it be read so, all documents of the patient are asked for again, page by page, once for all its entries that are wanted within a minute.
/// Owner: Retrievals. Thread: the loop. Source: document-sharing B.3, D.4.
class EntryReread {
public:
    /// `surroundings` outlives it.
    explicit EntryReread(Surroundings const& surroundings)
        : around_(surroundings), admission_(surroundings, surroundings.logger) {}

    /// The holder as its entry, admitted anew, describes it. `missing`: gets what else is to be retrieved of what was admitted. Deadline: bounds all pages together. Cancellation: terminal; nothing is admitted by halves.
    /// Errors: not_found (the partner does not serve the entry any more, or says that the document is gone), those of the partner's answer, storage.
    awaitable<Result<cache::Holder>> again(
        async::Deadline deadline,
        partner::Partner& partner,
        std::string scope,
        cache::Holder holder,
        std::vector<std::string>& missing
    );

private:
    /// Through the pages of one Patient's documents, as far as anybody needed.
    struct Walk {
        partner::PatientMatch match;
        async::Clock::TimePoint begun;
        std::optional<partner::Page> next = partner::Page();  // none: that was the last page
        std::set<std::string> listed;                         // the partner's ids of what is admitted
        bool cut_short = false;                               // the partner has left something out
        bool broken = false;                                  // a page was not admitted to its end
        async::Semaphore turn{1};
    };
    using WalkPtr = std::shared_ptr<Walk>;
    using WalkKey = std::pair<std::string, std::string>;  // partner, our id of the Patient

    awaitable<Result<void>> refresh(
        async::Deadline deadline,
        partner::Partner& partner,
        std::string scope,
        cache::Holder holder,
        std::vector<std::string>& missing
    );
    awaitable<Result<void>> search(
        async::Deadline deadline,
        partner::Partner& partner,
        std::string scope,
        cache::Holder holder,
        WalkPtr walk,
        std::vector<std::string>& missing
    );
    awaitable<Result<void>> admit(
        partner::Partner& partner,
        std::string scope,
        std::string patient,
        partner::FoundDocuments found,
        std::vector<std::string>& missing
    );
    awaitable<Result<void>> walk_on(
        async::Deadline deadline,
        partner::Partner& partner,
        std::string scope,
        std::string patient,
        WalkPtr walk,
        std::vector<std::string>& missing
    );
    WalkPtr walk_of(WalkKey const& key);

    Surroundings const& around_;
    PageAdmission admission_;
    std::map<WalkKey, WalkPtr> walks_;
    std::set<std::string> read_by_id_;  // partners where that has worked: what they do not find is not there
};

}  // namespace tributary::pipeline
