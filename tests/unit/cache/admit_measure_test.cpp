#include <cstdio>

#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

/// Milliseconds to admit 50 fresh entries and commit.
double admit_fifty(StoreFixture& fixture, int round) {
    std::vector<DocumentText> documents;
    for (int i = 0; i < 50; ++i) documents.push_back({"r" + std::to_string(round) + "-" + std::to_string(i)});
    auto const answer = StoreFixture::answer("p1", "1", documents);
    auto const started = std::chrono::steady_clock::now();
    fixture.commit([&](Store& s) { return s.admit(answer); });
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
}

}  // namespace

TEST_CASE("the time to admit a page of 50 entries", "[cache][measure]") {
    for (int const others : {0, 99}) {
        for (bool const same_patient : {false, true}) {
            StoreFixture fixture;
            fixture.match("p1", {{"1"}});
            fixture.subscribe("s1");
            for (int i = 0; i < others; ++i) {
                auto const family = same_patient ? std::string("smith") : "family" + std::to_string(i);
                fixture.subscribe(
                    "other" + std::to_string(i),
                    "DocumentReference?patient.given=bob&patient.family=" + family
                );
            }
            auto const first = admit_fifty(fixture, 0);
            auto const second = admit_fifty(fixture, 1);
            std::printf(
                "admit 50 entries, %4d Subscriptions %s: %.1f ms, then %.1f ms\n",
                others + 1,
                same_patient ? "for this patient" : "for others      ",
                first,
                second
            );
            CHECK(fixture.told("s1").size() == 100);
        }
    }
}

}  // namespace tributary::cache
