#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/records.hpp"
#include "fhir/identity/document_identity.hpp"
#include "orchestrator/async/one_shot.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/partner/community.hpp"
#include "orchestrator/partner/step.hpp"
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
    cache::ContentRecord record;
    std::size_t holder = 0;  ///< that is asked, or is to be
    std::size_t gone = 0;    ///< holders that have it no longer
    bool unencoded = false;
    async::TaskGroup* call = nullptr;  ///< while the partner is being asked
    Failure last{Errc::not_found, "no partner that holds it is configured"};
    async::OneShot<Result<Retrievals::Body>> outcome;

    bool wanted() const { return waiters > 0 || !flows.empty(); }
};

inline std::string key_of(std::string_view scope, std::string_view binary_id) {
    return std::string(scope).append("\n").append(binary_id);
}

inline bool is_gone(Failure const& why) { return why.http_status() == 404 || why.http_status() == 410; }

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
