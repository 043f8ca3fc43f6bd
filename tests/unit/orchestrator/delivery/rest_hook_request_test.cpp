#include "fhir/json/reader.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/delivery/rest_hook_sender.hpp"
#include "tests/support/catch.hpp"

namespace tributary::delivery {

using subscriptions::Content;

namespace {

Settings settings() {
    Settings settings;
    settings.base = "https://x.example/fhir";
    return settings;
}
subscriptions::Plan plan_of(Content content) {
    subscriptions::Plan plan;
    bool const classic = content == Content::none || content == Content::resource;
    plan.kind = classic ? subscriptions::Kind::classic : subscriptions::Kind::topic;
    plan.topic = classic ? "" : "https://x.example/SubscriptionTopic/patient-documents";
    plan.content = content;
    return plan;
}
cache::EventRecord event() {
    cache::EventRecord event;
    event.number = 7;
    event.focus_type = "DocumentReference";
    event.focus_id = "doc-1";
    event.resource =
        R"({"resourceType":"DocumentReference","id":"doc-1","content":[{"attachment":{"url":"Binary/b1"}}]})";
    return event;
}

}  // namespace

TEST_CASE("a classic notification without payload is an empty POST", "[delivery][rest-hook][A6]") {
    auto const request = event_request(settings(), "s1", plan_of(Content::none), event());
    CHECK(request.method == "POST");
    CHECK(request.below.empty());
    CHECK_FALSE(request.body.has_value());
    CHECK(request.key == "s1/7");
}

TEST_CASE(
    "a classic notification with payload puts the resource below the endpoint", "[delivery][rest-hook][A6]"
) {
    auto const request = event_request(settings(), "s1", plan_of(Content::resource), event());
    CHECK(request.method == "PUT");
    CHECK(request.below == "DocumentReference/doc-1");
    CHECK_THAT(request.body.value(), Catch::Matchers::ContainsSubstring("https://x.example/fhir/Binary/b1"));
}

TEST_CASE(
    "a request is signed as the Standard Webhooks specification's own example",
    "[delivery][rest-hook][webhook]"
) {
    net::ClientRequest request;
    request.body = R"({"test": 2432232314})";
    auto const key = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
    sign(request, key, "msg_p5jXN8AQM9LWM0D4loKWxJek", cache::Utc(std::chrono::seconds(1614265330)));
    CHECK(request.headers.get("webhook-timestamp") == "1614265330");
    CHECK(request.headers.get("webhook-signature") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("the deployment may have classic resources posted to the endpoint", "[delivery][rest-hook][A6]") {
    auto posting = settings();
    posting.classic_payload_method = ClassicPayloadMethod::post;
    auto const request = event_request(posting, "s1", plan_of(Content::resource), event());
    CHECK(request.method == "POST");
    CHECK(request.below.empty());
}

TEST_CASE("a topic notification is a posted Bundle of the content level", "[delivery][rest-hook][B16]") {
    auto const empty = event_request(settings(), "s1", plan_of(Content::empty), event());
    CHECK(empty.method == "POST");
    CHECK(empty.body->find("doc-1") == std::string::npos);
    auto const id_only = event_request(settings(), "s1", plan_of(Content::id_only), event());
    CHECK(id_only.body->find("https://x.example/fhir/DocumentReference/doc-1") != std::string::npos);
    CHECK(id_only.body->find("Binary") == std::string::npos);
    auto const full = event_request(settings(), "s1", plan_of(Content::full_resource), event());
    CHECK(full.body->find("https://x.example/fhir/Binary/b1") != std::string::npos);
}

TEST_CASE("a repeat has the same bytes, and another Event other ids", "[delivery][rest-hook]") {
    auto const plan = plan_of(Content::id_only);
    auto const first = event_request(settings(), "s1", plan, event());
    CHECK(first.body == event_request(settings(), "s1", plan, event()).body);
    auto next = event();
    next.number = 8;
    auto const id_of = [](HookRequest const& request) {
        return std::string(fhir::json::read(*request.body)->text("id"));
    };
    CHECK(id_of(first) != id_of(event_request(settings(), "s1", plan, next)));
    CHECK(id_of(first) != id_of(event_request(settings(), "s2", plan, event())));
}

}  // namespace tributary::delivery
