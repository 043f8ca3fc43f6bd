#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/json/writer.hpp"
#include "fhir/search/date_range.hpp"
#include "subscriptions/subscription.hpp"
#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

using fhir::json::Value;

inline std::string const kBackport =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";

inline std::string const kClassic =
    R"({"resourceType":"Subscription","status":"requested","reason":"r","criteria":"DocumentReference?patient.family=smith",
"channel":{"type":"rest-hook","endpoint":"https://a.example/x"}})";
inline std::string const kTopic =
    R"({"resourceType":"Subscription","status":"requested","reason":"r","criteria":"https://x.example/SubscriptionTopic/patient-documents",
"_criteria":{"extension":[{"url":")" +
    kBackport + R"(filter-criteria","valueString":"patient.family=smith"}]},
"channel":{"type":"rest-hook","endpoint":"https://a.example/x","payload":"application/fhir+json",
"_payload":{"extension":[{"url":")" +
    kBackport + R"(payload-content","valueCode":"id-only"}]}}})";

inline Rules rules() {
    Rules rules;
    rules.canonical_base = "https://x.example";
    rules.base = "https://x.example/fhir";
    return rules;
}
inline Reading read(Value const& resource) {
    return read_subscription(resource, rules(), fhir::search::read_date("2026-06-01T00:00:00Z")->from);
}

using Change = std::function<void(Value& resource, Value& channel)>;
inline Reading read_changed(std::string const& text, Change const& change) {
    auto resource = parsed(text);
    auto channel = *resource.find("channel");
    change(resource, channel);
    if (resource.find("channel") != nullptr) resource.set("channel", channel);
    return read(resource);
}
inline void check_refused(
    std::string const& text, Errc errc, std::string_view expression, Change const& change
) {
    auto const reading = read_changed(text, change);
    INFO(expression);
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].errc() == errc);
    CHECK(reading.problems[0].expression() == expression);
    CHECK_FALSE(reading.problems[0].detail().empty());
}
inline Value extension(std::string_view url, std::string_view name, Value value) {
    Value one;
    one.set("url", url);
    one.set(name, std::move(value));
    Value list;
    list.push(std::move(one));
    return list;
}
inline Value extended(std::string_view url, std::string_view name, Value value) {
    Value element;
    element.set("extension", extension(url, name, std::move(value)));
    return element;
}
inline Value headers(std::vector<std::string> const& texts) {
    Value list;
    for (auto const& text : texts) list.push(text);
    return list;
}

}  // namespace tributary::subscriptions
