#include "cache/handover.hpp"

#include <limits>
#include <utility>

#include "cache/statements.hpp"

namespace tributary::cache {

namespace {

constexpr char kUpToDate[] =
    "SELECT scope, version, accepted FROM subscription WHERE sequence = ? AND status = "
    "'active' AND delivered = ?";

constexpr char const* kStatements[] = {kUpToDate};

constexpr std::size_t kMostEvents = 64;
constexpr auto kNoEnd = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::span<char const* const> handover_statements() { return kStatements; }

std::vector<FreshEvents> Handover::collect(std::vector<Told> const& told) {
    std::vector<FreshEvents> handed;
    std::size_t room = kMostEvents;
    for (auto const& each : told) {
        auto row = database_.query(kUpToDate, each.subscription, each.number - 1);
        if (!row.next()) continue;
        FreshEvents fresh;
        fresh.events = events_.list(each.id, each.number - 1, kNoEnd, room + 1);
        if (fresh.events.size() > room) return {};
        room -= fresh.events.size();
        fresh.plan = each.plan;
        fresh.subscription.id = each.id;
        fresh.subscription.scope = row.text(0);
        fresh.subscription.version = static_cast<std::uint64_t>(row.integer(1));
        fresh.subscription.accepted = row.integer(2) != 0;
        fresh.subscription.status = subscriptions::Status::active;
        fresh.subscription.delivered = each.number - 1;
        fresh.subscription.events = each.number - 1 + static_cast<std::int64_t>(fresh.events.size());
        handed.push_back(std::move(fresh));
    }
    return handed;
}

}  // namespace tributary::cache
