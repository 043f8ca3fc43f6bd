#include "subscriptions/topics.hpp"

#include <set>

#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

namespace {

std::vector<Topic> const kTopics = topics("https://x.example");

}  // namespace

TEST_CASE("our topic is found by its canonical, with its version or without", "[subscriptions][topic]") {
    auto const canonical = "https://x.example/SubscriptionTopic/patient-documents";
    CHECK(find_topic(kTopics, canonical) == &kTopics.front());
    CHECK(find_topic(kTopics, std::string(canonical) + "|1.0.0") == &kTopics.front());
    CHECK(find_topic(kTopics, std::string(canonical) + "|2.0.0") == nullptr);
    CHECK(find_topic(kTopics, "https://x.example/SubscriptionTopic/other") == nullptr);
}

TEST_CASE("the topics of DSUBm on DocumentReference are known by both spellings", "[subscriptions][DSUBm]") {
    struct Expected {
        std::string suffix;
        Trigger trigger;
        bool names_patient;
    };
    std::vector<Expected> const expected{
        {"DocumentReference-PatientDependent", Trigger::created, true},
        {"DocumentReference-MultiPatient", Trigger::created, false},
        {"DocReference-PatientDependent-MinUpdate", Trigger::status_changed, true},
        {"DocReference-MultiPatient-MinUpdate", Trigger::status_changed, false},
        {"DocReference-PatientDependent-AllEvents", Trigger::changed, true},
        {"DocReference-MultiPatient-AllEvents", Trigger::changed, false}
    };
    std::string const folder = "https://profiles.ihe.net/ITI/DSUBm/";
    for (auto const& one : expected) {
        INFO(one.suffix);
        auto const last = "DSUBm-SubscriptionTopic-" + one.suffix;
        auto const* const topic = find_topic(kTopics, folder + "SubscriptionTopic/" + last);
        REQUIRE(topic != nullptr);
        CHECK(find_topic(kTopics, folder + last) == topic);
        CHECK(topic->canonical == folder + "SubscriptionTopic/" + last);
        CHECK(topic->trigger == one.trigger);
        CHECK(topic->names_patient == one.names_patient);
        CHECK(topic->ihe);
        CHECK(topic->offers("patient") == one.names_patient);
    }
    CHECK(kTopics.size() == expected.size() + 1);
}

TEST_CASE("every topic has an id that FHIR allows, and its own", "[subscriptions][topic]") {
    std::set<std::string_view> ids;
    for (auto const& topic : kTopics) {
        CHECK(topic.id.size() <= 64);
        CHECK(ids.insert(topic.id).second);
    }
}

TEST_CASE("a topic of DSUBm offers every filter of IHE's own definition", "[subscriptions][DSUBm][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    std::size_t seen = 0;
    for (auto const* name : {"PatientDependent", "MultiPatient"}) {
        auto const file =
            std::string("DSUBm-SubscriptionTopic-DocumentReference-") + name + ".subscriptiontopic.json";
        auto const definition = vector_file(*folder / "ihe-dsubm" / file);
        auto const* const topic = find_topic(kTopics, definition.text("url"));
        INFO(name);
        REQUIRE(topic != nullptr);
        for (auto const& filter : definition.items("canFilterBy")) {
            ++seen;
            INFO(filter.text("filterParameter"));
            CHECK(topic->offers(filter.text("filterParameter")));
            CHECK(topic->resource == filter.text("resource"));
        }
    }
    CHECK(seen == 21);
}

}  // namespace tributary::subscriptions
