#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
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

    /// Gives it the Subscription's next number. Empty: it has this very Event already. How many a Subscription has is written by flush().
    std::optional<std::int64_t> append(
        std::int64_t subscription, subscriptions::EventKind kind, Focus const& focus, Utc at
    );
    /// At the end of a unit of work, and before a Subscription is read within one.
    void flush();
    /// At the start of a unit of work: what was appended last may have been rolled back.
    void forget() { numbers_.clear(); }
    /// Was it ever told of that Document, as created or as updated, by its own id or by one that has become its alias?
    bool told(std::int64_t subscription, Focus const& focus, std::int64_t document);
    std::vector<EventRecord> list(
        std::string_view subscription, std::int64_t after, std::int64_t until, std::size_t limit
    );
    /// All up to this number. `attempts`: that the last of them took.
    void record_delivery(std::string_view subscription, std::int64_t number, Utc at);
    void record_failure(std::string_view subscription, std::int64_t number);
    void record_change(std::string_view scope, subscriptions::EventKind kind, Focus const& focus, Utc at);

private:
    struct Number {
        std::int64_t value = 0;
        bool changed = false;
    };
    Number& last_number(std::int64_t subscription);

    Database& database_;
    std::unordered_map<std::int64_t, Number> numbers_;  ///< of Subscriptions, within one unit of work
};

}  // namespace tributary::cache
