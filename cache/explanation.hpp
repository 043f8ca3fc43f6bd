#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "cache/documents.hpp"
#include "cache/patients.hpp"

namespace tributary::cache {

/// Why a Subscription was told of a Document, or was not. On the reader.
class Explanations {
public:
    Explanations(Database& database, StoreSettings const& settings, Patients& patients, Documents& documents)
        : database_(database), settings_(settings), patients_(patients), documents_(documents) {}

    Explanation explain(std::string_view scope, std::string_view subscription, std::string_view document);

private:
    std::vector<ExplainedEvent> events(std::int64_t subscription, std::int64_t document);
    NotTold why_not(
        std::string_view scope, std::string_view resource, subscriptions::Status status, std::int64_t document
    );

    Database& database_;
    StoreSettings const& settings_;
    Patients& patients_;
    Documents& documents_;
};

}  // namespace tributary::cache
