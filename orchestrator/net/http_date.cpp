#include "orchestrator/net/http_date.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <limits>

#include "fhir/base/ascii.hpp"

namespace tributary::net {

namespace {

constexpr std::array<char const*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<char const*, 12> kMonths = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};
constexpr int kParts = 6;

struct Parts {
    int day = 0, year = 0, hour = 0, minute = 0, second = 0;
    std::array<char, 4> month{};
};

std::optional<std::chrono::sys_seconds> moment_of(Parts const& parts) {
    auto const known = std::find_if(kMonths.begin(), kMonths.end(), [&](char const* name) {
        return std::string_view(name) == parts.month.data();
    });
    int const year = parts.year >= 100 ? parts.year : parts.year + (parts.year < 70 ? 2000 : 1900);
    if (known == kMonths.end() || year < 1970) return std::nullopt;
    std::tm moment{};
    moment.tm_year = year - 1900;
    moment.tm_mon = static_cast<int>(known - kMonths.begin());
    moment.tm_mday = parts.day;
    moment.tm_hour = parts.hour;
    moment.tm_min = parts.minute;
    moment.tm_sec = parts.second;
    return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&moment)));
}

}  // namespace

std::string http_date(std::chrono::system_clock::time_point when) {
    std::time_t const time = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%s, %02d %s %04d %02d:%02d:%02d GMT",
        kDays[static_cast<std::size_t>(parts.tm_wday)],
        parts.tm_mday,
        kMonths[static_cast<std::size_t>(parts.tm_mon)],
        parts.tm_year + 1900,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec
    );
    return text.data();
}

// In seconds: a year that a system_clock::time_point cannot hold is a date as well.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
    std::string const date(text);
    Parts imf, rfc850, asctime;
    if (std::sscanf(
            date.c_str(),
            "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT",
            &imf.day,
            imf.month.data(),
            &imf.year,
            &imf.hour,
            &imf.minute,
            &imf.second
        ) == kParts)
        return moment_of(imf);
    if (std::sscanf(
            date.c_str(),
            "%*9[A-Za-z], %2d-%3[A-Za-z]-%4d %2d:%2d:%2d GMT",
            &rfc850.day,
            rfc850.month.data(),
            &rfc850.year,
            &rfc850.hour,
            &rfc850.minute,
            &rfc850.second
        ) == kParts)
        return moment_of(rfc850);
    if (std::sscanf(
            date.c_str(),
            "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d",
            asctime.month.data(),
            &asctime.day,
            &asctime.hour,
            &asctime.minute,
            &asctime.second,
            &asctime.year
        ) == kParts)
        return moment_of(asctime);
    return std::nullopt;
}

std::chrono::seconds parse_retry_after(std::string_view field, std::chrono::system_clock::time_point now) {
    constexpr std::size_t longest_number = 9;
    constexpr std::chrono::seconds longest(std::numeric_limits<int>::max());
    bool const number = !field.empty() && std::all_of(field.begin(), field.end(), ascii::is_digit);
    if (number && field.size() > longest_number) return longest;
    if (number) return std::chrono::seconds(std::stol(std::string(field)));
    auto const date = parse_http_date(field);
    auto const this_second = std::chrono::floor<std::chrono::seconds>(now);
    if (!date || *date <= this_second) return std::chrono::seconds(0);
    return std::min(*date - this_second, longest);
}

}  // namespace tributary::net
