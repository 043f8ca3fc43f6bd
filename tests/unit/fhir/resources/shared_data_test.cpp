#include <map>
#include <set>

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "fhir/resources/bundle.hpp"
#include "fhir/resources/document_reference.hpp"
#include "fhir/resources/outward.hpp"
#include "fhir/resources/patient.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/fhir/support/shared_files.hpp"

namespace tributary::fhir {

namespace {

std::string_view type_of(json::Value const& value) { return value.text("resourceType"); }

/// No nulls outside lists, no empty strings, lists or objects: what R4 asks of JSON.
bool is_clean(json::Value const& value) {
    if (value.is_string()) return !value.text().empty();
    if (auto const* items = value.get<json::Value::Array>()) {
        return !items->empty() && std::all_of(items->begin(), items->end(), [](auto const& item) {
            return item.is_null() || is_clean(item);
        });
    }
    if (auto const* members = value.get<json::Value::Object>()) {
        return !members->empty() && std::all_of(members->begin(), members->end(), [](auto const& member) {
            return is_clean(member.second);
        });
    }
    return !value.is_null();
}

void read_whatever_it_is(json::Value const& value) {
    if (type_of(value) == "Bundle") {
        auto const bundle = read_searchset(value, "DocumentReference");
        REQUIRE(bundle.has_value());
        for (auto const& entry : bundle->entries) read_whatever_it_is(entry.resource);
    }
    if (type_of(value) == "Patient") CHECK(read_patient(value).has_value());
    if (type_of(value) != "DocumentReference") return;
    auto const document = read_document_reference(value);
    REQUIRE(document.has_value());
    auto const made =
        outward_document_reference(*document, {"o", "1", "2026-01-01T00:00:00Z", "s", {}}, "p", {"b"});
    CHECK(is_clean(made));
    CHECK(made.find("content") != nullptr);
    CHECK(made.at("subject", "reference")->text() == "Patient/p");
}

json::Value odd(std::string const& name) {
    return *json::read(test::read_file(test::shared_folder() / "data/documentreferences/odd" / name));
}

}  // namespace

TEST_CASE("other people's files are read, and kept to the byte", "[vectors]") {
    for (std::string const folder :
         {"vectors/document-sharing", "data/documentreferences/found", "data/server-responses"}) {
        for (auto const& file : test::json_files(folder)) {
            INFO(file);
            auto const value = json::read(test::read_file(file));
            REQUIRE(value.has_value());
            auto const compact = json::write(*value);
            CHECK(json::write(*json::read(compact)) == compact);
            read_whatever_it_is(*value);
            if (auto const* response = value->find("response")) {
                if (auto const* body = response->find("body")) read_whatever_it_is(*body);
            }
        }
    }
}

TEST_CASE("odd files are read, or refused where they are broken", "[vectors][odd]") {
    std::map<std::string, Errc> const refused{
        {"53-unicode-lone-surrogate.json", Errc::malformed},
        {"54-unicode-invalid-utf8.json", Errc::malformed},
        {"75-json-duplicate-keys.json", Errc::duplicate_key},
        {"77-json-deep-nesting.json", Errc::too_deep},
        {"78-json-trailing-garbage.json", Errc::malformed},
        {"79-json-truncated.json", Errc::malformed}
    };
    for (auto const& file : test::json_files("data/documentreferences/odd")) {
        INFO(file);
        auto const value = json::read(test::read_file(file));
        auto const expected = refused.find(file.filename());
        if (expected == refused.end()) {
            REQUIRE(value.has_value());
            read_whatever_it_is(*value);
        } else {
            REQUIRE(value.has_error());
            CHECK(value.error().errc() == expected->second);
        }
    }
}

TEST_CASE("odd documents are treated as the index suggests", "[vectors][odd]") {
    if (test::json_files("data/documentreferences/odd").empty()) return;
    auto const document = [](std::string const& name) { return *read_document_reference(odd(name)); };
    CHECK(document("09-date-hl7v2.json").date == "2021-06-12T10:15:00-05:00");
    CHECK(document("12-date-data-absent-reason.json").date.empty());
    CHECK(document("13-content-three-renditions.json").contents.size() == 3);
    CHECK(document("17-content-empty-array.json").contents.empty());
    CHECK(document("24-size-lies.json").contents.at(0).attachment.size > 2147483647);
    CHECK(document("25-size-as-string.json").contents.at(0).attachment.size.has_value());
    CHECK(document("41-identifiers-five-hundred.json").identifiers.size() == 500);
    CHECK(document("57-status-missing.json").status == "current");
    CHECK_FALSE(document("68-type-array.json").type.empty());
    CHECK_FALSE(document("70-shape-stu3.json").date.empty());
    CHECK_FALSE(document("70-shape-stu3.json").category.empty());
    CHECK_FALSE(document("71-shape-r5.json").period.start.empty());
    CHECK(document("81-mhd-home-community.json").home_community_id.starts_with("urn:oid:"));
    CHECK(json::write(odd("76-json-big-numbers.json")).find("0") != std::string::npos);
}

TEST_CASE("IHE's examples are read with their fields", "[vectors][MHD]") {
    if (test::json_files("vectors/document-sharing/mhd").empty()) return;
    auto const read = [](std::string const& name) {
        return *json::read(test::read_file(test::shared_folder() / "vectors/document-sharing" / name));
    };
    auto const on_demand = *read_document_reference(read("mhd/docref-on-demand-no-size-no-hash.json"));
    CHECK(on_demand.contents.at(0).attachment.hash.empty());
    CHECK_FALSE(on_demand.contents.at(0).attachment.size);
    auto const full = *read_document_reference(read("mhd/docref-with-relative-binary-url-hash-size.json"));
    CHECK(full.contents.at(0).attachment.url == "Binary/ex-b-binary");
    CHECK(full.contents.at(0).attachment.size == 11);
    CHECK(full.master_identifier.has_value());
    CHECK_FALSE(full.type.empty());
    CHECK_FALSE(full.facility_type.empty());
    auto const found = *read_searchset(
        read("mhd/searchset-iti67-minimal-two-with-homeCommunityId.json"), "DocumentReference"
    );
    REQUIRE(found.entries.size() == 2);
    CHECK(found.total == 2);
    CHECK(found.entries[0].mode == SearchMode::match);
    CHECK(read_document_reference(found.entries[1].resource)->home_community_id.starts_with("urn:oid:"));
    auto const patients = *read_searchset(read("pdqm/searchset-iti78-one-match.json"), "Patient");
    REQUIRE_FALSE(patients.entries.empty());
    auto const patient = *read_patient(patients.entries[0].resource);
    CHECK_FALSE(patient.names.empty());
    CHECK_FALSE(patient.identifiers.empty());
    auto const maiden = *read_patient(read("pdqm/patient-pdqm-mothers-maiden-name.json"));
    CHECK_FALSE(maiden.mothers_maiden_name.empty());
    auto const mixed = *read_searchset(
        read("composed/searchset-iti67-match-plus-outcome-plus-include.json"), "DocumentReference"
    );
    std::set<SearchMode> modes;
    for (auto const& entry : mixed.entries) modes.insert(entry.mode);
    CHECK(modes.size() == 3);
}

}  // namespace tributary::fhir
