#include "orchestrator/pipeline/stored_interest.hpp"

#include <utility>

namespace tributary::pipeline {

awaitable<Result<std::optional<Interest>>> stored_interest(
    Surroundings const& around, cache::SubscriptionRecord record, subscriptions::Rules const& rules
) {
    std::optional<Interest> none;
    auto plan = subscriptions::stored_plan(record.resource, rules);
    if (!plan) {
        around.logger.error("subscription not understood", {{"subscription", record.id}});
        co_return none;
    }
    Interest interest;
    interest.progress = plan->notify_progress;
    interest.query = std::move(plan->search.patient);
    if (!interest.query.references.empty()) {
        auto query = co_await around.storage.discovery_query(record.scope, std::move(interest.query));
        if (!query) co_return query.error();
        if (!*query) {
            around.logger.error("patient of the criteria not known", {{"subscription", record.id}});
            co_return none;
        }
        interest.query = std::move(**query);
    }
    interest.subscription = std::move(record.id);
    interest.scope = std::move(record.scope);
    interest.origin = std::move(record.origin);
    co_return std::optional(std::move(interest));
}

}  // namespace tributary::pipeline
