#include "subscriptions/subscription.hpp"

#include "fhir/json/writer.hpp"
#include "fhir/search/date_range.hpp"
#include "tests/unit/subscriptions/vectors.hpp"

namespace tributary::subscriptions {

using fhir::json::write;

namespace {

constexpr char kResource[] =
    R"({"resourceType":"Subscription","id":"theirs","meta":{"versionId":"9","profile":["http://p"]},"status":"active",
"reason":"r","criteria":"DocumentReference?patient.family=smith","error":"old","channel":{
"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period","valueUnsignedInt":60},
             {"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-timeout","valueUnsignedInt":30}],
"type":"rest-hook","endpoint":"https://a.example/x","header":["Authorization: Bearer secret","X-Id: a:b"]},"extension":[{"url":"http://e","valueString":"kept"}]})";

std::string topic_with_period(std::string const& seconds) {
    std::string text = kResource;
    auto const put = [&text](std::string_view old, std::string const& fresh) {
        text.replace(text.find(old), old.size(), fresh);
    };
    put("DocumentReference?patient.family=smith",
        "http://tributary.example/SubscriptionTopic/patient-documents");
    put(R"("valueUnsignedInt":60)", R"("valueUnsignedInt":)" + seconds);
    return text;
}

ServerState state() {
    return {
        "s1",
        3,
        fhir::search::read_date("2026-01-15T10:00:00Z")->from,
        Status::error,
        "The endpoint does not answer"
    };
}

}  // namespace

TEST_CASE("what the server owns is not stored, and what the client wrote is", "[subscriptions]") {
    auto const stored = stored_subscription(parsed(kResource));
    for (auto const* name : {"id", "status", "error"}) CHECK(stored.find(name) == nullptr);
    CHECK(write(*stored.find("meta")) == R"({"profile":["http://p"]})");
    CHECK(stored.at("extension")->items().size() == 1);
    CHECK(stored.at("channel")->items("header").size() == 2);
}

TEST_CASE(
    "a heartbeat period that does not count is gone from what the client gets back", "[subscriptions][B18]"
) {
    auto const classic = write(stored_subscription(parsed(kResource)));
    CHECK(classic.find("heartbeat") == classic.npos);
    CHECK(classic.find("backport-timeout") != classic.npos);
    auto const zero = write(stored_subscription(parsed(topic_with_period("0"))));
    CHECK(zero.find("heartbeat") == zero.npos);
}

TEST_CASE("a heartbeat period is kept, one that is too short as the shortest", "[subscriptions][B18]") {
    CHECK(
        write(stored_subscription(parsed(topic_with_period("60")))).find(R"("valueUnsignedInt":60)") !=
        std::string::npos
    );
    CHECK(
        write(stored_subscription(parsed(topic_with_period("2")))).find(R"("valueUnsignedInt":5)") !=
        std::string::npos
    );
}

TEST_CASE("a reader sees the server's state, and header names without values", "[subscriptions][D2]") {
    auto const outward = outward_subscription(stored_subscription(parsed(kResource)), state());
    CHECK(outward.text("id") == "s1");
    CHECK(outward.text("status") == "error");
    CHECK(outward.text("error") == "The endpoint does not answer");
    CHECK(outward.at("meta", "versionId")->text() == "3");
    CHECK(outward.at("meta", "lastUpdated")->text() == "2026-01-15T10:00:00.000Z");
    CHECK(outward.at("meta")->items("profile").size() == 1);
    CHECK(write(*outward.at("channel", "header")) == R"(["Authorization: ***","X-Id: ***"])");
    CHECK(write(outward).find("secret") == std::string::npos);
}

TEST_CASE("the answer to a write has the header values as the write carried them", "[subscriptions][D2]") {
    auto const stored = stored_subscription(parsed(kResource));
    auto const shown = outward_subscription(stored, state());
    auto written = stored;
    fhir::json::Value header;
    header.push("Authorization: ***");
    header.push("X-Id: new");
    written.find("channel")->set("header", header);
    auto const answer = with_headers_as_written(shown, written);
    CHECK(write(*answer.at("channel", "header")) == R"(["Authorization: ***","X-Id: new"])");
    CHECK(answer.text("status") == "error");
}

TEST_CASE("a changed end or reason asks for the same and is another resource", "[subscriptions]") {
    auto const stored = stored_subscription(parsed(kResource));
    auto later = stored;
    later.set("end", "2099-01-01T00:00:00Z");
    CHECK(same_resource(stored, stored));
    CHECK(same_request(stored, later));
    CHECK_FALSE(same_resource(stored, later));
}

TEST_CASE("an update of a masked resource keeps the stored values", "[subscriptions][D2]") {
    auto const stored = stored_subscription(parsed(kResource));
    auto const read = outward_subscription(stored, state());
    auto const merged = with_stored_headers(read, stored);
    REQUIRE(merged.has_value());
    CHECK(*merged->at("channel", "header") == *stored.at("channel", "header"));
    CHECK(same_request(stored_subscription(*merged), stored));
}

TEST_CASE("among headers of one name a mask stands for the value in its place", "[subscriptions][D2]") {
    auto const stored = parsed(R"({"channel":{"header":["X-M: one","A: a","x-m: two"]}})");
    auto const merge = [&stored](char const* headers) {
        return with_stored_headers(parsed(std::string(R"({"channel":{"header":)") + headers + "}}"), stored);
    };
    auto const headers_of = [](Result<fhir::json::Value> const& merged) {
        std::vector<std::string> all;
        for (auto const& header : merged->at("channel", "header")->items()) all.emplace_back(header.text());
        return all;
    };
    using Texts = std::vector<std::string>;
    CHECK(headers_of(merge(R"(["X-M: three","X-M: ***"])")) == Texts{"X-M: three", "x-m: two"});
    CHECK(
        headers_of(merge(R"(["X-M: ***","X-M: three","A: ***"])")) == Texts{"X-M: one", "X-M: three", "A: a"}
    );
    auto const one_more = merge(R"(["X-M: three","X-M: four","X-M: ***"])");
    REQUIRE(one_more.has_error());
    CHECK(one_more.error().expression() == "Subscription.channel.header[2]");
}

TEST_CASE("a mask that stands for nothing is refused at its header", "[subscriptions][D2]") {
    auto const stored = stored_subscription(parsed(kResource));
    auto const update = parsed(R"({"channel":{"header":["X-Id: ***","X-New: ***"]}})");
    auto const merged = with_stored_headers(update, stored);
    REQUIRE(merged.has_error());
    CHECK(merged.error().expression() == "Subscription.channel.header[1]");
}

TEST_CASE(
    "two requests are the same whatever the order of members, and a mask equals any value", "[subscriptions]"
) {
    auto const a =
        parsed(R"({"criteria":"c","channel":{"type":"rest-hook","header":["A: 1"]},"reason":"x"})");
    CHECK(same_request(
        a, parsed(R"({"reason":"y","channel":{"header":["A: 1"],"type":"rest-hook"},"criteria":"c"})")
    ));
    CHECK(same_request(a, parsed(R"({"criteria":"c","channel":{"type":"rest-hook","header":["a: ***"]}})")));
    CHECK_FALSE(
        same_request(a, parsed(R"({"criteria":"c","channel":{"type":"rest-hook","header":["A: 2"]}})"))
    );
    CHECK_FALSE(
        same_request(a, parsed(R"({"criteria":"d","channel":{"type":"rest-hook","header":["A: 1"]}})"))
    );
    CHECK_FALSE(same_request(
        a,
        parsed(R"({"criteria":"c","_criteria":{"id":"1"},"channel":{"type":"rest-hook","header":["A: 1"]}})")
    ));
    CHECK_FALSE(
        same_request(a, parsed(R"({"criteria":"c","channel":{"type":"websocket","header":["A: 1"]}})"))
    );
}

TEST_CASE("status codes are read as they are written", "[subscriptions]") {
    for (auto const status : {Status::requested, Status::active, Status::error, Status::off})
        CHECK(read_status(wire(status)) == status);
    CHECK_FALSE(read_status("Active").has_value());
}

TEST_CASE("to ask for progress, or no longer, is to ask for something else", "[subscriptions][progress]") {
    auto const with = [](std::string const& wanted) {
        return parsed(
            R"({"criteria":"c","extension":[{"url":"https://x.example/StructureDefinition/notify-progress","valueBoolean":)" +
            wanted + "}]}"
        );
    };
    auto const without = parsed(R"({"criteria":"c"})");
    CHECK_FALSE(same_request(with("true"), without));
    CHECK(same_request(with("true"), with("true")));
    CHECK(same_request(with("false"), without));
}

}  // namespace tributary::subscriptions
