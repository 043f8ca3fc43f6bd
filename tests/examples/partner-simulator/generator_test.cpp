#include <algorithm>
#include <iterator>
#include <set>

#include "examples/partner-simulator/generator/contents.hpp"
#include "examples/partner-simulator/generator/demographics.hpp"
#include "examples/partner-simulator/generator/identities.hpp"
#include "examples/partner-simulator/generator/source_readers.hpp"
#include "tests/examples/partner-simulator/generated_network.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

constexpr char kCda[] =
    R"(<ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.1"/><id root="2.999.1" extension="A7"/><code code="34133-9" displayName="Summary"/>)"
    R"(<title>Summary of care</title><effectiveTime value="20150622101500-0500"/><setId root="2.999.2"/><versionNumber value="3"/>)"
    R"(<recordTarget><patientRole><patient><name use="L"><given>Ada</given><given qualifier="BR">Adele</given><family>Byron</family></name>)"
    R"(<name use="P SRCH"><given>Ada</given><family>King</family></name><administrativeGenderCode code="F"/><birthTime value="18151210"/>)"
    R"(</patient></patientRole></recordTarget></ClinicalDocument>)";

SourceData some_people() {
    SourceData data;
    for (auto const* family : {"Adams", "Baker", "Clark", "Davis", "Evans", "Frank", "Ghosh", "Hills"})
        data.persons.push_back(make_source_person(family, "Ann", 6));
    return data;
}

SourceDocument read_cda_document(std::string text) {
    auto const person = read_cda("a.xml", std::move(text));
    REQUIRE(person.has_value());
    return person->documents.front();
}

}  // namespace

TEST_CASE("the same data and seed make the same network, another seed another one", "[simulator]") {
    auto const once = describe(generate(some_people(), {7, 20, 2}));
    CHECK(once == describe(generate(some_people(), {7, 20, 2})));
    CHECK(once != describe(generate(some_people(), {8, 20, 2})));
}

TEST_CASE("one more community moves almost nothing", "[simulator]") {
    auto before = describe(generate(some_people(), {7, 40, 3}));
    auto after = describe(generate(some_people(), {7, 41, 3}));
    std::sort(before.begin(), before.end());
    std::sort(after.begin(), after.end());
    std::vector<std::string> kept;
    std::set_intersection(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(kept));
    CHECK(static_cast<double>(kept.size()) > .85 * static_cast<double>(before.size()));
}

TEST_CASE("copies are made of every class, in the shares of the fixture", "[simulator]") {
    constexpr std::size_t kNotes = 1000;
    SourceData data;
    data.persons.push_back(make_source_person("Bates", "Jeremy", 1));
    data.persons.push_back(make_source_person("Bogan287", "Beatris", kNotes));
    auto counts = count_classes(generate(std::move(data), {7, 20, 1}));
    auto const near = [&](CopyClass copy_class, double share) {
        INFO(wire(copy_class));
        CHECK(counts[copy_class] / kNotes == Approx(share).margin(.03));
        CHECK(counts[copy_class] > 0);
    };
    CHECK(counts[CopyClass::original] == kNotes + 1);
    near(CopyClass::exact_copy, .08 + .04 + .02 * 4);  // a note has no other form of the same identity
    near(CopyClass::without_unique_id, .06);
    near(CopyClass::other_spelling, .04);
    near(CopyClass::conflict, .01);
    near(CopyClass::new_version, .03);
    near(CopyClass::retracted, .01);
    near(CopyClass::twice, .01);
    CHECK(counts[CopyClass::sample_id] > 0);
}

TEST_CASE("copies share the bytes of their original", "[simulator]") {
    SourceData data;
    data.persons.push_back(make_source_person("Ferry570", "Allen", 60));
    auto const network = generate(std::move(data), {7, 100, 1});
    std::map<std::string, std::set<char const*>> places;
    for (auto const& community : network.communities) {
        for (auto const& document : community.documents)
            places[document.truth].insert(document.contents.front().bytes.text().data());
    }
    CHECK(std::all_of(places.begin(), places.end(), [](auto const& each) { return each.second.size() == 1; })
    );
}

TEST_CASE("the double of the headline patient is at two of her communities and at one other", "[simulator]") {
    SourceData data;
    data.persons.push_back(make_source_person("Newcomb", "Alice", 1));
    data.persons.push_back(make_source_person("Newman", "Alice", 3));
    auto const network = generate(std::move(data), {7, 200, 1});
    std::set<std::string> newman, newcomb;
    for (auto const& community : network.communities) {
        for (auto const& patient : community.patients) {
            bool const double_of_her =
                patient.family.starts_with("Newc") || patient.family.starts_with("NEWC");
            (double_of_her ? newcomb : newman).insert(community.id);
        }
    }
    std::vector<std::string> shared;
    std::set_intersection(
        newman.begin(), newman.end(), newcomb.begin(), newcomb.end(), std::back_inserter(shared)
    );
    CHECK(newman.size() == 10);
    CHECK(newcomb.size() == 3);
    CHECK(shared.size() == 2);
    bool const troubled = std::any_of(newman.begin(), newman.end(), [&](std::string const& id) {
        return is_named_trouble(id) || find_community(network, id)->behaviour.health == Health::slow;
    });
    CHECK(troubled);
}

TEST_CASE("demographics vary from community to community in the shares of the fixture", "[simulator]") {
    auto person = make_source_person("Godínez", "Ana", 0);
    person.patient.birth_date = "1970-05-01";
    person.patient.address = {"1 Main Street", "Boston", "MA", "02129"};
    person.maiden_name = "Price";
    std::map<Variation, double> counts;
    for (int i = 0; i < 4000; ++i)
        ++counts[draw_variation(7, 'p' + std::to_string(i), person, person.patient)];
    CHECK(counts[Variation::exact] / 4000 == Approx(.70).margin(.02));
    CHECK(counts[Variation::upper_case] / 4000 == Approx(.08).margin(.012));
    CHECK(counts[Variation::nickname] / 4000 == Approx(.05).margin(.012));
    CHECK(counts[Variation::swapped_birth_date] / 4000 == Approx(.01).margin(.008));
    auto const bare = make_source_person("Adams", "Ann", 0);
    CHECK(counts[Variation::without_accents] > 0);
    for (int i = 0; i < 400; ++i) {
        auto const variation = draw_variation(7, 'p' + std::to_string(i), bare, bare.patient);
        CHECK(variation != Variation::without_accents);
        CHECK(variation != Variation::maiden_name);
    }
}

TEST_CASE("clones have names and uniqueIds of their own, and the bytes of their originals", "[simulator]") {
    SourceData data;
    data.persons.push_back(make_source_person("Bates", "Jeremy", 2));
    auto const network = generate(std::move(data), {7, 200, 2});
    CHECK(holders_of(network, "Bates").size() >= 5);
    CHECK(holders_of(network, "Bates2").size() >= 5);
    std::set<std::string> originals;
    std::set<char const*> bytes;
    for (auto const& community : network.communities) {
        for (auto const& document : community.documents) {
            if (document.copy_class != CopyClass::original) continue;
            originals.insert(document.master_identifier.value);
            if (document.contents.front().content_type == "text/plain")
                bytes.insert(document.contents.front().bytes.text().data());
        }
    }
    CHECK(originals.size() == 4);
    CHECK(bytes.size() <= 2);
}

TEST_CASE("a C-CDA header tells the patient and the document", "[simulator]") {
    auto const person = read_cda("a.xml", kCda);
    REQUIRE(person.has_value());
    CHECK(person->patient.family == "Byron");
    CHECK(person->patient.given == std::vector<std::string>{"Ada"});
    REQUIRE(person->patient.other_names.size() == 1);
    CHECK(person->patient.other_names[0].family == "King");
    CHECK(person->birth_dates == std::vector<std::string>{"1815-12-10"});
    auto const& source = person->documents.front();
    CHECK(source.document.master_identifier.system == "urn:oid:2.999.1");
    CHECK(source.document.master_identifier.value == "A7");
    CHECK(source.document.creation == "2015-06-22T10:15:00Z");
    CHECK(source.inner_id == "2.999.1^A7|2.999.2^|3");
    CHECK_FALSE(read_cda("b.xml", "no XML").has_value());
}

TEST_CASE("other white space keeps the identity inside, an amendment gives another one", "[simulator]") {
    auto const source = read_cda_document(kCda);
    auto const& content = source.document.contents.front();
    auto const copy = re_serialised(content);
    REQUIRE(copy.has_value());
    CHECK_FALSE(*copy == content.bytes);
    CHECK(read_cda_document(copy->text()).inner_id == source.inner_id);
    CHECK(read_cda_document(amended(content, "2.999.5", "").text()).inner_id == "2.999.5^A7|2.999.2^|3");
    CHECK_FALSE(re_serialised({"text/plain", "A note", ""}).has_value());
}

TEST_CASE("a note is kept as HTML with RTF, as a PDF, or as it is", "[simulator]") {
    std::vector<Content> const note = {{"text/plain", "Fever < 38 {°C}\nRest", ""}};
    auto const epic = contents_at(Family::epic, note);
    REQUIRE(epic.size() == 2);
    CHECK_THAT(epic[0].bytes.text(), Catch::Matchers::ContainsSubstring("<p>Fever &lt; 38 {°C}</p>"));
    CHECK_THAT(epic[1].bytes.text(), Catch::Matchers::ContainsSubstring("Fever < 38 \\{??C\\}\\par"));
    CHECK(contents_at(Family::cerner, note).front().bytes.text().starts_with("%PDF-1.4\n"));
    CHECK(contents_at(Family::hapi, note).front().bytes == note.front().bytes);
    CHECK(contents_at(Family::epic, {{"application/xml", "<a/>", ""}}).size() == 1);
}

TEST_CASE("equal files of one person are one document, a copied sample id is not", "[simulator]") {
    SourcePerson person;
    std::string const other = std::string(kCda) + "<!-- of another day -->";
    for (auto const& [key, text] :
         std::map<std::string, std::string>{{"1", kCda}, {"2", kCda}, {"3", other}}) {
        auto source = read_cda_document(text);
        source.key = key;
        person.documents.push_back(std::move(source));
    }
    settle_identities(person);
    CHECK(person.documents[1].document.truth == "1");
    CHECK(person.documents[1].document.master_identifier.value == "A7");
    CHECK(person.documents[2].document.truth == "3");
    CHECK(person.documents[2].document.master_identifier.value != "A7");
}

}  // namespace tributary::simulator
