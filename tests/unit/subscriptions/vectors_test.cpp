#include "tests/unit/subscriptions/vectors.hpp"

#include <map>

#include "fhir/search/date_range.hpp"
#include "subscriptions/subscription.hpp"

namespace tributary::subscriptions {

namespace {

Rules vector_rules() {
    Rules rules;
    rules.canonical_base = "https://orchestrator.example.org/fhir";
    rules.base = "https://orchestrator.example.org/fhir";
    return rules;
}
std::chrono::system_clock::time_point noon() { return fhir::search::read_date("2026-01-15T12:00:00Z")->from; }

struct Expected {
    Kind kind;
    ChannelType channel;
    Content content;
};

}  // namespace

TEST_CASE("every vector is read as JSON", "[subscriptions][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    for (auto const& file : std::filesystem::recursive_directory_iterator(*folder)) {
        if (file.path().extension() == ".json") CHECK(vector_file(file.path()).is_object());
    }
}

TEST_CASE("the composed Subscriptions are understood", "[subscriptions][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    std::map<std::string, Expected> const expected{
        {"classic-rest-hook-no-payload", {Kind::classic, ChannelType::rest_hook, Content::none}},
        {"classic-rest-hook-payload", {Kind::classic, ChannelType::rest_hook, Content::resource}},
        {"classic-websocket", {Kind::classic, ChannelType::websocket, Content::none}},
        {"topic-rest-hook-empty", {Kind::topic, ChannelType::rest_hook, Content::empty}},
        {"topic-rest-hook-full-resource", {Kind::topic, ChannelType::rest_hook, Content::full_resource}},
        {"topic-rest-hook-id-only", {Kind::topic, ChannelType::rest_hook, Content::id_only}},
        {"topic-rest-hook-two-filter-extensions", {Kind::topic, ChannelType::rest_hook, Content::id_only}},
        {"topic-websocket-full-resource", {Kind::topic, ChannelType::websocket, Content::full_resource}}
    };
    for (auto const& [name, what] : expected) {
        auto const reading = read_subscription(
            vector_file(*folder / "composed" / (name + ".subscription.json")), vector_rules(), noon()
        );
        INFO(name);
        CHECK(reading.problems.empty());
        CHECK(reading.plan.kind == what.kind);
        CHECK(reading.plan.channel.type == what.channel);
        CHECK(reading.plan.content == what.content);
        CHECK(reading.plan.search.patient.parameters.size() == 2);
    }
}

TEST_CASE("the composed Subscription with an XML payload is refused", "[subscriptions][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    auto const reading = read_subscription(
        vector_file(*folder / "composed" / "classic-rest-hook-xml-payload.subscription.json"),
        vector_rules(),
        noon()
    );
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].errc() == Errc::not_supported);
    CHECK(reading.problems[0].expression() == "Subscription.channel.payload");
}

TEST_CASE("Subscriptions to other people's topics are refused without surprise", "[subscriptions][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    for (auto const& file : std::filesystem::recursive_directory_iterator(*folder)) {
        auto const name = file.path().filename().string();
        if (!name.ends_with(".subscription.json") || file.path().parent_path().filename() == "composed")
            continue;
        if (file.path().parent_path().filename() == "ihe-dsubm") continue;
        INFO(name);
        auto const reading = read_subscription(vector_file(file.path()), vector_rules(), noon());
        CHECK(std::any_of(reading.problems.begin(), reading.problems.end(), [](Failure const& failure) {
            return failure.errc() == Errc::not_supported && failure.expression() == "Subscription.criteria";
        }));
    }
}

TEST_CASE(
    "DSUBm's own Subscriptions are understood, but for XML and an end that is past",
    "[subscriptions][vectors]"
) {
    auto const folder = vectors();
    if (!folder) return;
    auto const read = [&](std::string const& name) {
        auto const file = "ex-DocumentReference-" + name + ".subscription.json";
        return read_subscription(vector_file(*folder / "ihe-dsubm" / file), vector_rules(), noon());
    };
    auto const patient_dependent = read("PatientDependent");
    REQUIRE(patient_dependent.problems.size() == 1);
    CHECK(patient_dependent.problems[0].expression() == "Subscription.end");
    CHECK(patient_dependent.plan.search.patient.references == std::vector<std::string>{"ex-patient"});
    auto const multi_patient = read("MultiPatient");
    REQUIRE(multi_patient.problems.size() == 1);
    CHECK(multi_patient.problems[0].expression() == "Subscription.channel.payload");
    CHECK(multi_patient.plan.search.patient.empty());
    CHECK(multi_patient.plan.search.filters.size() == 1);
}

}  // namespace tributary::subscriptions
