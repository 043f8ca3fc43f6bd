#include "fhir/search/date_range.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace tributary::fhir::search {

using namespace std::chrono;

namespace {

/// As format_instant, for years that the clock of the system does not reach.
std::string instant(sys_time<microseconds> when) {
    auto const midnight = floor<days>(when);
    year_month_day const date(midnight);
    auto const time_of_day = format_instant(system_clock::time_point(when - midnight)).substr(10);
    auto const day_text = format_instant(sys_days(year(2000) / date.month() / date.day())).substr(4, 6);
    auto const year_text = std::to_string(static_cast<int>(date.year()));
    return std::string(year_text.size() < 4 ? 4 - year_text.size() : 0, '0') + year_text + day_text +
           time_of_day;
}

}  // namespace

TEST_CASE("a date covers the range of its precision", "[search][F.4]") {
    struct Case {
        std::string text, from, to;
    };
    for (auto const& [text, from, to] : std::vector<Case>{
             {"2020", "2020-01-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"},
             {"2020-02", "2020-02-01T00:00:00.000Z", "2020-03-01T00:00:00.000Z"},
             {"2020-12", "2020-12-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"},
             {"2020-02-29", "2020-02-29T00:00:00.000Z", "2020-03-01T00:00:00.000Z"},
             {"2000-02-29", "2000-02-29T00:00:00.000Z", "2000-03-01T00:00:00.000Z"},
             {"2020-03-05T10:20", "2020-03-05T10:20:00.000Z", "2020-03-05T10:21:00.000Z"},
             {"2020-03-05T10:20:30", "2020-03-05T10:20:30.000Z", "2020-03-05T10:20:31.000Z"},
             {"2020-03-05T10:20:30Z", "2020-03-05T10:20:30.000Z", "2020-03-05T10:20:31.000Z"},
             {"2020-03-05T10:20:30.5Z", "2020-03-05T10:20:30.500Z", "2020-03-05T10:20:30.600Z"},
             {"2020-03-05T23:30:00-05:00", "2020-03-06T04:30:00.000Z", "2020-03-06T04:30:01.000Z"},
             {"2020-03-05T00:30+14:00", "2020-03-04T10:30:00.000Z", "2020-03-04T10:31:00.000Z"},
             {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z", "2017-01-01T00:00:01.000Z"},
             {"0001-01-01", "0001-01-01T00:00:00.000Z", "0001-01-02T00:00:00.000Z"},
             {"9999-12-31", "9999-12-31T00:00:00.000Z", "10000-01-01T00:00:00.000Z"}
         }) {
        INFO(text);
        auto const range = read_date(text);
        REQUIRE(range);
        CHECK(instant(range->from) == from);
        CHECK(instant(range->to) == to);
    }
}

TEST_CASE("fractions beyond microseconds still cover something", "[search][F.4]") {
    auto const range = read_date("2020-03-05T10:20:30.123456789+14:00");
    REQUIRE(range);
    CHECK(range->to - range->from == microseconds(1));
}

TEST_CASE("what is no date is refused", "[search][F.4]") {
    for (std::string const text :
         {"",
          "20",
          "2020-",
          "2020-00",
          "2020-13",
          "2020-1",
          "2020-02-30",
          "2021-02-29",
          "1900-02-29",
          "2020-04-31",
          "2020-01-00",
          "0000",
          "2020-01-01T",
          "2020-01-01T10",
          "2020-01-01T10:",
          "2020-01-01T24:00",
          "2020-01-01T24:00:00Z",
          "2020-01-01T10:60",
          "2020-01-01T10:00:61",
          "2020-01-01T10:00:00.",
          "2020-01-01T10:00:00+15:00",
          "2020-01-01T10:00:00+14:01",
          "2020-01-01T10:00:00+5:00",
          "2020-01-01T10:00:00z",
          "2020-01-01 10:00",
          "2020-01-01Z",
          "20200101",
          "2020-01-01T10:00:00Zx",
          "-2020",
          "+2020",
          "today"}) {
        INFO(text);
        CHECK_FALSE(read_date(text));
    }
}

TEST_CASE("a moment that no clock holds is the last, or the first, that it does", "[search]") {
    auto const moment = [](char const* date) { return clock_time(read_date(date)->from); };
    CHECK(moment("2030-01-01T00:00:00.000001Z") - moment("2030") == microseconds(1));
    CHECK(moment("2261") < moment("2300"));
    CHECK(moment("2300") == moment("9999-12-31T23:59:59Z"));
    CHECK(moment("0001") == moment("1600"));
    CHECK(moment("1600") < moment("1700"));
}

TEST_CASE("an instant that was written is read again, whatever the moment", "[search][property]") {
    auto const seed = std::random_device{}();
    INFO("TEST_SEED " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 5000; ++i) {
        auto const since =
            milliseconds(static_cast<std::int64_t>(random() % 12'000'000'000'000) - 6'000'000'000'000);
        sys_time<milliseconds> const when(since);
        auto const text = format_instant(when);
        auto const range = read_date(text);
        INFO(text);
        REQUIRE(range);
        REQUIRE(range->from == when);
        REQUIRE(range->to == when + milliseconds(1));
    }
}

}  // namespace tributary::fhir::search
