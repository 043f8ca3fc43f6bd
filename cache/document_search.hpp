#pragma once
#include <optional>
#include <vector>

#include "cache/documents.hpp"
#include "cache/patients.hpp"

namespace tributary::cache {

/// Searches on DocumentReference. SQL narrows, fhir::search decides. Source: document-sharing F; architecture 7.
class DocumentQueries {
public:
    DocumentQueries(Database& database, StoreSettings const& settings, Patients& patients)
        : database_(database), settings_(settings), patients_(patients) {}

    /// Too costly: more candidates than settings allow, of documents or of patients.
    ResourcePage search(DocumentSearchRequest const& request);

private:
    struct Hit {
        std::int64_t sequence = 0, date = 0, last_updated = 0;
    };
    /// Empty: too many.
    std::optional<std::vector<std::int64_t>> candidates(DocumentSearchRequest const& request);
    std::optional<std::vector<std::int64_t>> by_patient(DocumentSearchRequest const& request);
    std::optional<std::vector<std::int64_t>> by_filter(DocumentSearchRequest const& request);
    std::optional<Hit> match(std::int64_t candidate, DocumentSearchRequest const& request, bool retracted);

    Database& database_;
    StoreSettings const& settings_;
    Patients& patients_;
};

}  // namespace tributary::cache
