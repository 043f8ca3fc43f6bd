#include "orchestrator/partner/paging.hpp"

#include <algorithm>

namespace tributary::partner {

bool is_own(LinkPolicy const& policy, net::Url const& url) { return url.origin() == policy.base.origin(); }

bool is_allowed(LinkPolicy const& policy, net::Url const& url) {
    if (policy.base.secure() && !url.secure()) return false;
    auto const& origins = policy.allowed_origins;
    return is_own(policy, url) || std::find(origins.begin(), origins.end(), url.origin()) != origins.end();
}

Result<net::Url> resolve_link(LinkPolicy const& policy, net::Url const& request, std::string_view link) {
    if (!link.starts_with('?')) return net::resolve(policy.base, link);
    auto url = request;
    url.target = url.target.substr(0, url.target.find('?')) + std::string(link.substr(0, link.find('#')));
    return net::parse_url(url.text());
}

NextPage next_page(
    LinkPolicy const& policy,
    std::shared_ptr<PageTrail> const& trail,
    net::Url const& request,
    PageFacts const& facts
) {
    constexpr auto kCutShort = true;
    ++trail->pages;
    trail->entries += facts.entries;
    trail->urls.insert(request.text());
    bool const repeated = !facts.content.empty() && !trail->contents.insert(facts.content).second;
    if (facts.next.empty()) return {std::nullopt, facts.total && *facts.total > trail->entries};
    auto const next = resolve_link(policy, request, facts.next);
    if (repeated || !next || !is_allowed(policy, *next)) return {std::nullopt, kCutShort};
    if (trail->pages >= policy.pages_per_query || trail->entries >= policy.entries_per_query)
        return {std::nullopt, kCutShort};
    if (!trail->urls.insert(next->text()).second) return {std::nullopt, kCutShort};
    return {Page{next->text(), trail}, false};
}

}  // namespace tributary::partner
