#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/database.hpp"
#include "cache/records.hpp"

namespace tributary::cache {

/// By what Patients are found again: what they are called and when they were born, their identifiers and links. Found are everybody who fits, and a few more.
class PatientKeys {
public:
    explicit PatientKeys(Database& database) : database_(database) {}

    /// Instead of what stood there.
    void store(
        std::string_view scope, std::string_view partner, std::int64_t sequence, NewPatient const& fresh
    );
    /// Patients who may be one Person with this one; he may be among them.
    std::vector<std::int64_t> related(
        std::string_view scope, std::string_view partner, fhir::Patient const& patient
    );
    /// Patients whom the query may mean, in order. `partner`: those of that one; empty: of all.
    std::vector<std::int64_t> candidates(
        std::string_view scope, fhir::search::PatientQuery const& query, std::string_view partner = {}
    );

private:
    Database& database_;
};

}  // namespace tributary::cache
