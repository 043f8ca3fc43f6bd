#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cache/database.hpp"
#include "cache/discoveries.hpp"
#include "cache/events.hpp"
#include "cache/store.hpp"

namespace tributary::cache {

/// Tells Subscriptions that ask for it how their Discovery goes: a Basic for each, whose versions are the focus of numbered Events.
/// A version lists the partners whose state is another than the version before said; the one that says complete lists them all.
/// Source: architecture 7.
class ProgressNotices {
public:
    ProgressNotices(
        Database& database, StoreSettings const& settings, Discoveries& discoveries, Events& events
    )
        : database_(database), settings_(settings), discoveries_(discoveries), events_(events) {}

    /// Answers the ids of the Subscriptions told: those that are not off, and for which something has changed.
    std::vector<std::string> tell(ProgressNews const& news);
    /// The latest version, as long as its Subscription is there and its Event is kept.
    FoundResource read(std::string_view scope, std::string_view id);

private:
    struct Known {
        std::uint64_t version = 0;
        std::string told;
    };
    struct State {
        std::int64_t discovery = 0;
        Progress progress;
        std::vector<PartnerProgress> partners;
    };
    Known known(std::string_view id);
    bool tell_one(ProgressFollower const& follower, ProgressNews const& news, State const& state);

    Database& database_;
    StoreSettings const& settings_;
    Discoveries& discoveries_;
    Events& events_;
};

}  // namespace tributary::cache
