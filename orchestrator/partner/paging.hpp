#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/net/url.hpp"
#include "orchestrator/partner/community.hpp"

namespace tributary::partner {

/// Where the links of a partner may lead.
struct LinkPolicy {
    net::Url base;                             ///< the service base: the partner's own origin
    std::vector<std::string> allowed_origins;  ///< besides that
    std::size_t pages_per_query = 200;
    std::size_t entries_per_query = 200000;
};

/// The partner's own origin: configured headers may go there.
bool is_own(LinkPolicy const& policy, net::Url const& url);
/// May be followed: its own origin or an allowed one, and never http where the base is https.
bool is_allowed(LinkPolicy const& policy, net::Url const& url);
/// A link of a resource or Bundle that came from `request`: "?page=2" against that very URL, other relative ones against the service base.
/// Errors: malformed.
Result<net::Url> resolve_link(LinkPolicy const& policy, net::Url const& request, std::string_view link);

/// What one page told about itself.
struct PageFacts {
    std::string next;     ///< "" none
    std::string content;  ///< digest of what is on it; "" for an empty page
    std::size_t entries = 0;
    std::optional<std::uint64_t> total;
};
struct NextPage {
    std::optional<Page> page;
    bool cut_short = false;  ///< there should be more, and it is not asked for
};
/// Whether and where to go on. Remembers the page in `trail`. Pure. Source: document-sharing F.1 [F1].
NextPage next_page(
    LinkPolicy const& policy,
    std::shared_ptr<PageTrail> const& trail,
    net::Url const& request,
    PageFacts const& facts
);

}  // namespace tributary::partner
