#include "orchestrator/partner/fhir_answers.hpp"

#include "tests/support/catch.hpp"

namespace tributary::partner {

namespace {

std::string searchset(std::string const& entries) {
    return R"({"resourceType":"Bundle","type":"searchset","entry":[)" + entries + "]}";
}
std::string outcome(std::string const& severity, std::string const& code) {
    return R"({"resource":{"resourceType":"OperationOutcome","issue":[{"severity":")" + severity +
           R"(","code":")" + code + R"("}]},"search":{"mode":"outcome"}})";
}
std::string resource(std::string const& type) {
    return R"({"resource":{"resourceType":")" + type + R"(","id":"1","status":"current",)" +
           R"("subject":{"reference":"Patient/p"},"content":[{"attachment":{"url":"Binary/1"}}]}})";
}

DocumentsQuestion question() {
    DocumentsQuestion made;
    made.match.remote_id = "p";
    return made;
}

}  // namespace

TEST_CASE("an answer of nothing but an error outcome fails as that outcome alone would", "[partner][F.1]") {
    auto const passing = searchset(outcome("error", "transient"));
    CHECK(read_patients(passing).error().http_status() == 503);
    CHECK(read_documents(passing, question()).error().http_status() == 503);
    CHECK(read_matches(passing).error().http_status() == 503);
    auto const lasting = searchset(outcome("fatal", "exception"));
    CHECK(read_patients(lasting).error().errc() == Errc::invalid);
    CHECK(read_documents(lasting, question()).error().errc() == Errc::invalid);
}

TEST_CASE("an outcome that only warns, or an error beside what was found, is an answer", "[partner][F.1]") {
    auto const warned = read_patients(searchset(outcome("warning", "not-found")));
    REQUIRE(warned.has_value());
    CHECK(warned->patients.empty());
    CHECK_FALSE(warned->partial);
    auto const beside = read_patients(searchset(resource("Patient") + "," + outcome("error", "exception")));
    REQUIRE(beside.has_value());
    CHECK(beside->patients.size() == 1);
    CHECK(beside->partial);
}

TEST_CASE("entries without a resource leave an answer partial", "[partner][F.1]") {
    for (auto const* unreadable : {"null", R"("x")", "{}", R"({"resource":null})", R"({"resource":{}})"}) {
        INFO(unreadable);
        auto const patients = read_patients(searchset(resource("Patient") + "," + unreadable));
        REQUIRE(patients.has_value());
        CHECK(patients->patients.size() == 1);
        CHECK(patients->partial);
        auto const documents =
            read_documents(searchset(resource("DocumentReference") + "," + unreadable), question());
        REQUIRE(documents.has_value());
        CHECK(documents->entries.size() == 1);
        CHECK(documents->partial);
    }
}

TEST_CASE("an answer whose entries are no list is no answer", "[partner][F.1]") {
    auto const text =
        R"({"resourceType":"Bundle","type":"searchset","entry":{"resource":{"resourceType":"Patient"}}})";
    CHECK(read_patients(text).error().errc() == Errc::invalid);
    CHECK(read_documents(text, question()).error().errc() == Errc::invalid);
}

}  // namespace tributary::partner
