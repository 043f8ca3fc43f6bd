#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/records.hpp"
#include "fhir/identity/document_identity.hpp"
#include "orchestrator/async/one_shot.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/pacing/retry.hpp"
#include "orchestrator/partner/community.hpp"
#include "orchestrator/partner/step.hpp"
#include "orchestrator/pipeline/holder_plan.hpp"
#include "orchestrator/pipeline/retrievals.hpp"

namespace tributary::pipeline {

/// One content that is to be retrieved, however many want it. Owner: Retrievals. Thread: the loop.
struct RetrievalJob {
    enum class State { listed, queued, running } state = State::listed;
    std::uint32_t number = 0;
    std::string key;  ///< of the map
    std::string scope, binary_id;
    std::vector<partner::Flow> flows;  ///< who wants it eagerly
    partner::Flow flow;                ///< in whose turn it is
    std::size_t waiters = 0;           ///< who wants it now
    std::string url, hash;             ///< of the content when it was looked up
    bool otherwise = false;            ///< the document is held in another media type
    HolderPlan plan;
    async::TaskGroup* call = nullptr;  ///< while the partner is being asked
    Failure last{Errc::connect, "no partner that holds it is configured"};
    using Outcome = async::OneShot<Result<Retrievals::Body>>;
    std::shared_ptr<Outcome> outcome = std::make_shared<Outcome>();  ///< for those who wait now

    bool wanted() const { return waiters > 0 || !flows.empty(); }
    /// Who waits now waits no longer; the Job goes on.
    void refuse(Failure why) { std::exchange(outcome, std::make_shared<Outcome>())->set(std::move(why)); }
};
using RetrievalJobPtr = std::shared_ptr<RetrievalJob>;

/// Neither the partner nor the document is at fault, and it passes: a full disk, a full queue.
inline bool is_our_trouble(Failure const& why) {
    auto const seen = pacing::classify(why);
    bool const ours = !seen.partner_failed && !seen.partner_answered;
    return ours && seen.may_pass && why.errc() != Errc::closed;
}

inline std::string key_of(std::string_view scope, std::string_view binary_id) {
    return std::string(scope).append("\n").append(binary_id);
}

inline partner::DocumentAddress address_of(cache::Holder const& holder, bool unencoded) {
    partner::DocumentAddress address;
    address.url = holder.url;
    address.content_type = holder.content_type;
    address.size = holder.size;
    address.unencoded = unencoded;
    if (auto const digest = fhir::identity::read_digest(holder.hash)) {
        auto& field =
            digest->algorithm == fhir::identity::Digest::Algorithm::sha1 ? address.sha1 : address.sha256;
        field = digest->bytes;
    }
    return address;
}

}  // namespace tributary::pipeline
