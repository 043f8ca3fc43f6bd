#include "subscriptions/dialect.hpp"

#include <algorithm>

#include "fhir/json/writer.hpp"
#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

TEST_CASE("a notification in the JSON dialect is what its clients read", "[subscriptions][dialect]") {
    auto const folder = vectors();
    if (!folder) return;
    auto const vector = vector_file(*folder / "composed" / "notify-event-full-resource.bundle.json");
    auto const told = parsed(dialect_form(fhir::json::write(vector)));
    CHECK(told.text("type") == "history");
    CHECK(told.find("meta") == nullptr);
    auto const& entries = told.items("entry");
    REQUIRE(entries.size() == 2);
    auto const& status = *entries[0].find("resource");
    CHECK(status.text("resourceType") == "SubscriptionStatus");
    CHECK(status.text("type") == "event-notification");
    CHECK(status.text("status") == "active");
    CHECK(
        status.at("subscription", "reference")->text() == "Subscription/6f1c0c5e-6a0b-4c0e-9a53-0d3a6c3f9a01"
    );
    REQUIRE(status.items("notificationEvent").size() == 1);
    auto const& event = status.items("notificationEvent").front();
    CHECK(event.text("eventNumber") == status.text("eventsSinceSubscriptionStart"));
    CHECK_FALSE(event.text("timestamp").empty());
    CHECK(event.at("focus", "reference")->text() == entries[1].text("fullUrl"));
    CHECK(entries[1] == vector.items("entry")[1]);
    for (auto const* member : {"request", "response"}) CHECK(entries[0].find(member) != nullptr);
}

TEST_CASE(
    "a handshake in the JSON dialect has the members of the guide's R4B example", "[subscriptions][dialect]"
) {
    auto const folder = vectors();
    if (!folder) return;
    auto const names = [](fhir::json::Value const& value) {
        std::vector<std::string> found;
        for (auto const& [name, member] : *value.get<fhir::json::Value::Object>()) found.push_back(name);
        std::sort(found.begin(), found.end());
        return found;
    };
    auto const ours = parsed(dialect_form(
        fhir::json::write(vector_file(*folder / "composed" / "notify-handshake-rest-hook.bundle.json"))
    ));
    auto const example = vector_file(
        *folder / "ig-backport-1.2.0-ballot" / "r4b-contrast" / "r4b-notification-handshake.bundle.json"
    );
    CHECK(
        names(*ours.items("entry")[0].find("resource")) == names(*example.items("entry")[0].find("resource"))
    );
}

TEST_CASE("errors of a Subscription are told in the JSON dialect too", "[subscriptions][dialect]") {
    auto const folder = vectors();
    if (!folder) return;
    auto const vector = vector_file(*folder / "composed" / "notify-heartbeat-error.bundle.json");
    auto const told = parsed(dialect_form(fhir::json::write(vector)));
    CHECK(told.items("entry")[0].find("resource")->items("error").size() == 1);
}

TEST_CASE("what is no notification has no form in the JSON dialect", "[subscriptions][dialect]") {
    for (auto const* text :
         {"ping s1", "{}", R"({"entry":[]})", R"({"entry":[{"resource":{"resourceType":"Patient"}}]})"})
        CHECK(dialect_form(text).empty());
}

}  // namespace tributary::subscriptions
