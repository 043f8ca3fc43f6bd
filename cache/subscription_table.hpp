#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "cache/documents.hpp"
#include "cache/interest.hpp"
#include "cache/store.hpp"
#include "cache/subscription_history.hpp"
#include "cache/subscription_index.hpp"
#include "fhir/json/value.hpp"

namespace tributary::cache {

/// Subscriptions with their status, keys and cursors. Source: subscriptions C1, B10.
class SubscriptionTable {
public:
    SubscriptionTable(
        Database& database,
        StoreSettings const& settings,
        Interest& interest,
        Documents& documents,
        Events& events
    )
        : database_(database),
          settings_(settings),
          interest_(interest),
          documents_(documents),
          events_(events),
          index_(database),
          history_(database) {}

    Result<SubscriptionRecord> create(NewSubscription const& subscription);
    Result<ConditionalCreate> create_unless(
        NewSubscription const& subscription, std::vector<subscriptions::SearchClause> const& clauses
    );
    FoundSubscription read(std::string_view scope, std::string_view id);
    SubscriptionVersions history(SubscriptionHistoryRequest const& request);
    FoundVersion version(std::string_view scope, std::string_view id, std::uint64_t version);
    Result<FoundSubscription> change_status(StatusChange const& change);
    Result<FoundSubscription> replace(ReplaceSubscription const& change);
    FoundSubscription remove(
        std::string_view scope, std::string_view id, std::optional<std::uint64_t> version, Utc now
    );
    SubscriptionPage search(SubscriptionSearch const& search);
    Store::LiveSubscriptions live(std::int64_t after, std::size_t limit);
    void mark_bound(std::string_view id, BoundBy how);
    std::string key_check();
    void set_key_check(std::string_view check);
    std::size_t rewrite(Store::Rewrite const& rewrite);
    std::vector<std::string> owed_notices();
    void settle_notice(std::string_view id);
    std::vector<std::string> expire(Utc now, Utc error_before);
    /// Some of those that an earlier version stored without search keys; true: there are more.
    bool index_some();

private:
    struct Found {
        std::int64_t sequence = 0;
        FoundSubscription subscription;
    };
    struct Understood {
        fhir::json::Value resource;
        subscriptions::Plan plan;
    };
    /// As many are live as are allowed.
    bool full();
    Result<Understood> understand(std::string_view resource) const;
    Found find(std::string_view id);
    SubscriptionRecord load(std::int64_t sequence);
    bool owes_notice(SubscriptionRecord const& before, subscriptions::Status after) const;
    /// Before a change.
    void keep_version(Found const& found);
    /// After it: the record as it is now.
    void reload(Found& found, subscriptions::EventKind kind);
    void store_keys(std::int64_t sequence, std::string_view scope, Understood const& subscription);
    void record_change(SubscriptionRecord const& record, subscriptions::EventKind kind);

    Database& database_;
    StoreSettings const& settings_;
    Interest& interest_;
    Documents& documents_;
    Events& events_;
    SubscriptionIndex index_;
    SubscriptionHistory history_;
};

}  // namespace tributary::cache
