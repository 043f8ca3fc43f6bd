#include "tests/unit/subscriptions/reading_fixture.hpp"

namespace tributary::subscriptions {

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
    auto const hasty = read_changed(kTopic, [](Value&, Value& c) {
        c.set("extension", extension(kBackport + "heartbeat-period", "valueUnsignedInt", Value(2)));
    });
    CHECK(hasty.plan.channel.heartbeat_period == kShortestHeartbeat);
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
    auto const told = read_changed(kTopic, [](Value&, Value& c) {
        auto const far = Value(fhir::json::Number{"99999999999"});
        c.set("extension", extension(kBackport + "heartbeat-period", "valueUnsignedInt", far));
    });
    CHECK(told.problems.front().detail() == "a whole number from 0 to 2147483647 is needed");
}

}  // namespace tributary::subscriptions
