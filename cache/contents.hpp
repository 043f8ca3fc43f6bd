#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cache/database.hpp"
#include "cache/records.hpp"

namespace tributary::cache {

/// Contents: where their bytes are, who holds them, which of them may go.
class Contents {
public:
    explicit Contents(Database& database) : database_(database) {}

    ContentRecord find(std::string_view scope, std::string_view binary_id);
    /// What has never been retrieved, at most `limit`, of Documents that the Subscription, or where "" is given any live one, was told of.
    std::vector<std::string> to_retrieve(std::string_view subscription, std::size_t limit);
    /// Forgets Bodies until at most `bytes` are left: first those that no content has, then the oldest. Answers their digests, at most some hundreds a call.
    std::vector<std::string> release(std::uint64_t bytes);

    /// Of these digests, those that no row mentions.
    std::vector<std::string> unknown(std::vector<std::string> const& sha256);

private:
    void add_holders(std::int64_t document, ContentRecord& record);
    void forget(std::string const& sha256);

    Database& database_;
};

}  // namespace tributary::cache
