#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "cache/database.hpp"
#include "subscriptions/subscription_search.hpp"

namespace tributary::cache {

/// By what Subscriptions are found.
class SubscriptionIndex {
public:
    explicit SubscriptionIndex(Database& database) : database_(database) {}

    /// Instead of what stood there.
    void store(
        std::int64_t subscription, std::string_view scope, std::vector<subscriptions::SearchKey> const& keys
    );
    void drop(std::int64_t subscription);
    /// Those for which all clauses hold, in order of creation.
    std::vector<std::int64_t> find(
        std::string_view scope, std::vector<subscriptions::SearchClause> const& clauses
    );

private:
    using Sequences = std::vector<std::int64_t>;
    Sequences all(std::string_view scope);
    Sequences fitting(std::string_view scope, subscriptions::SearchClause const& clause);

    Database& database_;
};

}  // namespace tributary::cache
