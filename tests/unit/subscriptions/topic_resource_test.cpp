#include "subscriptions/topic_resource.hpp"

#include <algorithm>

#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

namespace {

using fhir::json::Value;

constexpr char kElement[] = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.";

/// Values of the simple extensions of that element.
std::vector<std::string> values(Value const& topic, std::string const& element, std::string const& type) {
    std::vector<std::string> found;
    for (auto const& extension : topic.items("extension")) {
        if (extension.text("url") == kElement + element) found.emplace_back(extension.text(type));
    }
    return found;
}
std::vector<std::string> parts(
    Value const& topic, std::string const& element, std::string const& name, std::string const& type
) {
    std::vector<std::string> found;
    for (auto const& extension : topic.items("extension")) {
        if (extension.text("url") != kElement + element) continue;
        for (auto const& part : extension.items("extension")) {
            if (part.text("url") == name) found.emplace_back(part.text(type));
        }
    }
    return found;
}

}  // namespace

TEST_CASE("our topic is shown as the published Basic, with more filters", "[subscriptions][topic][vectors]") {
    auto const folder = vectors();
    if (!folder) return;
    auto expected = vector_file(*folder / "composed" / "patient-documents.basic-topic.json");
    auto const shown = basic_topic(topics("https://orchestrator.example.org/fhir").front());
    auto const& wanted = expected.items("extension");
    auto ours = shown.items("extension");
    REQUIRE(ours.size() == wanted.size() + 5);
    CHECK(
        parts(shown, "canFilterBy", "filterParameter", "valueString") ==
        std::vector<std::string>{
            "patient",
            "patient.identifier",
            "patient.given",
            "patient.family",
            "patient.birthdate",
            "patient.gender",
            "type",
            "category",
            "status",
            "patient.name",
            "patient.address-postalcode",
            "patient.telecom",
            "date",
            "identifier"
        }
    );
    ours.erase(ours.end() - 6, ours.end() - 1);  // what E5 adds, before the shape
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        auto const url = wanted[i].text("url");
        INFO(url);
        if (url == std::string(kElement) + "date" || url == std::string(kElement) + "description") {
            CHECK(ours[i].text("url") == url);
        } else {
            CHECK(ours[i] == wanted[i]);
        }
    }
    CHECK_THAT(
        values(shown, "description", "valueMarkdown").front(),
        Catch::Matchers::StartsWith(values(expected, "description", "valueMarkdown").front())
    );
    auto rest = shown;
    rest.set("extension", Value());
    expected.set("extension", Value());
    CHECK(rest == expected);
}

TEST_CASE("a topic says which changes make its Events", "[subscriptions][DSUBm]") {
    auto const interactions = [](std::string const& suffix) {
        auto const all = topics("https://x.example");
        auto const* const topic = find_topic(
            all, "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/DSUBm-SubscriptionTopic-" + suffix
        );
        return parts(basic_topic(*topic), "resourceTrigger", "supportedInteraction", "valueCode");
    };
    using Codes = std::vector<std::string>;
    CHECK(interactions("DocumentReference-MultiPatient") == Codes{"create"});
    CHECK(interactions("DocReference-MultiPatient-MinUpdate") == Codes{"create", "update", "delete"});
    CHECK(interactions("DocReference-PatientDependent-AllEvents") == Codes{"create", "update", "delete"});
}

}  // namespace tributary::subscriptions
