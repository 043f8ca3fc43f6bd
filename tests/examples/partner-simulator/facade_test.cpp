#include <set>

#include "examples/partner-simulator/fhir_facade.hpp"
#include "examples/partner-simulator/sample_profile.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/value.hpp"
#include "orchestrator/base/digest.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

using fhir::json::Value;

/// The sample network with a facade for each community.
struct Sample {
    Network network = make_sample_network();
    FhirFacade facade(std::string_view id) const {
        return FhirFacade(*find_community(network, id), "http://sim.example/" + std::string(id) + "/fhir");
    }
    FacadeAnswer get(std::string_view id, std::string path, std::string query = {}, std::string accept = {})
        const {
        return facade(id).answer({"GET", std::move(path), std::move(query), std::move(accept)});
    }
};

Value parsed(FacadeAnswer const& answer) {
    auto value = fhir::json::read(answer.body);
    REQUIRE(value.has_value());
    return *value;
}

std::string link(Value const& bundle, std::string_view relation) {
    for (auto const& item : bundle.items("link")) {
        if (item.text("relation") == relation) return std::string(item.text("url"));
    }
    return {};
}

}  // namespace

TEST_CASE("Patient search answers by GET and POST, and its self link shows what was applied", "[simulator]") {
    Sample const sample;
    auto const got = sample.get("p001", "/Patient", "given=bob&family=smith&shoe-size=44");
    CHECK(got.step == Step::patient_discovery);
    auto const bundle = parsed(got);
    CHECK(bundle.items("entry").size() == 1);
    CHECK(link(bundle, "self") == "http://sim.example/p001/fhir/Patient?given=bob&family=smith");
    auto const posted =
        sample.facade("p001").answer({"POST", "/Patient/_search", "given=bob&family=smith", ""});
    CHECK(parsed(posted).items("entry").size() == 1);
    CHECK(parsed(sample.get("p007", "/Patient", "given=bob&family=smith")).items("entry").empty());
}

TEST_CASE("the pages of a search, followed by their links, hold every entry once", "[simulator]") {
    Sample const sample;
    std::set<std::string> seen;
    auto page =
        parsed(sample.get("p003", "/DocumentReference", "patient=5b0f7c1e&status=current,superseded"));
    std::size_t pages = 1;
    while (true) {
        CHECK(page.items("entry").size() <= 2);
        for (auto const& entry : page.items("entry"))
            CHECK(seen.insert(std::string(entry.at("resource")->text("id"))).second);
        auto const next = link(page, "next");
        if (next.empty()) break;
        REQUIRE(next.starts_with("http://sim.example/p003/fhir?"));
        page = parsed(sample.get("p003", "", next.substr(next.find('?') + 1)));
        ++pages;
    }
    CHECK(pages == 5);
    CHECK(seen.size() == 9);
    CHECK(seen.contains("sa-900"));
}

TEST_CASE("a page link that was never given is gone", "[simulator]") {
    Sample const sample;
    CHECK(sample.get("p003", "", "_getpages=rubbish").status == 410);
}

TEST_CASE(
    "a document is read raw or as a Binary, and its hash and size are those of the bytes", "[simulator]"
) {
    Sample const sample;
    auto const reference = parsed(sample.get("p001", "/DocumentReference/r-4711"));
    auto const& attachment = *reference.items("content").at(0).at("attachment");
    CHECK(attachment.text("url") == "Binary/r-4711-cda");
    auto const raw = sample.get("p001", "/Binary/r-4711-cda", "", "application/xml, */*;q=0.1");
    CHECK(raw.content_type == "application/xml");
    auto const digest = sha1(raw.body);
    CHECK(attachment.text("hash") == base64({reinterpret_cast<char const*>(digest.data()), digest.size()}));
    auto const wrapped = parsed(sample.get("p001", "/Binary/r-4711-cda", "", "application/fhir+json"));
    CHECK(from_base64(wrapped.text("data")) == raw.body);
}

TEST_CASE(
    "one DocumentReference offers html and rtf by absolute URL, another its data inline", "[simulator]"
) {
    Sample const sample;
    auto const note = parsed(sample.get("p002", "/DocumentReference/21001"));
    REQUIRE(note.items("content").size() == 2);
    CHECK(
        note.items("content")[1].at("attachment")->text("url") ==
        "http://sim.example/p002/fhir/Binary/21001-rtf"
    );
    auto const inline_note = parsed(sample.get("p008", "/DocumentReference/ot-1"));
    auto const& attachment = *inline_note.items("content").at(0).at("attachment");
    CHECK(attachment.find("url") == nullptr);
    CHECK(from_base64(attachment.text("data")).value_or("").starts_with("Medication list"));
}

TEST_CASE("three communities hold the same bytes under the same identifier", "[simulator]") {
    Sample const sample;
    auto const first = parsed(sample.get("p001", "/DocumentReference/r-4711"));
    for (auto const& [community, id] : {std::pair("p003", "sa-107"), std::pair("p004", "hi-2")}) {
        auto const copy = parsed(sample.get(community, std::string("/DocumentReference/") + id));
        CHECK(*copy.find("masterIdentifier") == *first.find("masterIdentifier"));
        CHECK(
            copy.items("content")[0].at("attachment")->text("hash") ==
            first.items("content")[0].at("attachment")->text("hash")
        );
    }
}

TEST_CASE("what is not there is told by an OperationOutcome", "[simulator]") {
    Sample const sample;
    for (auto const& [path, status] :
         {std::pair("/Patient/nobody", 404U),
          std::pair("/Binary/nothing", 404U),
          std::pair("/Observation", 404U),
          std::pair("/DocumentReference", 400U),
          std::pair("/Binary", 405U)}) {
        INFO(path);
        auto const answer = sample.get("p001", path);
        CHECK(answer.status == status);
        CHECK(parsed(answer).text("resourceType") == "OperationOutcome");
    }
    CHECK(sample.facade("p001").answer({"DELETE", "/Patient/e7Bq0x1", "", ""}).status == 405);
}

TEST_CASE("metadata names the software and the version of FHIR", "[simulator]") {
    Sample const sample;
    auto const statement = parsed(sample.get("p001", "/metadata"));
    CHECK(statement.at("software", "name")->text() == "Rivulet EHR");
    CHECK(statement.at("software", "version")->text() == "7.2");
    CHECK(statement.text("fhirVersion") == "4.0.1");
}

}  // namespace tributary::simulator
