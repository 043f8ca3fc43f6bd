#include "subscriptions/notification.hpp"

#include "fhir/json/writer.hpp"
#include "fhir/search/date_range.hpp"
#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

using fhir::json::Value;

namespace {

std::chrono::system_clock::time_point instant(std::string_view text) {
    return fhir::search::read_date(text)->from;
}

StatusHeader header(Content content) {
    StatusHeader header;
    header.base = "https://orchestrator.example.org/fhir";
    header.subscription_id = "6f1c0c5e-6a0b-4c0e-9a53-0d3a6c3f9a01";
    header.topic = header.base + "/SubscriptionTopic/patient-documents";
    header.content = content;
    return header;
}
EventContent first_event(std::string resource = {}) {
    EventContent event;
    event.number = 1;
    event.at = instant("2026-01-15T10:01:00Z");
    event.focus_id = "doc-1";
    event.resource = std::move(resource);
    return event;
}

/// What differs by its nature between our Bundle and a vector: ids and the Bundle's time.
Value without_ids(Value bundle) {
    bundle.set("id", "-");
    bundle.set("timestamp", "-");
    Value& entry = bundle.find("entry")->get<Value::Array>()->front();
    entry.set("fullUrl", "-");
    entry.find("resource")->set("id", "-");
    return bundle;
}
void check_like(std::string const& ours, char const* vector) {
    auto const folder = vectors();
    if (!folder) return;
    auto const expected = vector_file(*folder / "composed" / (std::string(vector) + ".bundle.json"));
    CHECK(fhir::json::write(without_ids(parsed(ours))) == fhir::json::write(without_ids(expected)));
}

NotificationIds const kIds{"b-1", "p-1"};

}  // namespace

TEST_CASE("a handshake has the elements, codes and order of the vectors", "[subscriptions][notification]") {
    auto told = header(Content::id_only);
    told.status = Status::requested;
    check_like(handshake_bundle(told, kIds, instant("2026-01-15T10:09:00Z")), "notify-handshake-rest-hook");
    told.events_since_start = 7;
    check_like(
        handshake_bundle(told, kIds, instant("2026-01-15T10:09:00Z")), "notify-handshake-after-reactivation"
    );
}

TEST_CASE("an empty notification carries numbers only", "[subscriptions][notification]") {
    auto const text = event_bundle(header(Content::empty), first_event(), kIds);
    check_like(text, "notify-event-empty");
    CHECK(text.find("DocumentReference") == text.npos);
    CHECK(text.find("topic") == text.npos);
}

TEST_CASE("an id-only notification carries the focus and no resource", "[subscriptions][notification]") {
    auto const text = event_bundle(header(Content::id_only), first_event("{}"), kIds);
    check_like(text, "notify-event-id-only");
    CHECK(parsed(text).items("entry").size() == 1);
}

TEST_CASE("a full-resource notification carries the resource as it stands", "[subscriptions][notification]") {
    auto const folder = vectors();
    if (!folder) return;
    auto const expected = vector_file(*folder / "composed" / "notify-event-full-resource.bundle.json");
    auto const resource = fhir::json::write(*expected.items("entry")[1].find("resource"));
    check_like(
        event_bundle(header(Content::full_resource), first_event(resource), kIds),
        "notify-event-full-resource"
    );
}

TEST_CASE(
    "a repeat of a notification has the same bytes, whatever else has happened meanwhile",
    "[subscriptions][notification]"
) {
    auto now = header(Content::id_only);
    auto later = now;
    later.events_since_start = 12;
    CHECK(event_bundle(now, first_event(), kIds) == event_bundle(later, first_event(), kIds));
    auto const bundle = parsed(event_bundle(later, first_event(), kIds));
    CHECK(bundle.text("id") == "b-1");
    CHECK(bundle.text("timestamp") == "2026-01-15T10:01:00.000Z");
    CHECK(bundle.items("entry")[0].text("fullUrl") == "urn:uuid:p-1");
}

TEST_CASE(
    "a full resource comes with the patient it is about, as in the vector",
    "[subscriptions][notification][F7]"
) {
    auto const folder = vectors();
    if (!folder) return;
    auto const name = "notify-event-full-resource-with-patient";
    auto const expected = vector_file(*folder / "composed" / (std::string(name) + ".bundle.json"));
    auto const& entries = expected.items("entry");
    EventContent event;
    event.number = 2;
    event.at = instant("2026-01-15T10:02:00Z");
    event.focus_id = "doc-2";
    event.resource = fhir::json::write(*entries[1].find("resource"));
    event.patient_id = "pat-1";
    event.patient = fhir::json::write(*entries[2].find("resource"));
    check_like(event_bundle(header(Content::full_resource), event, kIds), name);
}

TEST_CASE("only a full resource has a patient beside it", "[subscriptions][notification][B7]") {
    auto event = first_event(R"({"resourceType":"DocumentReference","id":"doc-1"})");
    event.patient_id = "pat-1";
    event.patient = R"({"resourceType":"Patient","id":"pat-1"})";
    for (auto const content : {Content::empty, Content::id_only})
        CHECK(event_bundle(header(content), event, kIds).find("pat-1") == std::string::npos);
    event.kind = EventKind::remove;
    CHECK(event_bundle(header(Content::full_resource), event, kIds).find("pat-1") == std::string::npos);
}

TEST_CASE(
    "every entry of a history Bundle has request and response", "[subscriptions][notification][bdl-3]"
) {
    for (auto const kind : {EventKind::create, EventKind::update, EventKind::remove}) {
        auto event = first_event(R"({"resourceType":"DocumentReference","id":"doc-1"})");
        event.kind = kind;
        auto const bundle = parsed(event_bundle(header(Content::full_resource), event, kIds));
        REQUIRE(bundle.items("entry").size() == 2);
        for (auto const& entry : bundle.items("entry")) {
            CHECK(entry.find("request") != nullptr);
            CHECK(entry.find("response") != nullptr);
        }
        CHECK((bundle.items("entry")[1].find("resource") == nullptr) == (kind == EventKind::remove));
    }
}

TEST_CASE("the status of a Subscription tells its live counter and its error", "[subscriptions][status]") {
    auto told = header(Content::empty);
    told.status = Status::error;
    told.events_since_start = 6;
    told.error_code = "no-response";
    auto const parameters = status_parameters(told, NotificationType::query_status, "p-1");
    auto const text = fhir::json::write(parameters);
    CHECK(text.find(R"({"name":"topic")") != text.npos);
    CHECK(
        text.find(R"({"name":"status","valueCode":"error"},{"name":"type","valueCode":"query-status"})") !=
        text.npos
    );
    CHECK(
        text.find(R"({"name":"events-since-subscription-start","valueString":"6"},{"name":"error")") !=
        text.npos
    );
    told.topic.clear();
    CHECK(
        fhir::json::write(status_parameters(told, NotificationType::query_status, "p")).find("topic") ==
        text.npos
    );
}

TEST_CASE("an answer that was an error is told with its HTTP status", "[subscriptions][status][C3]") {
    auto told = header(Content::id_only);
    told.status = Status::error;
    told.error_code = "error-response";
    told.error_text = "The endpoint answered with HTTP 503";
    std::string const words = R"("code":"error-response"}],"text":"The endpoint answered with HTTP 503"})";
    auto const status = fhir::json::write(status_parameters(told, NotificationType::query_status, "p-1"));
    CHECK(status.find(words) != status.npos);
    auto const heartbeat = heartbeat_bundle(told, kIds, instant("2026-01-15T10:09:00Z"));
    CHECK(heartbeat.find(words) != heartbeat.npos);
    told.error_code = "no-response";
    told.error_text = "The endpoint does not answer";
    CHECK(
        heartbeat_bundle(told, kIds, instant("2026-01-15T10:09:00Z")).find("\"text\"") == std::string::npos
    );
}

TEST_CASE("the topic is in no notification of level empty", "[subscriptions][notification][B7]") {
    auto const at = instant("2026-01-15T10:09:00Z");
    for (auto const content : {Content::empty, Content::id_only, Content::full_resource}) {
        auto told = header(content);
        std::vector<std::string> const all{
            handshake_bundle(told, kIds, at),
            heartbeat_bundle(told, kIds, at),
            event_bundle(told, first_event("{}"), kIds),
            query_event_bundle(told, {}, kIds, at),
            deactivation_bundle(told, at, kIds, at)
        };
        for (auto const& text : all)
            CHECK((text.find("valueCanonical") == text.npos) == (content == Content::empty));
    }
}

TEST_CASE("a heartbeat has the elements, codes and order of the vectors", "[subscriptions][heartbeat][B18]") {
    auto told = header(Content::id_only);
    told.events_since_start = 6;
    check_like(heartbeat_bundle(told, kIds, instant("2026-01-15T10:09:00Z")), "notify-heartbeat-active");
    told.status = Status::error;
    told.events_since_start = 7;
    told.error_code = "no-response";
    check_like(heartbeat_bundle(told, kIds, instant("2026-01-15T10:09:00Z")), "notify-heartbeat-error");
}

TEST_CASE(
    "a deactivation has the elements, codes and order of the vector", "[subscriptions][notification][E5]"
) {
    auto told = header(Content::full_resource);
    told.status = Status::off;
    told.events_since_start = 7;
    auto const at = instant("2026-01-15T10:09:00Z");
    check_like(
        deactivation_bundle(told, instant("2026-01-15T10:07:00Z"), kIds, at), "notify-deactivated-off"
    );
    told.events_since_start = 0;
    CHECK(deactivation_bundle(told, at, kIds, at).find("notification-event") == std::string::npos);
}

TEST_CASE("events that were asked for come in one Bundle, as in the vector", "[subscriptions][events][B13]") {
    std::vector<EventContent> events(2);
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto const number = std::to_string(i + 2);
        events[i].number = static_cast<std::int64_t>(i) + 2;
        events[i].at = instant("2026-01-15T10:0" + number + ":00Z");
        events[i].focus_id = "doc-" + number;
        events[i].resource = R"({"resourceType":"DocumentReference","id":"doc-)" + number + "\"}";
    }
    auto told = header(Content::id_only);
    told.events_since_start = 6;
    auto const at = instant("2026-01-15T10:09:00Z");
    check_like(query_event_bundle(told, events, kIds, at), "events-response");
    CHECK(parsed(query_event_bundle(told, {}, kIds, at)).items("entry").size() == 1);
    told.content = Content::full_resource;
    auto const full = parsed(query_event_bundle(told, events, kIds, at));
    REQUIRE(full.items("entry").size() == 3);
    CHECK(full.items("entry")[2].at("resource")->text("id") == "doc-3");
}

}  // namespace tributary::subscriptions
