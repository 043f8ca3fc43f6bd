#include "orchestrator/delivery/binding_tokens.hpp"

#include <algorithm>

#include "orchestrator/base/digest.hpp"

namespace tributary::delivery {

namespace {

constexpr std::size_t kTokenBytes = 24;

std::string hash_of(std::string_view token) { return hex(sha256(token)); }

}  // namespace

BindingToken BindingTokens::make(std::vector<std::string> subscriptions) {
    forget_expired();
    while (by_age_.size() >= most_) {
        grants_.erase(by_age_.front().first);
        by_age_.pop_front();
    }
    BindingToken made{base64url(random_bytes(kTokenBytes)), clock_.utc_now() + life_};
    auto hash = hash_of(made.token);
    grants_.emplace(hash, Grant{std::move(subscriptions), made.expiration});
    by_age_.emplace_back(std::move(hash), made.expiration);
    return made;
}

std::optional<Grant> BindingTokens::redeem(std::string_view token) {
    forget_expired();
    auto found = grants_.extract(hash_of(token));
    if (found.empty()) return std::nullopt;
    return std::move(found.mapped());
}

void BindingTokens::give_back(std::string_view token, Grant grant) {
    auto hash = hash_of(token);
    bool const remembered =
        std::any_of(by_age_.begin(), by_age_.end(), [&](auto const& each) { return each.first == hash; });
    if (remembered) grants_.emplace(std::move(hash), std::move(grant));
}

void BindingTokens::forget_expired() {
    auto const now = clock_.utc_now();
    while (!by_age_.empty() && by_age_.front().second <= now) {
        grants_.erase(by_age_.front().first);
        by_age_.pop_front();
    }
}

}  // namespace tributary::delivery
