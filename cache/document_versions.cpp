#include "cache/document_versions.hpp"

#include "cache/statements.hpp"

namespace tributary::cache {

namespace {

constexpr char kDrop[] =
    "DELETE FROM document_version WHERE document = (SELECT sequence FROM document WHERE id = ? AND (version "
    "<> ? OR alias_of IS NOT NULL)) AND version = ? "
    "AND NOT EXISTS (SELECT 1 FROM event WHERE focus_id = ? AND focus_version = ? AND retired = 0) "
    "RETURNING patient, patient_version";
constexpr char kDropPatientVersion[] =
    "DELETE FROM patient_version WHERE patient = ? AND version = ? AND NOT EXISTS (SELECT 1 FROM "
    "document_version v WHERE v.patient = patient_version.patient AND v.patient_version = "
    "patient_version.version AND v.patient <> 0)";

constexpr char const* kStatements[] = {kDrop, kDropPatientVersion};

}  // namespace

std::span<char const* const> document_version_statements() { return kStatements; }

void DocumentVersions::drop_unneeded(std::string_view document_id, std::int64_t version) {
    std::int64_t patient = 0;
    std::int64_t patient_version = 0;
    {
        auto row = database_.query(kDrop, document_id, version, version, document_id, version);
        if (!row.next()) return;
        patient = row.integer(0);
        patient_version = row.integer(1);
        (void)row.next();
    }
    database_.run(kDropPatientVersion, patient, patient_version);
}

}  // namespace tributary::cache
