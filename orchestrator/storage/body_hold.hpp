#pragma once
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace tributary::storage {

/// Digests of Bodies on their way.
using HeldBodies = std::shared_ptr<std::multiset<std::string>>;

/// As long as it lives, housekeeping leaves the bytes of that digest. Owner: who puts a Body, until what points to it is stored. Thread: the loop.
class [[nodiscard]] BodyHold {
public:
    BodyHold(HeldBodies held, std::string sha256)
        : held_(std::move(held)), at_(held_->insert(std::move(sha256))) {}
    BodyHold(BodyHold&&) noexcept = default;
    BodyHold& operator=(BodyHold&&) = delete;
    ~BodyHold() {
        if (held_) held_->erase(at_);
    }

private:
    HeldBodies held_;
    std::multiset<std::string>::iterator at_;
};

}  // namespace tributary::storage
