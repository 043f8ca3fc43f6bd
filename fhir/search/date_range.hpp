#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace tributary::fhir::search {

/// The half-open interval that a FHIR date, dateTime or instant of some precision covers, in UTC microseconds since 1970.
struct DateRange {
    std::chrono::sys_time<std::chrono::microseconds> from, to;
};
/// Empty: no such date. A time without zone is UTC. Source: document-sharing F.4.
std::optional<DateRange> read_date(std::string_view text);
/// The moment as the clock counts; what it cannot hold (before 1678, after 2261: "9999-12-31") becomes the first or the last that it can.
std::chrono::system_clock::time_point clock_time(std::chrono::sys_time<std::chrono::microseconds> when);
/// "2026-01-15T10:02:00.123Z"
std::string format_instant(std::chrono::system_clock::time_point when);

}  // namespace tributary::fhir::search
