#include <functional>

#include "fhir/json/writer.hpp"
#include "fhir/search/date_range.hpp"
#include "subscriptions/subscription.hpp"
#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

using fhir::json::Value;

namespace {

std::string const kBackport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";

std::string const kClassic =
    R"({"resourceType":"Subscription","status":"requested","reason":"r","criteria":"DocumentReference?patient.family=smith",
"channel":{"type":"rest-hook","endpoint":"https://a.example/x"}})";
std::string const kTopic =
    R"({"resourceType":"Subscription","status":"requested","reason":"r","criteria":"https://x.example/SubscriptionTopic/patient-documents",
"_criteria":{"extension":[{"url":")" +
    kBackport + R"(filter-criteria","valueString":"patient.family=smith"}]},
"channel":{"type":"rest-hook","endpoint":"https://a.example/x","payload":"application/fhir+json",
"_payload":{"extension":[{"url":")" +
    kBackport + R"(payload-content","valueCode":"id-only"}]}}})";

Rules rules() {
    Rules rules;
    rules.canonical_base = "https://x.example";
    rules.base = "https://x.example/fhir";
    return rules;
}
Reading read(Value const& resource) {
    return read_subscription(resource, rules(), fhir::search::read_date("2026-06-01T00:00:00Z")->from);
}

using Change = std::function<void(Value& resource, Value& channel)>;
Reading read_changed(std::string const& text, Change const& change) {
    auto resource = parsed(text);
    auto channel = *resource.find("channel");
    change(resource, channel);
    if (resource.find("channel") != nullptr) resource.set("channel", channel);
    return read(resource);
}
void check_refused(std::string const& text, Errc errc, std::string_view expression, Change const& change) {
    auto const reading = read_changed(text, change);
    INFO(expression);
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].errc() == errc);
    CHECK(reading.problems[0].expression() == expression);
    CHECK_FALSE(reading.problems[0].detail().empty());
}
Value extension(std::string_view url, std::string_view name, Value value) {
    Value one;
    one.set("url", url);
    one.set(name, std::move(value));
    Value list;
    list.push(std::move(one));
    return list;
}
Value extended(std::string_view url, std::string_view name, Value value) {
    Value element;
    element.set("extension", extension(url, name, std::move(value)));
    return element;
}
Value headers(std::vector<std::string> const& texts) {
    Value list;
    for (auto const& text : texts) list.push(text);
    return list;
}

}  // namespace

TEST_CASE("a search in criteria is a classic Subscription", "[subscriptions][A1]") {
    auto const reading = read(parsed(kClassic));
    REQUIRE(reading.problems.empty());
    CHECK(reading.status == Status::requested);
    CHECK(reading.plan.kind == Kind::classic);
    CHECK(reading.plan.content == Content::none);
    CHECK(reading.plan.channel.endpoint == "https://a.example/x");
    CHECK(reading.plan.search.patient.parameters.size() == 1);
}

TEST_CASE("a canonical in criteria is a topic Subscription, whatever its profile", "[subscriptions][B4.3]") {
    auto const reading = read(parsed(kTopic));
    REQUIRE(reading.problems.empty());
    CHECK(reading.plan.kind == Kind::topic);
    CHECK(reading.plan.topic == "https://x.example/SubscriptionTopic/patient-documents");
    CHECK(reading.plan.content == Content::id_only);
    CHECK(reading.plan.search.patient.parameters.size() == 1);
}

TEST_CASE("a client submits requested or off; active counts as requested", "[subscriptions][A2]") {
    CHECK(read_changed(kClassic, [](Value& r, Value&) {
              r.set("status", "active");
          }).status == Status::requested);
    CHECK(read_changed(kClassic, [](Value& r, Value&) { r.set("status", "active"); }).problems.empty());
    CHECK(read_changed(kClassic, [](Value& r, Value&) { r.set("status", "off"); }).status == Status::off);
    check_refused(kClassic, Errc::business_rule, "Subscription.status", [](Value& r, Value&) {
        r.set("status", "error");
    });
    check_refused(kClassic, Errc::value, "Subscription.status", [](Value& r, Value&) {
        r.set("status", "entered-in-error");
    });
    check_refused(kClassic, Errc::required, "Subscription.status", [](Value& r, Value&) {
        r.erase("status");
    });
}

TEST_CASE("every required element that is missing is told, all at once", "[subscriptions][A1]") {
    auto const reading = read(parsed(R"({"resourceType":"Subscription"})"));
    std::vector<std::string> expressions;
    for (auto const& problem : reading.problems) {
        CHECK(problem.errc() == Errc::required);
        expressions.push_back(problem.expression());
    }
    CHECK(
        expressions ==
        std::vector<std::string>{
            "Subscription.status", "Subscription.reason", "Subscription.criteria", "Subscription.channel"
        }
    );
}

TEST_CASE("another resource is no Subscription", "[subscriptions]") {
    auto const reading = read(parsed(R"({"resourceType":"Patient"})"));
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].errc() == Errc::malformed);
}

TEST_CASE("an end is an instant to come", "[subscriptions][C4]") {
    check_refused(kClassic, Errc::business_rule, "Subscription.end", [](Value& r, Value&) {
        r.set("end", "2026-05-31T23:59:59Z");
    });
    for (auto const* end : {"2099-12-31", "2099-12-31T23:59:59", "2099-12-31T23:59Z", "soon"})
        check_refused(kClassic, Errc::value, "Subscription.end", [end](Value& r, Value&) {
            r.set("end", end);
        });
    auto const reading =
        read_changed(kClassic, [](Value& r, Value&) { r.set("end", "2026-06-01T02:00:00.5+01:00"); });
    CHECK(reading.problems.empty());
    CHECK(reading.plan.end == fhir::search::read_date("2026-06-01T01:00:00.5Z")->from);
}

TEST_CASE("whoever unsubscribes may leave an end that is past", "[subscriptions][A2]") {
    auto const reading = read_changed(kClassic, [](Value& r, Value&) {
        r.set("status", "off");
        r.set("end", "2020-01-01T00:00:00Z");
    });
    CHECK(reading.problems.empty());
}

TEST_CASE("criteria that are neither a search nor a topic of ours are refused", "[subscriptions][B4.3]") {
    for (auto const* criteria : {"documents", "documentreference?patient=1", "ftp://x", "?patient=1"})
        check_refused(kClassic, Errc::value, "Subscription.criteria", [criteria](Value& r, Value&) {
            r.set("criteria", criteria);
        });
    auto const dsubm =
        "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/"
        "DSUBm-SubscriptionTopic-DocumentReference-PatientDependent";
    auto const reading = read_changed(kTopic, [dsubm](Value& r, Value&) { r.set("criteria", dsubm); });
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].errc() == Errc::not_supported);
    CHECK_THAT(
        reading.problems[0].detail(),
        Catch::Matchers::ContainsSubstring("https://x.example/SubscriptionTopic/patient-documents")
    );
}

TEST_CASE("criteria never fail open", "[subscriptions][A5]") {
    for (auto const* criteria :
         {"DocumentReference?patient.family=smith&author=1",
          "DocumentReference?patient.family=smith&patient.shoe-size=42",
          "DocumentReference?patient.family:sounds-like=smith",
          "DocumentReference?patient.family=smith&date=yesterday",
          "DocumentReference?patient.family=smith&_sort=date",
          "DocumentReference",
          "DocumentReference?",
          "DocumentReference?status=current",
          "Observation?patient.family=smith"}) {
        auto const reading =
            read_changed(kClassic, [criteria](Value& r, Value&) { r.set("criteria", criteria); });
        INFO(criteria);
        REQUIRE_FALSE(reading.problems.empty());
        for (auto const& problem : reading.problems) {
            CHECK(problem.expression().starts_with("Subscription.criteria"));
            CHECK(
                (problem.errc() == Errc::not_supported || problem.errc() == Errc::value ||
                 problem.errc() == Errc::required)
            );
        }
    }
}

TEST_CASE("a leading slash and _format in criteria are accepted", "[subscriptions][A5]") {
    auto const reading = read_changed(kClassic, [](Value& r, Value&) {
        r.set("criteria", "/DocumentReference?patient.family=smith&_format=json");
    });
    CHECK(reading.problems.empty());
    CHECK(reading.plan.kind == Kind::classic);
    CHECK(reading.plan.search.filters.empty());
}

TEST_CASE("criteria above the limit are too long", "[subscriptions]") {
    auto const long_name = std::string(64 * 1024, 'x');
    check_refused(kClassic, Errc::too_long, "Subscription.criteria", [&](Value& r, Value&) {
        r.set("criteria", "DocumentReference?patient.family=" + long_name);
    });
    check_refused(kTopic, Errc::too_long, "Subscription.criteria", [&](Value& r, Value&) {
        r.set(
            "_criteria", extended(kBackport + "filter-criteria", "valueString", "patient.family=" + long_name)
        );
    });
}

TEST_CASE("an extension on criteria that is not known is refused", "[subscriptions][B4.1]") {
    auto const add = [](Value& r, Value&) {
        r.set("_criteria", extended("http://other.example/filter", "valueString", "x"));
    };
    check_refused(kClassic, Errc::not_supported, "Subscription.criteria.extension[0]", add);
    auto const second = [](Value& r, Value&) {
        r.find("_criteria")
            ->find("extension")
            ->push(extension("http://other.example/filter", "valueString", "x").items()[0]);
    };
    check_refused(kTopic, Errc::not_supported, "Subscription.criteria.extension[1]", second);
}

TEST_CASE("a filter the topic does not offer is refused where it stands", "[subscriptions][B4.4]") {
    check_refused(
        kTopic,
        Errc::not_supported,
        "Subscription.criteria.extension[1].value",
        [](Value& r, Value&) {
            r.find("_criteria")
                ->find("extension")
                ->push(extension(kBackport + "filter-criteria", "valueString", "author=1").items()[0]);
        }
    );
}

TEST_CASE("a filter without text is refused, not skipped", "[subscriptions][B4.1]") {
    check_refused(kTopic, Errc::required, "Subscription.criteria.extension[1].value", [](Value& r, Value&) {
        r.find("_criteria")
            ->find("extension")
            ->push(extension(kBackport + "filter-criteria", "valueCode", "author=1").items()[0]);
    });
}

TEST_CASE("a search with the marks of a topic is a hybrid and refused", "[subscriptions][B4.3]") {
    check_refused(
        kClassic,
        Errc::business_rule,
        "Subscription.criteria.extension[0].value",
        [](Value& r, Value&) {
            r.set("_criteria", extended(kBackport + "filter-criteria", "valueString", "status=current"));
        }
    );
    check_refused(
        kClassic,
        Errc::business_rule,
        "Subscription.channel.payload.extension[0].value",
        [](Value&, Value& channel) {
            channel.set("payload", "application/fhir+json");
            channel.set("_payload", extended(kBackport + "payload-content", "valueCode", "empty"));
        }
    );
}

TEST_CASE("what the backport says is not taken from extensions of later versions", "[subscriptions][B4.1]") {
    auto const url = std::string("http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.");
    check_refused(kClassic, Errc::not_supported, "Subscription.extension[0]", [&](Value& r, Value&) {
        r.set(
            "extension",
            extension(
                url + "topic", "valueCanonical", "https://x.example/SubscriptionTopic/patient-documents"
            )
        );
    });
    check_refused(
        kTopic,
        Errc::not_supported,
        "Subscription.channel.extension[0]",
        [&](Value&, Value& channel) {
            channel.set("extension", extension(url + "content", "valueCode", "empty"));
        }
    );
    check_refused(kTopic, Errc::not_supported, "Subscription.criteria.extension[0]", [&](Value& r, Value&) {
        auto list = extension(url + "filterBy", "valueString", "status=current");
        list.push(r.at("_criteria")->items("extension")[0]);
        r.find("_criteria")->set("extension", list);
    });
    auto const identified = read_changed(kTopic, [&](Value& r, Value&) {
        r.set("extension", extension(url + "identifier", "valueIdentifier", Value(Value::Object{})));
    });
    CHECK(identified.problems.empty());
}

TEST_CASE("modifier extensions, which would change the meaning, are refused", "[subscriptions]") {
    check_refused(kClassic, Errc::not_supported, "Subscription.modifierExtension[0]", [](Value& r, Value&) {
        r.set("modifierExtension", extension("http://other.example/m", "valueBoolean", Value(true)));
    });
}

TEST_CASE("extensions elsewhere are let through", "[subscriptions][B4.1]") {
    auto const reading = read_changed(kTopic, [](Value& r, Value& channel) {
        r.set("extension", extension("http://other.example/e", "valueString", "x"));
        channel.set("extension", extension("http://other.example/e", "valueString", "x"));
    });
    CHECK(reading.problems.empty());
}

TEST_CASE("a channel that is not offered is refused", "[subscriptions][A3]") {
    for (auto const* type : {"email", "sms", "message"})
        check_refused(kClassic, Errc::not_supported, "Subscription.channel.type", [type](Value&, Value& c) {
            c.set("type", type);
        });
    check_refused(kClassic, Errc::value, "Subscription.channel.type", [](Value&, Value& c) {
        c.set("type", "pigeon");
    });
    check_refused(kClassic, Errc::required, "Subscription.channel.type", [](Value&, Value& c) {
        c.erase("type");
    });
    check_refused(
        kTopic,
        Errc::not_supported,
        "Subscription.channel.type.extension[0].value",
        [](Value&, Value& c) {
            c.set("_type", extended(kBackport + "channel-type", "valueCoding", Value(Value::Object{})));
        }
    );
}

TEST_CASE("a websocket needs no endpoint", "[subscriptions][A7][B17]") {
    for (auto const& text : {kClassic, kTopic}) {
        auto const reading = read_changed(text, [](Value&, Value& channel) {
            channel.set("type", "websocket");
            channel.erase("endpoint");
        });
        CHECK(reading.problems.empty());
        CHECK(reading.plan.channel.type == ChannelType::websocket);
    }
}

TEST_CASE("a rest-hook needs an absolute http URL", "[subscriptions][A1][D1]") {
    check_refused(kClassic, Errc::required, "Subscription.channel.endpoint", [](Value&, Value& c) {
        c.erase("endpoint");
    });
    for (auto const* endpoint :
         {"adfdf",
          "/hooks",
          "mailto:a@b.example",
          "https://a.example/x\r\nX: y",
          "https://a.example\\b",
          "https://a.example/x#f"})
        check_refused(kClassic, Errc::value, "Subscription.channel.endpoint", [endpoint](Value&, Value& c) {
            c.set("endpoint", endpoint);
        });
    check_refused(kClassic, Errc::value, "Subscription.channel.endpoint", [](Value&, Value& c) {
        c.set("endpoint", "https://a.example/" + std::string(2048, 'x'));
    });
}

TEST_CASE("an endpoint that policy refuses is told with the policy's words", "[subscriptions][D1]") {
    auto strict = rules();
    strict.check_endpoint = [](std::string_view) -> Result<void> {
        return Failure(Errc::refused_address, "loopback");
    };
    auto const reading = read_subscription(parsed(kClassic), strict, {});
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].errc() == Errc::refused_address);
    CHECK(reading.problems[0].detail() == "loopback");
    CHECK(reading.problems[0].expression() == "Subscription.channel.endpoint");
    CHECK(read_plan(parsed(kClassic), strict).has_value());
}

TEST_CASE("with a classic payload the endpoint is a service base without query", "[subscriptions][A6]") {
    auto const with_query = [](Value&, Value& channel) {
        channel.set("endpoint", "https://a.example/x?y=1");
    };
    CHECK(read_changed(kClassic, with_query).problems.empty());
    CHECK(read_changed(kTopic, with_query).problems.empty());
    check_refused(kClassic, Errc::value, "Subscription.channel.endpoint", [&](Value& r, Value& channel) {
        with_query(r, channel);
        channel.set("payload", "application/fhir+json");
    });
}

TEST_CASE("resources go over https only, unless the deployment allows it", "[subscriptions][D1]") {
    auto const over_http = [](Value&, Value& channel) {
        channel.set("endpoint", "http://a.example/x");
        channel.set("_payload", extended(kBackport + "payload-content", "valueCode", "full-resource"));
    };
    check_refused(kTopic, Errc::business_rule, "Subscription.channel.endpoint", over_http);
    auto resource = parsed(kTopic);
    over_http(resource, *resource.find("channel"));
    auto lenient = rules();
    lenient.full_resource_over_http = true;
    CHECK(read_subscription(resource, lenient, {}).problems.empty());
}

TEST_CASE("the payload is JSON of R4, as written", "[subscriptions][B6]") {
    for (auto const* payload :
         {"application/fhir+json",
          "application/json",
          "Application/FHIR+JSON ; charset=UTF-8",
          "application/fhir+json; fhirVersion=4.0"}) {
        auto const reading =
            read_changed(kClassic, [payload](Value&, Value& c) { c.set("payload", payload); });
        INFO(payload);
        CHECK(reading.problems.empty());
        CHECK(reading.plan.channel.payload == payload);
        CHECK(reading.plan.content == Content::resource);
    }
    for (auto const* payload :
         {"application/fhir+xml",
          "text/plain",
          "application/fhir+json; fhirVersion=5.0",
          "application/json; charset=latin1",
          "application/json; q=1"}) {
        INFO(payload);
        check_refused(
            kClassic,
            Errc::not_supported,
            "Subscription.channel.payload",
            [payload](Value&, Value& c) { c.set("payload", payload); }
        );
    }
    for (auto const* payload : {"json", "application/json; x", "application/fhir+json\r\nX: y"}) {
        INFO(payload);
        check_refused(kClassic, Errc::value, "Subscription.channel.payload", [payload](Value&, Value& c) {
            c.set("payload", payload);
        });
    }
}

TEST_CASE("a topic Subscription names its MIME type and its content level", "[subscriptions][B4.1]") {
    check_refused(kTopic, Errc::required, "Subscription.channel.payload", [](Value&, Value& c) {
        c.erase("payload");
    });
    check_refused(kTopic, Errc::required, "Subscription.channel.payload.extension", [](Value&, Value& c) {
        c.erase("_payload");
    });
    check_refused(
        kTopic,
        Errc::not_supported,
        "Subscription.channel.payload.extension[0].value",
        [](Value&, Value& c) {
            c.set("_payload", extended(kBackport + "payload-content", "valueCode", "everything"));
        }
    );
}

TEST_CASE("headers keep values with colons, and repeats", "[subscriptions][A4]") {
    auto const reading = read_changed(kClassic, [](Value&, Value& channel) {
        channel.set(
            "header", headers({"Authorization: Bearer x", "X-Callback:https://a/b:8080", "X-A: 1", "X-A: 2"})
        );
    });
    REQUIRE(reading.problems.empty());
    using Fields = std::vector<std::pair<std::string, std::string>>;
    CHECK(
        reading.plan.channel.headers ==
        Fields{{"Authorization", "Bearer x"}, {"X-Callback", "https://a/b:8080"}, {"X-A", "1"}, {"X-A", "2"}}
    );
}

TEST_CASE("a header that injects, or frames the message, is refused at its index", "[subscriptions][A4]") {
    for (auto const* header : {"no colon", ": x", "X Y: z", "X-A: a\r\nX-B: b", "X-A: \nb"}) {
        INFO(header);
        check_refused(
            kClassic,
            Errc::value,
            "Subscription.channel.header[1]",
            [header](Value&, Value& channel) { channel.set("header", headers({"X-Good: 1", header})); }
        );
    }
    for (auto const* name :
         {"Host",
          "content-length",
          "Transfer-Encoding",
          "Connection",
          "Upgrade",
          "TE",
          "Trailer",
          "Expect",
          "Proxy-Authorization",
          "Content-Type"}) {
        INFO(name);
        check_refused(
            kClassic,
            Errc::business_rule,
            "Subscription.channel.header[0]",
            [name](Value&, Value& channel) { channel.set("header", headers({std::string(name) + ": x"})); }
        );
    }
    check_refused(kClassic, Errc::value, "Subscription.channel.header[0]", [](Value&, Value& channel) {
        channel.set("header", headers({"Authorization: ***"}));
    });
}

TEST_CASE(
    "numbers of the channel are read in each spelling, zero seconds counting as none", "[subscriptions][B4.1]"
) {
    for (auto const* name : {"valueUnsignedInt", "valuePositiveInt", "valueInteger"}) {
        auto const reading = read_changed(kTopic, [name](Value&, Value& c) {
            c.set("extension", extension(kBackport + "timeout", name, Value(20)));
        });
        REQUIRE(reading.problems.empty());
        CHECK(reading.plan.channel.timeout == std::chrono::seconds(20));
    }
    auto const none = read_changed(kTopic, [](Value&, Value& c) {
        c.set("extension", extension(kBackport + "heartbeat-period", "valueUnsignedInt", Value(0)));
    });
    CHECK(none.problems.empty());
    CHECK_FALSE(none.plan.channel.heartbeat_period.has_value());
}

TEST_CASE("numbers of the channel that are none are refused", "[subscriptions][B4.1]") {
    auto const refuse = [](std::string_view url, Value value) {
        check_refused(
            kTopic,
            Errc::value,
            "Subscription.channel.extension[0].value",
            [&](Value&, Value& channel) {
                channel.set("extension", extension(url, "valueUnsignedInt", value));
            }
        );
    };
    refuse(kBackport + "timeout", Value(-1));
    refuse(kBackport + "timeout", Value("30"));
    refuse(kBackport + "timeout", Value(fhir::json::Number{"1.5"}));
    refuse(kBackport + "heartbeat-period", Value(fhir::json::Number{"99999999999"}));
    refuse(kBackport + "max-count", Value(0));
}

TEST_CASE("a stored Subscription is understood again without status, policy and clock", "[subscriptions]") {
    auto resource = parsed(kTopic);
    resource.set("end", "2020-01-01T00:00:00Z");
    auto const plan = read_plan(stored_subscription(resource), rules());
    REQUIRE(plan.has_value());
    CHECK(plan->kind == Kind::topic);
    CHECK(plan->end.has_value());
}

}  // namespace tributary::subscriptions
