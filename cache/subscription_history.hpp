#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "cache/database.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::cache {

/// What the server knows of a Subscription, for outward_subscription().
subscriptions::ServerState server_state(SubscriptionRecord const& record);

/// Earlier versions of Subscriptions, as they were shown: header values masked, so that no secret stays here.
class SubscriptionHistory {
public:
    explicit SubscriptionHistory(Database& database) : database_(database) {}

    /// Keeps a version that is about to be replaced, and forgets what is older than the latest `most`, the next one counted.
    void keep(std::int64_t subscription, SubscriptionRecord const& record, std::size_t most);
    /// Of a deleted Subscription nothing stays.
    void forget(std::int64_t subscription);

    /// The present version and those before it, newest first.
    SubscriptionVersions list(
        std::int64_t subscription,
        SubscriptionRecord const& present,
        SubscriptionHistoryRequest const& request
    );
    std::optional<SubscriptionVersion> find(
        std::int64_t subscription, SubscriptionRecord const& present, std::uint64_t version
    );

private:
    Database& database_;
};

}  // namespace tributary::cache
