#include "orchestrator/cli/watch_messages.hpp"

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "tests/support/catch.hpp"

namespace tributary::cli {
namespace {

using fhir::json::Value;

Value parse(std::string_view text) {
    auto value = fhir::json::read(text);
    REQUIRE(value.has_value());
    return *value;
}

constexpr char kNotification[] = R"({"resourceType":"Bundle","type":"history","entry":[
 {"resource":{"resourceType":"Parameters","parameter":[
   {"name":"subscription","valueReference":{"reference":"http://x/fhir/Subscription/s1"}},
   {"name":"status","valueCode":"active"},{"name":"type","valueCode":"event-notification"},
   {"name":"events-since-subscription-start","valueString":"7"},
   {"name":"notification-event","part":[{"name":"event-number","valueString":"7"},
     {"name":"focus","valueReference":{"reference":"http://x/fhir/DocumentReference/d1"}}]}]}},
 {"resource":{"resourceType":"DocumentReference","id":"d1","meta":{"source":"http://tributary.example/partner/p001"},"status":"current",
   "type":{"coding":[{"system":"http://loinc.org","code":"18842-5","display":"Discharge summary"}]},"date":"2025-11-02",
   "custodian":{"display":"Riverside Health"},"content":[{"attachment":{"contentType":"text/plain","title":"Pneumonia"}}]},
  "request":{"method":"POST","url":"DocumentReference"},"response":{"status":"201"}}]})";

}  // namespace

TEST_CASE("the topic is found in the CapabilityStatement, wherever its extension stands", "[cli][watch]") {
    auto const statement =
        parse(R"({"rest":[{"resource":[{"type":"Patient"},{"type":"Subscription","extension":[
        {"url":"x","valueCanonical":"http://other.example/SubscriptionTopic/other"},
        {"url":"x","valueCanonical":"http://t.example/SubscriptionTopic/patient-documents"}]}]}]})");
    CHECK(*find_topic(statement) == "http://t.example/SubscriptionTopic/patient-documents");
    auto const without =
        find_topic(parse(R"({"resourceType":"CapabilityStatement","rest":[{"mode":"server"}]})"));
    REQUIRE(without.has_error());
    CHECK(without.error().errc() == Errc::not_supported);
}

TEST_CASE(
    "the Subscription names topic, filter, channel and content, and asks for progress", "[cli][watch]"
) {
    auto const text = fhir::json::write(make_subscription(
        "http://t.example/SubscriptionTopic/patient-documents", "DocumentReference?patient.given=bob"
    ));
    auto const subscription = parse(text);
    CHECK(subscription.text("criteria") == "http://t.example/SubscriptionTopic/patient-documents");
    CHECK(
        subscription.find("_criteria")->items("extension")[0].text("valueString") ==
        "DocumentReference?patient.given=bob"
    );
    CHECK(subscription.at("channel", "type")->text() == "websocket");
    auto const& progress = subscription.items("extension").at(0);
    CHECK(progress.text("url") == "http://t.example/StructureDefinition/notify-progress");
    CHECK(*progress.find("valueBoolean")->get<bool>());
    CHECK(subscription.at("channel", "_payload")->items("extension")[0].text("valueCode") == "full-resource");
}

TEST_CASE("a notification about a document becomes a row", "[cli][watch]") {
    auto const notification = read_notification(kNotification);
    REQUIRE(notification.has_value());
    CHECK(notification->status == "active");
    REQUIRE(notification->rows.size() == 1);
    auto const& row = notification->rows[0];
    CHECK(row.id == "d1");
    CHECK(row.partner == "p001");
    CHECK(row.custodian == "Riverside Health");
    CHECK(row.type == "Discharge summary");
    CHECK(row.title == "Pneumonia");
}

TEST_CASE("a handshake has no rows, and what is no notification is an error", "[cli][watch]") {
    auto const handshake = read_notification(
        R"({"resourceType":"Bundle","type":"history","entry":[{"resource":{"resourceType":"Parameters",
        "parameter":[{"name":"status","valueCode":"active"},{"name":"type","valueCode":"handshake"}]}}]})"
    );
    REQUIRE(handshake.has_value());
    CHECK(handshake->rows.empty());
    CHECK_FALSE(handshake->progress.has_value());
    CHECK(read_notification("bound s1").has_error());
    CHECK(read_notification(R"({"resourceType":"OperationOutcome"})").has_error());
}

TEST_CASE("a notification about progress has no rows", "[cli][watch]") {
    auto const notification = read_notification(R"({"resourceType":"Bundle","type":"history","entry":[
        {"resource":{"resourceType":"Parameters","parameter":[{"name":"type","valueCode":"event-notification"}]}},
        {"resource":{"resourceType":"Basic","id":"b1","extension":[
          {"url":"http://t.example/StructureDefinition/discovery-progress","extension":[
            {"url":"state","valueCode":"running"},{"url":"asked","valueUnsignedInt":8},{"url":"answered","valueUnsignedInt":5},
            {"url":"matched","valueUnsignedInt":3},{"url":"failed","valueUnsignedInt":1},{"url":"pending","valueUnsignedInt":2},
            {"url":"partner","extension":[{"url":"id","valueString":"p001"},{"url":"state","valueCode":"matched"}]}]}]}}]})"
    );
    REQUIRE(notification.has_value());
    CHECK(notification->rows.empty());
    REQUIRE(notification->progress.has_value());
    Progress const expected{"running", 8, 5, 3, 1, 2};
    CHECK(*notification->progress == expected);
}

TEST_CASE("a binding has a token and a URL", "[cli][watch]") {
    auto const binding =
        read_binding(parse(R"({"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},
        {"name":"websocket-url","valueUrl":"ws://x/fhir/ws"}]})"));
    REQUIRE(binding.has_value());
    CHECK(binding->token == "t");
    CHECK(binding->url == "ws://x/fhir/ws");
    CHECK(read_binding(parse(R"({"resourceType":"Parameters"})")).has_error());
}

TEST_CASE("a refusal is told in the server's words, made safe to print", "[cli][watch]") {
    CHECK(
        explain_refusal(
            422,
            R"({"resourceType":"OperationOutcome","issue":[{"diagnostics":"no patient part\u001b[2J"},{"details":{"text":"second"}}]})"
        ) == "no patient part?[2J\nsecond"
    );
    CHECK(explain_refusal(502, "<html>") == "the server answered 502");
}

}  // namespace tributary::cli
