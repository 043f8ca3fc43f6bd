#pragma once
#include <string_view>
#include <vector>

#include "cache/database.hpp"
#include "cache/records.hpp"

namespace tributary::cache {

/// What an Event or a change is about: one version of one resource.
struct Focus {
    std::string_view type, id;
    std::uint64_t version = 1;
};

/// The numbered Events of Subscriptions, and the change sequence. Source: subscriptions B10; architecture 6.
class Events {
public:
    explicit Events(Database& database) : database_(database) {}

    /// Gives it the Subscription's next number. False: it has this very Event already.
    bool append(std::int64_t subscription, subscriptions::EventKind kind, Focus const& focus, Utc at);
    /// Was it ever told of the creation of that resource?
    bool told(std::int64_t subscription, Focus const& focus);
    std::vector<EventRecord> list(
        std::string_view subscription, std::int64_t after, std::int64_t until, std::size_t limit
    );
    void record_delivery(std::string_view subscription, std::int64_t number);
    void record_change(std::string_view scope, subscriptions::EventKind kind, Focus const& focus, Utc at);

private:
    Database& database_;
};

}  // namespace tributary::cache
