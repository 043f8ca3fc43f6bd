#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/delivery/settings.hpp"

namespace tributary::delivery {

/// What a redeemed token allows.
struct Grant {
    std::vector<std::string> subscriptions;
    cache::Utc expiration;
};

/// Tokens of $get-ws-binding-token: 192 random bits, kept as a hash, redeemed once, forgotten when they expire. Above the bound the oldest is
/// forgotten. Owner: Deliveries. Thread: the loop. Source: subscriptions B15.
class BindingTokens {
public:
    BindingTokens(async::Clock& clock, std::chrono::milliseconds life, std::size_t most = 10000)
        : clock_(clock), life_(life), most_(most) {}

    BindingToken make(std::vector<std::string> subscriptions);
    /// Empty: unknown, used or expired.
    std::optional<Grant> redeem(std::string_view token);
    /// Redeemed just now, and of no use through a fault of ours: it may be used again until it expires.
    void give_back(std::string_view token, Grant grant);
    std::size_t size() const { return grants_.size(); }

private:
    void forget_expired();

    async::Clock& clock_;
    std::chrono::milliseconds life_;
    std::size_t most_;
    std::unordered_map<std::string, Grant> grants_;  // by the hash of the token
    std::deque<std::pair<std::string, cache::Utc>>
        by_age_;  // hash and expiration; redeemed ones stay until they expire
};

}  // namespace tributary::delivery
