#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "orchestrator/async/deadline.hpp"
#include "orchestrator/delivery/rest_hook_sender.hpp"
#include "orchestrator/delivery/settings.hpp"
#include "orchestrator/storage/storage.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::delivery {

using boost::asio::awaitable;

/// Which Events an operator wants sent: by number, both ends included. By default those that were not delivered.
struct ResendRange {
    std::optional<std::int64_t> from, to;
};
/// What came of it.
struct Resent {
    std::size_t sent = 0;
    std::int64_t next = 0;  ///< where to go on; 0: all were sent
    std::string_view failure = {
    };  ///< why it stopped before: of subscription-error; "" because of time or number
};

/// Sends Events again, or for the first time, because an operator says so. Owner: Deliveries. Thread: the loop.
class Resender {
public:
    Resender(
        async::Clock& clock,
        storage::Storage& storage,
        RestHookSender& sender,
        subscriptions::Rules const& rules,
        Settings const& settings
    )
        : clock_(clock), storage_(storage), sender_(sender), rules_(rules), settings_(settings) {}

    /// In order, one attempt each, as the bytes they always are, up to the first failure, a hundred at most. What follows upon the last delivered number
    /// counts as delivered. Deadline: what is not delivered by then is left, and can be sent again. Cancellation: terminal. Errors: not_found, deleted; business_rule for one that is
    /// requested, off or on a WebSocket; invalid for a range that is none; storage.
    awaitable<Result<Resent>> send(async::Deadline deadline, std::string subscription, ResendRange range);

private:
    struct Subject {
        cache::SubscriptionRecord record;
        subscriptions::Plan plan;
    };
    Result<Subject> subject(cache::FoundSubscription found) const;
    awaitable<Result<void>> record_delivery(cache::SubscriptionRecord& record, std::int64_t number);

    async::Clock& clock_;
    storage::Storage& storage_;
    RestHookSender& sender_;
    subscriptions::Rules const& rules_;
    Settings const& settings_;
};

}  // namespace tributary::delivery
