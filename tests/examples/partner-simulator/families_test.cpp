#include <set>

#include "examples/partner-simulator/fhir_facade.hpp"
#include "fhir/json/reader.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::Value;

constexpr char kBase[] = "http://sim.example/p001/fhir";
constexpr auto kFamilies = {
    Family::hapi,
    Family::epic,
    Family::cerner,
    Family::ihe,
    Family::microsoft,
    Family::firely,
    Family::medplum,
    Family::blaze
};

/// A community of that family with one patient and `documents` notes of hers.
struct Stage {
    explicit Stage(Family family, std::size_t documents = 0) {
        community.behaviour.family = family;
        community.behaviour.page_size = 2;
        community.patients = {
            {"a1",
             {"Ana", "Maria"},
             "López",
             "1982-06-30",
             "female",
             {{"urn:oid:2.999.8.1", "77"}, {"urn:oid:2.999.9", "9"}}}
        };
        for (std::size_t i = 0; i < documents; ++i) {
            Document document;
            document.id = "d" + std::to_string(i);
            document.patient_id = document.listed_for = "a1";
            community.documents.push_back(document);
        }
    }
    FacadeAnswer ask(FacadeRequest const& request) const {
        return FhirFacade(community, kBase).answer(request);
    }
    FacadeAnswer get(std::string path, std::string query = {}) const {
        return ask({"GET", std::move(path), std::move(query), ""});
    }
    Community community{"p001", "Riverside", "Sim 1", "urn:oid:2.999.7.1"};
};

Value parsed(FacadeAnswer const& answer) {
    auto value = fhir::json::read(answer.body);
    REQUIRE(value.has_value());
    return *value;
}

std::string next_of(Value const& bundle) {
    for (auto const& item : bundle.items("link")) {
        if (item.text("relation") == "next") return std::string(item.text("url"));
    }
    return {};
}

/// Follows the page links; returns how many pages there are, and who is on them.
std::pair<std::size_t, std::set<std::string>> walk(Stage const& stage) {
    std::set<std::string> seen;
    auto page = parsed(stage.get("/DocumentReference", "patient=a1&status=current"));
    std::size_t pages = 1;
    for (; pages < 10; ++pages) {
        for (auto const& entry : page.items("entry"))
            seen.insert(std::string(entry.at("resource")->text("id")));
        auto const next = next_of(page);
        if (next.empty()) break;
        REQUIRE(next.starts_with(kBase));
        auto const rest = next.substr(std::string(kBase).size());
        auto const mark = rest.find('?');
        page = parsed(stage.get(rest.substr(0, mark), rest.substr(mark + 1)));
    }
    return {pages, seen};
}

FacadeAnswer match(Stage const& stage, std::string const& patient) {
    auto const body = R"({"resourceType":"Parameters","parameter":[{"name":"resource","resource":)" +
                      patient + R"(},{"name":"onlyCertainMatches","valueBoolean":true}]})";
    return stage.ask({"POST", "/Patient/$match", "", "", body});
}

constexpr char kAna[] =
    R"({"resourceType":"Patient","name":[{"family":"lopez","given":["ana"]}],"birthDate":"1982-06-30"})";

}  // namespace

TEST_CASE("whatever the family, the page links lead through every document", "[simulator]") {
    for (auto const family : kFamilies) {
        INFO(wire(family));
        auto const [pages, seen] = walk(Stage(family, 5));
        CHECK(pages == 3);
        CHECK(seen == std::set<std::string>{"d0", "d1", "d2", "d3", "d4"});
    }
}

TEST_CASE("a Cerner-like community offers a further page that turns out to be empty", "[simulator]") {
    CHECK(walk(Stage(Family::cerner, 4)).first == 3);
    CHECK(walk(Stage(Family::hapi, 4)).first == 2);
}

TEST_CASE("each family shapes its Bundles in its way", "[simulator]") {
    auto const microsoft = parsed(Stage(Family::microsoft, 3).get("/DocumentReference", "patient=a1"));
    CHECK(microsoft.items("link").at(0).text("relation") == "next");
    auto const cerner = parsed(Stage(Family::cerner, 1).get("/DocumentReference", "patient=a1"));
    CHECK(cerner.items("entry").at(0).find("search") == nullptr);
    auto const epic = parsed(Stage(Family::epic).get("/DocumentReference", "patient=a1"));
    REQUIRE(epic.items("entry").size() == 1);
    CHECK(epic.items("entry").at(0).at("search", "mode")->text() == "outcome");
    Stage without_total(Family::hapi, 1);
    without_total.community.behaviour.gives_total = false;
    CHECK(parsed(without_total.get("/DocumentReference", "patient=a1")).find("total") == nullptr);
}

TEST_CASE(
    "$match is offered and answered by Epic-like communities, and refused by the others", "[simulator]"
) {
    for (auto const family : kFamilies) {
        INFO(wire(family));
        Stage const stage(family);
        bool const offers = family == Family::epic;
        CHECK((stage.get("/metadata").body.find(R"("name":"match")") != std::string::npos) == offers);
        auto const answer = match(stage, kAna);
        CHECK(answer.status == (offers ? 200 : 400));
        CHECK(parsed(answer).text("resourceType") == (offers ? "Bundle" : "OperationOutcome"));
    }
}

TEST_CASE("a $match entry tells its grade and its score", "[simulator]") {
    auto const bundle = parsed(match(Stage(Family::epic), kAna));
    REQUIRE(bundle.items("entry").size() == 1);
    auto const& search = *bundle.items("entry").at(0).find("search");
    CHECK(search.text("mode") == "match");
    CHECK(search.find("score") != nullptr);
    CHECK(search.items("extension").at(0).text("valueCode") == "certain");
    CHECK_FALSE(match(Stage(Family::epic), R"({"resourceType":"Patient","name":[{"family":"lop"}]})").found);
    CHECK(match(Stage(Family::epic), R"({"resourceType":"Patient"})").status == 422);
}

TEST_CASE("an IHE gateway cross-references identifiers, and says why it cannot", "[simulator]") {
    Stage const stage(Family::ihe);
    auto const found = stage.get("/Patient/$ihe-pix", "sourceIdentifier=urn:oid:2.999.9|9");
    CHECK(found.status == 200);
    CHECK_THAT(found.body, Catch::Matchers::ContainsSubstring(R"("value":"77")"));
    CHECK_THAT(found.body, Catch::Matchers::ContainsSubstring("/Patient/a1"));
    auto const by_id =
        stage.get("/Patient/$ihe-pix", std::string("sourceIdentifier=") + kBase + "|Patient/a1");
    CHECK(parsed(by_id).items("parameter").size() == 2);
    auto const one_domain =
        stage.get("/Patient/$ihe-pix", "sourceIdentifier=urn:oid:2.999.9|9&targetSystem=urn:oid:2.999.8.1");
    CHECK(parsed(one_domain).items("parameter").size() == 1);
    for (auto const& [query, status] :
         {std::pair("sourceIdentifier=urn:oid:2.999.9|10", 404U),
          std::pair("sourceIdentifier=urn:oid:1.2|9", 400U),
          std::pair("sourceIdentifier=urn:oid:2.999.9|9&targetSystem=urn:oid:1.2", 403U),
          std::pair("sourceIdentifier=9", 400U)}) {
        INFO(query);
        CHECK(stage.get("/Patient/$ihe-pix", query).status == status);
    }
    CHECK(Stage(Family::hapi).get("/Patient/$ihe-pix", "sourceIdentifier=urn:oid:2.999.9|9").status == 400);
}

TEST_CASE("an IHE gateway gives the identifiers of the domain asked for only", "[simulator]") {
    Stage const stage(Family::ihe);
    auto const trimmed = stage.get("/Patient", "family=lopez&identifier=urn:oid:2.999.9|");
    CHECK(trimmed.found);
    CHECK(trimmed.body.find("urn:oid:2.999.8.1") == std::string::npos);
    CHECK(stage.get("/Patient", "family=lopez&identifier=urn:oid:1.2|").status == 404);
}

}  // namespace tributary::simulator
