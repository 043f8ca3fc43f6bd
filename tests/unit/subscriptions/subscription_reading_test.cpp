#include "tests/unit/subscriptions/reading_fixture.hpp"

namespace tributary::subscriptions {

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
    auto const never = read_changed(kClassic, [](Value& r, Value&) { r.set("end", "9999-12-31T23:59:59Z"); });
    CHECK(never.problems.empty());
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
    auto const folder = "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/DSUBm-SubscriptionTopic-Folder";
    auto const reading = read_changed(kTopic, [folder](Value& r, Value&) { r.set("criteria", folder); });
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
          "DocumentReference?patient.family=smith&type=",
          "DocumentReference?patient.family=smith&type=,",
          "DocumentReference?patient.family=smith&patient.given=",
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

TEST_CASE("a topic of DSUBm is for rest-hook only", "[subscriptions][DSUBm]") {
    std::string const canonical =
        "https://profiles.ihe.net/ITI/DSUBm/DSUBm-SubscriptionTopic-DocReference-MultiPatient-MinUpdate";
    auto const subscribe = [&](Value& resource, Value&) {
        resource.set("criteria", canonical);
        resource.erase("_criteria");
    };
    auto const reading = read_changed(kTopic, subscribe);
    CHECK(reading.problems.empty());
    CHECK(reading.plan.ihe);
    CHECK(reading.plan.trigger == Trigger::status_changed);
    CHECK(
        reading.plan.topic ==
        "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/"
        "DSUBm-SubscriptionTopic-DocReference-MultiPatient-MinUpdate"
    );
    check_refused(
        kTopic,
        Errc::not_supported,
        "Subscription.channel.type",
        [&](Value& resource, Value& channel) {
            subscribe(resource, channel);
            channel.set("type", "websocket");
        }
    );
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

TEST_CASE("an extension of the backport in a wrong place is refused, not ignored", "[subscriptions][A5][E3-1]") {
    std::string const url = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";
    auto const filter = extension(url + "filter-criteria", "valueString", "status=current");
    check_refused(
        kTopic, Errc::not_supported, "Subscription.channel.extension[0]", [&](Value&, Value& channel) {
            channel.set("extension", filter);
        }
    );
    for (auto const* name : {"filter-criteria", "payload-content", "channel-type", "max-count"}) {
        check_refused(kTopic, Errc::not_supported, "Subscription.extension[0]", [&](Value& r, Value&) {
            r.set("extension", extension(url + name, "valueString", "x"));
        });
    }
    check_refused(kTopic, Errc::not_supported, "Subscription.reason.extension[0]", [&](Value& r, Value&) {
        r.set("_reason", fhir::json::object({{"extension", filter}}));
    });
}

TEST_CASE("beside a primitive element stand an id and extensions", "[subscriptions][B4.1]") {
    check_refused(kTopic, Errc::value, "Subscription._criteria.extensions", [](Value& r, Value&) {
        auto filters = r.at("_criteria")->items("extension");
        r.find("_criteria")->set("extensions", filters);
    });
    auto const reading = read_changed(kClassic, [](Value& r, Value&) {
        r.set("_reason", fhir::json::object({{"id", "why"}}));
    });
    CHECK(reading.problems.empty());
}

TEST_CASE("extensions elsewhere are let through", "[subscriptions][B4.1]") {
    auto const reading = read_changed(kTopic, [](Value& r, Value& channel) {
        r.set("extension", extension("http://other.example/e", "valueString", "x"));
        channel.set("extension", extension("http://other.example/e", "valueString", "x"));
    });
    CHECK(reading.problems.empty());
}

TEST_CASE(
    "progress is asked for by an extension of ours, whatever the criteria", "[subscriptions][progress]"
) {
    std::string const url = "https://x.example/StructureDefinition/notify-progress";
    for (auto const& text : {kClassic, kTopic}) {
        CHECK_FALSE(read(parsed(text)).plan.notify_progress);
        for (bool const wanted : {true, false}) {
            auto const reading = read_changed(text, [&](Value& r, Value&) {
                r.set("extension", extension(url, "valueBoolean", Value(wanted)));
            });
            CHECK(reading.problems.empty());
            CHECK(reading.plan.notify_progress == wanted);
        }
    }
    check_refused(kTopic, Errc::value, "Subscription.extension[0].value", [&](Value& r, Value&) {
        r.set("extension", extension(url, "valueString", "true"));
    });
    check_refused(kTopic, Errc::value, "Subscription.extension[1].value", [&](Value& r, Value&) {
        auto twice = extension(url, "valueBoolean", Value(true));
        twice.push(extension(url, "valueBoolean", Value(false)).items().front());
        r.set("extension", std::move(twice));
    });
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
