#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "fhir/identity/acceptance.hpp"
#include "orchestrator/partner/match_request.hpp"
#include "tests/component/vector_partner.hpp"

// What IHE and HL7 publish as answers of a partner, served by a partner and read by the product; what each has to come to is told by the index beside them.

namespace tributary::partner {

namespace {

using Ids = std::vector<std::string>;

fhir::search::PatientQuery query_of(std::string const& text) {
    return {fhir::search::parse_query(text).value(), {}};
}

/// Whom PD comes to, with acceptance = "strict".
Ids matched(fhir::search::PatientQuery const& query, Candidates candidates) {
    auto const resolved =
        fhir::identity::resolve(fhir::identity::Acceptance::strict, query, std::move(candidates.patients), 5);
    Ids ids;
    for (auto const& patient : resolved.patients) ids.push_back(patient.id);
    return ids;
}

constexpr auto kSearch = DiscoveryMethod::search;
constexpr auto kMatch = DiscoveryMethod::match;

struct PatientCase {
    std::string file;
    DiscoveryMethod method;
    unsigned status;
    std::string query;
    Ids matched;
    bool partial = false;
    unsigned failure = 0;  // HTTP status of the Failure it is
};

std::vector<PatientCase> const kPatientCases{
    {"pdqm/searchset-iti78-one-match.json", kSearch, 200, "family=Schmidt&given=John", {"ex-patient"}},
    {"composed/searchset-iti78-no-match.json", kSearch, 200, "family=smith&given=bob&birthdate=1970-01-02", {}
    },
    {"composed/searchset-iti78-deprecated-record-with-survivor.json",
     kSearch,
     200,
     "family=smith&birthdate=1970-01-02",
     {"new-8"}},
    {"composed/searchset-iti78-self-link-shows-given-not-applied.json",
     kSearch,
     200,
     "given=bob&family=smith&birthdate=1970-01-02",
     {"p1"}},
    {"composed/operationoutcome-iti78-target-system-not-found-http404.json", kSearch, 404, "family=smith", {}
    },
    {"composed/operationoutcome-iti78-format-http406.json", kSearch, 406, "family=smith", {}, false, 406},
    {"pdqm/match-output-one-certain.json", kMatch, 200, "family=Schmidt&given=John", {"ex-patient"}},
    {"pdqm/match-output-empty.json", kMatch, 200, "family=Schmidt&given=John", {}},
    // Graded possible; and one of the two it counts is not in the file.
    {"pdqm/match-output-two-probable-possible.json", kMatch, 200, "family=Schmit&given=John", {}, true},
    {"pdqm/match-output-one-plus-outcome.json", kMatch, 200, "family=Schmidt&given=John", {"ex-patient"}, true
    },
    {"composed/match-output-two-certain-same-person-linked.json",
     kMatch,
     200,
     "family=smith&given=bob&birthdate=1970-01-02",
     {"p1", "p9"}},
    {"pdqm/match-output-error-in-bundle.json", kMatch, 500, "family=Schmidt", {}, false, 500},
    {"pdqm/match-output-error-in-bundle.json", kMatch, 200, "family=Schmidt", {}, false, 503},
    {"pdqm/operationoutcome-match-timeout-error.json", kMatch, 504, "family=Schmidt", {}, false, 504},
    {"pdqm/operationoutcome-match-timeout-error.json", kMatch, 200, "family=Schmidt", {}, false, 503},
    {"pdqm/operationoutcome-match-incomplete-warning.json", kMatch, 200, "family=Schmidt", {}, true},
};

struct DocumentCase {
    std::string file, origin, base, remote_id;
    Ids documents;
    bool partial = false;
};

std::vector<DocumentCase> const kDocumentCases{
    {"mhd/searchset-iti67-minimal-two-with-homeCommunityId.json",
     "http://example.org",
     "",
     "9876",
     {"in-DocumentReferenceMinimal", "in-DocumentReferenceMinimalCommunity"}},
    {"mhd/searchset-iti67-comprehensive-one.json",
     "http://example.org",
     "",
     "FranzMusterNeedsAbsoluteUrl",
     {"50383ae5-49e5-4dea-b0e6-660cb9e7b91f"}},
    {"composed/searchset-iti67-match-plus-outcome-plus-include.json",
     "https://partner-a.example.org",
     "/fhir",
     "p1",
     {"d1"},
     true},
    {"uscore/searchset-docref-operation-one.json", "http://example.org", "/fhir", "example", {"ccd123"}},
    {"uscore/searchset-docref-operation-two.json",
     "http://example.org",
     "/fhir",
     "example",
     {"procedure-note123", "procedure-note456", "discharge"}},
};

/// DocumentReferences that were published alone, and what the index says of them.
struct DocumentReferenceCase {
    std::string file, remote_id;
    bool sized = false, hashed = false;
};

std::vector<DocumentReferenceCase> const kDocumentReferenceCases{
    {"mhd/docref-comprehensive.json", "ex-patient", true, true},
    {"mhd/docref-delayed-assembly-size0-hash-of-empty.json", "ex-patient", true, true},
    {"mhd/docref-minimal.json", "9876"},
    {"mhd/docref-minimal-with-encounter.json", "9876"},
    {"mhd/docref-on-demand-no-size-no-hash.json", "ex-patient"},
    {"mhd/docref-uncontained.json", "ex-patient"},
    {"mhd/docref-uncontained-full.json", "ex-patient", true, true},
    {"mhd/docref-with-relative-binary-url-hash-size.json", "ex-patient", true, true},
    {"uscore/docref-episode-summary.json", "example"},
    {"uscore/docref-inline-data-no-identifier.json", "example"},
    {"composed/docref-hash-base64-of-hex-text.json", "p1", true, true},
    {"composed/docref-identifier-typed-by-use-older-mhd.json", "p1", true, true},
    {"composed/docref-new-version-replaces.json", "p1", true, true},
};

/// Whoever is a Patient is served as the survivor of another one.
std::vector<std::string> const kSurvivors{
    "pdqm/patient-pdqm.json",
    "pdqm/patient-pdqm-mothers-maiden-name.json",
    "pixm/patient-mohr-alice-red.json",
    "pixm/patient-mohr-alice-green.json",
    "pixm/patient-mohr-alice-blue.json",
    "pixm/patient-mohr-alissa-red.json",
};

/// What is no answer to a call of ours, by the beginning of its name, and why.
struct LeftOut {
    std::string_view begins, why;
};
constexpr std::array kLeftOut{
    LeftOut{"balp/", "audit events are written by whoever audits, not answered by a partner"},
    LeftOut{"mhd/auditevent", "as above"},
    LeftOut{"pdqm/auditevent", "as above"},
    LeftOut{"pixm/auditevent", "as above"},
    LeftOut{"dsubm/", "Subscriptions at partners and what they notify: there is no such call yet"},
    LeftOut{"derived/", "topics of partners (ITI-114): there is no such call yet"},
    LeftOut{"pmir/", "patient identity feeds (ITI-93) come to us: there is no such interaction yet"},
    LeftOut{"mxde/", "decomposed documents: there is no such call yet"},
    LeftOut{"mhd/list-", "submission sets and folders (ITI-66): there is no such call"},
    LeftOut{"mhd/searchset-iti66", "as above"},
    LeftOut{"mhd/transaction-iti65", "documents are not provided to partners (ITI-65)"},
    LeftOut{"pdqm/match-input", "what we send: compared below, not served"},
    LeftOut{"pixm/ihe-pix", "cross-references (ITI-83): there is no such call yet"},
    LeftOut{"pixm/operationoutcome", "as above"},
    LeftOut{"composed/operationoutcome-iti83", "as above"},
    LeftOut{"composed/operationoutcome-reject", "what we answer to a Subscription"},
    LeftOut{"composed/batch-response", "what we answer to an asynchronous request"},
    LeftOut{"composed/patient-iti104", "a patient identity feed (ITI-104)"},
    LeftOut{"composed/searchset-northbound", "what we answer"},
    LeftOut{"composed/subscription-", "what apps send us"},
};

}  // namespace

TEST_CASE(
    "what PDQm suppliers answer comes to the patients their index names", "[vectors][ITI-78][ITI-119]"
) {
    if (vectors_absent()) return;
    for (auto const& expected : kPatientCases) {
        INFO(expected.file << " with HTTP " << expected.status);
        VectorPartner partner("https://partner-a.example.org", "/fhir");
        partner.serve_vector(expected.file, expected.status);
        auto const query = query_of(expected.query);
        auto const found = partner.patients(expected.method, query);
        CHECK(partner.fake.requests().size() == 1);
        REQUIRE(found.has_value() == (expected.failure == 0));
        if (found) {
            CHECK(matched(query, *found) == expected.matched);
            CHECK(found->partial == expected.partial);
        } else {
            CHECK(found.error().http_status() == expected.failure);
        }
    }
}

TEST_CASE("a Patient that was merged gives way to the one who survives", "[vectors][ITI-78]") {
    if (vectors_absent()) return;
    auto const query = query_of("family=MOHR");
    auto const merged = [](std::string const& survivor) {
        return fhir::json::
            read(R"({"resourceType":"Patient","id":"old","active":false,"link":[{"type":"replaced-by","other":{"reference":")" +
                 survivor + R"("}}]})")
                .value();
    };
    for (auto const& file : kSurvivors) {
        INFO(file);
        VectorPartner partner;
        auto const id = std::string(partner.resource(file).text("id"));
        partner.serve_in_searchset(merged("Patient/" + id), "Patient?family=mohr");
        partner.serve_vector(file);
        auto const found = partner.patients(kSearch, query);
        REQUIRE(found.has_value());
        REQUIRE(found->patients.size() == 1);
        CHECK(found->patients.front().id == id);
        CHECK_FALSE(found->partial);
    }
    SECTION("also when it is named by an identifier only") {
        VectorPartner partner;
        partner.serve_in_searchset(
            partner.resource("pixm/patient-merged-replaced-by-logical-reference.json"), "Patient?family=mohr"
        );
        partner.serve_in_searchset(
            partner.resource("pixm/patient-mohr-alice-red.json"), "Patient?identifier=x"
        );
        auto const found = partner.patients(kSearch, query);
        REQUIRE(found.has_value());
        CHECK(matched(query, *found) == Ids{"Patient-MohrAlice-Red"});
        CHECK(partner.first_line(1).find("IHERED-994") != std::string::npos);
    }
}

TEST_CASE("what Document Responders answer comes to the documents their index names", "[vectors][ITI-67]") {
    if (vectors_absent()) return;
    for (auto const& expected : kDocumentCases) {
        INFO(expected.file);
        VectorPartner partner(expected.origin, expected.base);
        partner.serve_vector(expected.file);
        auto const pages = partner.documents(expected.remote_id);
        REQUIRE(pages.has_value());
        REQUIRE(pages->size() == 1);
        auto const& page = pages->front();
        Ids ids;
        for (auto const& document : page.entries) ids.push_back(document.id);
        CHECK(ids == expected.documents);
        CHECK(page.dropped == 0);
        CHECK(page.partial == expected.partial);
    }
}

TEST_CASE("a Document Responder's answer about somebody else is dropped", "[vectors][F3]") {
    if (vectors_absent()) return;
    VectorPartner partner("http://nowhere.example");  // so that http://example.org is another server
    partner.serve_vector("mhd/searchset-iti67-comprehensive-one.json");
    auto const pages = partner.documents("FranzMusterNeedsAbsoluteUrl");
    REQUIRE(pages.has_value());
    CHECK(pages->front().entries.empty());
    CHECK(pages->front().dropped == 1);
    CHECK(partner.metrics.counter("tributary_entries_dropped_total", "", {{"partner", "p"}}).value() == 1);
}

TEST_CASE("a home community and an XDS retrieve URL come through as they are", "[vectors][ITI-67]") {
    if (vectors_absent()) return;
    SECTION("home community") {
        VectorPartner partner;
        partner.serve_vector("mhd/searchset-iti67-minimal-two-with-homeCommunityId.json");
        auto const pages = partner.documents("9876");
        CHECK(pages->front().entries.at(0).home_community_id.empty());
        CHECK(pages->front().entries.at(1).home_community_id == "urn:oid:2.999.123.1740.205.55.20.13");
    }
    SECTION("URL") {
        VectorPartner partner;
        partner.serve_vector("mhd/searchset-iti67-comprehensive-one.json");
        auto const pages = partner.documents("FranzMusterNeedsAbsoluteUrl");
        CHECK(
            pages->front().entries.at(0).contents.at(0).attachment.url ==
            "http://example.com/xdsretrieve?uniqueId=urn:uuid:413eb0f7-aa72-4405-86a4-7793a23fcc27"
            "&repositoryUniqueId=2.999.756.42.1"
        );
    }
}

TEST_CASE("the second page is asked for under the link of the first, to the letter", "[vectors][F1]") {
    if (vectors_absent()) return;
    VectorPartner partner("https://partner-a.example.org", "/fhir");
    partner.serve_vector("composed/searchset-iti67-page-1-of-2.json");
    partner.serve_vector("composed/searchset-iti67-page-2-of-2.json");
    auto const pages = partner.documents("p1");
    REQUIRE(pages.has_value());
    REQUIRE(pages->size() == 2);
    CHECK(partner.first_line(1) == "GET /fhir/opaque?cursor=abc%3D%3D&p=2 HTTP/1.1");
    CHECK(pages->at(0).entries.at(0).id == "d1");
    CHECK(pages->at(1).entries.at(0).id == "d2");
    CHECK_FALSE(pages->at(1).partial);
}

TEST_CASE("published DocumentReferences are read, whatever profile they follow", "[vectors][ITI-67]") {
    if (vectors_absent()) return;
    for (auto const& expected : kDocumentReferenceCases) {
        INFO(expected.file);
        VectorPartner partner("https://partner-a.example.org", "/fhir");
        auto const published = partner.resource(expected.file);
        partner.serve_in_searchset(
            published, "DocumentReference?patient=" + expected.remote_id + "&status=current"
        );
        auto const pages = partner.documents(expected.remote_id);
        REQUIRE(pages.has_value());
        REQUIRE(pages->front().entries.size() == 1);
        auto const& document = pages->front().entries.front();
        CHECK(document.resource == published);
        auto const& attachment = document.contents.at(0).attachment;
        CHECK(attachment.size.has_value() == expected.sized);
        CHECK(attachment.hash.empty() != expected.hashed);
        CHECK((attachment.has_data || !attachment.url.empty()));
    }
}

TEST_CASE("documents are retrieved where their DocumentReference says", "[vectors][ITI-68]") {
    if (vectors_absent()) return;
    for (std::string const file :
         {"mhd/binary-hello-world.json", "mhd/fhir-document-bundle-discharge-summary.json"}) {
        INFO(file);
        VectorPartner partner;
        auto const published = partner.vector(file);
        partner.serve_vector(file);
        auto const retrieved = partner.retrieve("Binary/ex-b-binary");
        REQUIRE(retrieved.has_value());
        CHECK(retrieved->bytes == published);
        CHECK(retrieved->content_type == "application/fhir+json");
        CHECK(partner.first_line(0) == "GET /Binary/ex-b-binary HTTP/1.1");
    }
}

TEST_CASE("a published CapabilityStatement is read", "[vectors]") {
    if (vectors_absent()) return;
    VectorPartner partner;
    partner.serve_vector("mhd/capabilitystatement-document-responder.json");
    auto& asked = partner.community();
    Result<Capabilities> said = Failure(Errc::bug);
    auto test = [&]() -> awaitable<void> { said = co_await asked.probe(partner.in(10s)); };
    partner.run(test());
    REQUIRE(said.has_value());
    CHECK(said->fhir_version == "4.0.1");
    CHECK_FALSE(said->offers_match);
    CHECK_FALSE(said->lacks_documents);
}

TEST_CASE("our $match has the form of the published ones", "[vectors][ITI-119]") {
    if (vectors_absent()) return;
    std::set<std::string> published;
    for (std::string const name : {"onlyCertainMatches", "count", "patient-only"}) {
        auto const body =
            fhir::json::read(read_vector("pdqm/match-input-parameters-" + name + ".json")).value();
        for (auto const& parameter : body.items("parameter")) {
            for (auto const& [member, value] : *parameter.get<fhir::json::Value::Object>())
                if (member != "name") published.insert(std::string(parameter.text("name")) + " " + member);
        }
    }
    auto const request = make_match_request(query_of("family=Schmidt&given=John"), 5);
    auto const ours = fhir::json::read(request.body).value();
    CHECK(ours.text("resourceType") == "Parameters");
    for (auto const& parameter : ours.items("parameter")) {
        for (auto const& [member, value] : *parameter.get<fhir::json::Value::Object>()) {
            INFO(parameter.text("name") << " " << member);
            CHECK((member == "name" || published.contains(std::string(parameter.text("name")) + " " + member))
            );
        }
    }
}

TEST_CASE("every vector is judged, or left out for a reason", "[vectors]") {
    if (vectors_absent()) return;
    std::set<std::string> judged;
    for (auto const& one : kPatientCases) judged.insert(one.file);
    for (auto const& one : kDocumentCases) judged.insert(one.file);
    for (auto const& one : kDocumentReferenceCases) judged.insert(one.file);
    judged.insert(kSurvivors.begin(), kSurvivors.end());
    for (auto const* alone :
         {"pixm/patient-merged-replaced-by-logical-reference.json",
          "composed/searchset-iti67-page-1-of-2.json",
          "composed/searchset-iti67-page-2-of-2.json",
          "mhd/binary-hello-world.json",
          "mhd/fhir-document-bundle-discharge-summary.json",
          "mhd/capabilitystatement-document-responder.json"})
        judged.insert(alone);
    for (auto const& entry : std::filesystem::recursive_directory_iterator(vectors_folder())) {
        if (entry.path().extension() != ".json") continue;
        auto const name = std::filesystem::relative(entry.path(), vectors_folder()).generic_string();
        auto const reason = std::find_if(kLeftOut.begin(), kLeftOut.end(), [&](LeftOut const& left_out) {
            return name.starts_with(left_out.begins);
        });
        INFO(name);
        CHECK(judged.contains(name) != (reason != kLeftOut.end()));
    }
}

}  // namespace tributary::partner
