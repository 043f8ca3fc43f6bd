#include "cache/progress_notices.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "cache/codes.hpp"
#include "cache/progress_resource.hpp"
#include "cache/statements.hpp"

namespace tributary::cache {

namespace {

constexpr char kSubscription[] =
    "SELECT sequence FROM subscription WHERE id = ? AND scope = ? AND status <> 'off' AND deleted = 0";
constexpr char kKnown[] = "SELECT version, told FROM progress WHERE id = ?";
constexpr char kSave[] =
    "INSERT INTO progress(id, subscription, discovery, version, told) VALUES(?, ?, ?, ?, ?) "
    "ON CONFLICT(id) DO UPDATE SET version = excluded.version, told = excluded.told";
constexpr char kInsertVersion[] =
    "INSERT INTO progress_version(id, version, subscription, at, resource) VALUES(?, ?, ?, ?, ?)";
constexpr char kLatest[] =
    "SELECT v.version, v.at, v.resource FROM progress_version v JOIN subscription s ON s.sequence = "
    "v.subscription "
    "WHERE v.id = ? AND s.scope = ? AND s.deleted = 0 ORDER BY v.version DESC LIMIT 1";

constexpr char const* kStatements[] = {kSubscription, kKnown, kSave, kInsertVersion, kLatest};

std::string line_of(PartnerProgress const& partner) {
    return partner.partner + ' ' + std::string(wire(partner.state)) + ' ' + std::to_string(partner.matches) +
           ' ' + partner.issue;
}

/// What a version says: a line for the state and the counts, then one for each partner.
std::string text_of(Progress const& progress, std::vector<PartnerProgress> const& partners) {
    std::string text(wire(progress.state));
    for (auto const count : {progress.asked, progress.answered, progress.matched, progress.failed})
        text += ' ' + std::to_string(count);
    for (auto const& partner : partners) text += '\n' + line_of(partner);
    return text;
}

std::set<std::string> lines_of(std::string const& text) {
    std::set<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.insert(std::move(line));
    return lines;
}

std::vector<PartnerProgress> shown(
    Progress const& progress, std::vector<PartnerProgress> partners, std::string const& told
) {
    if (progress.state == DiscoveryState::complete) return partners;
    auto const before = lines_of(told);
    std::erase_if(partners, [&](PartnerProgress const& partner) {
        return before.contains(line_of(partner));
    });
    return partners;
}

}  // namespace

std::span<char const* const> progress_statements() { return kStatements; }

std::vector<std::string> ProgressNotices::tell(ProgressNews const& news) {
    std::vector<std::string> told;
    auto const discovery = discoveries_.find(news.discovery);
    if (!discovery) return told;
    State state{*discovery, discoveries_.load(*discovery), {}};
    state.partners = discoveries_.partners(*discovery, state.progress);
    for (auto const& follower : news.followers) {
        if (tell_one(follower, news, state)) told.push_back(follower.subscription);
    }
    return told;
}

bool ProgressNotices::tell_one(
    ProgressFollower const& follower, ProgressNews const& news, State const& state
) {
    std::int64_t subscription = 0;
    {
        auto row = database_.query(kSubscription, follower.subscription, news.scope);
        if (!row.next()) return false;
        subscription = row.integer(0);
    }
    auto const before = known(follower.id);
    auto const text = text_of(state.progress, state.partners);
    if (before.told == text) return false;
    ProgressVersion const version{follower.id, before.version + 1, follower.subscription, news.now};
    auto const resource = progress_resource(
        version,
        state.progress,
        shown(state.progress, state.partners, before.told),
        settings_.rules.canonical_base
    );
    auto const kind =
        version.version == 1 ? subscriptions::EventKind::create : subscriptions::EventKind::update;
    database_.run(kSave, version.id, subscription, state.discovery, version.version, text);
    database_.run(kInsertVersion, version.id, version.version, subscription, version.at, resource);
    return events_.append(subscription, kind, Focus{kProgressFocus, version.id, version.version}, version.at)
        .has_value();
}

ProgressNotices::Known ProgressNotices::known(std::string_view id) {
    auto row = database_.query(kKnown, id);
    if (!row.next()) return {};
    return {static_cast<std::uint64_t>(row.integer(0)), row.text(1)};
}

FoundResource ProgressNotices::read(std::string_view scope, std::string_view id) {
    auto row = database_.query(kLatest, id, scope);
    if (!row.next()) return {};
    FoundResource found;
    found.presence = Presence::found;
    found.resource.id = id;
    found.resource.version = static_cast<std::uint64_t>(row.integer(0));
    found.resource.last_updated = row.time(1);
    found.resource.resource = row.text(2);
    return found;
}

}  // namespace tributary::cache
