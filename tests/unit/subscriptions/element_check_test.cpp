#include "tests/unit/subscriptions/reading_fixture.hpp"

namespace tributary::subscriptions {

namespace {

/// Where the Subscription is refused when it has this element as well.
std::vector<std::string> refused_at(std::string const& name, std::string const& json) {
    auto const value = parsed(json);
    auto const reading = read_changed(kTopic, [&](Value& resource, Value&) { resource.set(name, value); });
    std::vector<std::string> expressions;
    for (auto const& problem : reading.problems) {
        CHECK(problem.errc() == Errc::value);
        expressions.push_back(problem.expression());
    }
    return expressions;
}

using Expressions = std::vector<std::string>;

}  // namespace

TEST_CASE("what R4 does not know, or has with another type, is not stored", "[subscriptions][A8]") {
    CHECK(refused_at("foo", R"("x")") == Expressions{"Subscription.foo"});
    CHECK(refused_at("contact", R"("x")") == Expressions{"Subscription.contact"});
    CHECK(refused_at("contact", "[]") == Expressions{"Subscription.contact"});
    CHECK(refused_at("text", R"("x")") == Expressions{"Subscription.text"});
    CHECK(refused_at("language", "5") == Expressions{"Subscription.language"});
    CHECK(refused_at("meta", R"({"profile":"x"})") == Expressions{"Subscription.meta.profile"});
    CHECK(refused_at("implicitRules", R"("http://x/y")") == Expressions{"Subscription.implicitRules"});
    CHECK(refused_at("contact", R"([{"system":"phone","value":"555"}])").empty());
    CHECK(refused_at("meta", R"({"profile":["http://x/y"],"project":"1"})").empty());
    CHECK(refused_at("_reason", R"({"id":"r"})").empty());
    check_refused(kTopic, Errc::value, "Subscription.channel.foo", [](Value&, Value& channel) {
        channel.set("foo", "x");
    });
}

TEST_CASE("an extension has a url and one value", "[subscriptions][A8]") {
    CHECK(refused_at("extension", R"([{"valueString":"a"}])") == Expressions{"Subscription.extension[0].url"});
    CHECK(
        refused_at("extension", R"([{"url":"http://x/y","valueString":"a","valueCode":"b"}])") ==
        Expressions{"Subscription.extension[0]"}
    );
    CHECK(refused_at("extension", R"([{"url":"http://x/y"}])") == Expressions{"Subscription.extension[0]"});
    CHECK(
        refused_at("contact", R"([{"system":"phone","extension":[{"valueString":"a"}]}])") ==
        Expressions{"Subscription.contact[0].extension[0].url"}
    );
    CHECK(refused_at("extension", R"([{"url":"http://x/y","extension":[{"url":"z","valueCode":"b"}]}])").empty());
}

TEST_CASE("a reason that is blank is none", "[subscriptions][A1]") {
    check_refused(kTopic, Errc::required, "Subscription.reason", [](Value& resource, Value&) {
        resource.set("reason", "   ");
    });
}

}  // namespace tributary::subscriptions
