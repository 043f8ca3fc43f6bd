#include "fhir/search/date_range.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "fhir/base/ascii.hpp"

namespace tributary::fhir::search {

namespace {

using namespace std::chrono;
using Micros = sys_time<microseconds>;

/// Reads from the front of a text, piece by piece.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool done() const { return text_.empty(); }
    bool skip(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    /// Exactly so many digits, of a number up to `most`.
    std::optional<int> number(std::size_t digits, int most) {
        if (text_.size() < digits) return std::nullopt;
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (!ascii::is_digit(text_[i])) return std::nullopt;
            value = value * 10 + (text_[i] - '0');
        }
        if (value > most) return std::nullopt;
        text_.remove_prefix(digits);
        return value;
    }
    /// The digits of a fraction, as microseconds from its beginning and the width of its last digit (at least one microsecond).
    std::optional<std::pair<microseconds, microseconds>> fraction() {
        std::int64_t value = 0;
        std::int64_t width = 1'000'000;
        std::size_t digits = 0;
        for (; digits < text_.size() && ascii::is_digit(text_[digits]); ++digits) {
            if (width == 1) continue;
            width /= 10;
            value += (text_[digits] - '0') * width;
        }
        if (digits == 0) return std::nullopt;
        text_.remove_prefix(digits);
        return std::pair(microseconds(value), microseconds(width));
    }

private:
    std::string_view text_;
};

/// The zone at the end: nothing and Z are UTC.
std::optional<minutes> read_offset(Scanner& scanner) {
    if (scanner.done()) return minutes(0);
    if (scanner.skip('Z')) return scanner.done() ? std::optional(minutes(0)) : std::nullopt;
    bool const east = scanner.skip('+');
    if (!east && !scanner.skip('-')) return std::nullopt;
    auto const hour = scanner.number(2, 14);
    if (!hour || !scanner.skip(':')) return std::nullopt;
    auto const minute = scanner.number(2, *hour == 14 ? 0 : 59);
    if (!minute || !scanner.done()) return std::nullopt;
    auto const offset = hours(*hour) + minutes(*minute);
    return east ? offset : -offset;
}

/// What follows the T. Hours without minutes are no time, and 24:00 is not one either; a leap second is the next minute's first.
std::optional<DateRange> read_time(Micros day, Scanner& scanner) {
    auto const hour = scanner.number(2, 23);
    if (!hour || !scanner.skip(':')) return std::nullopt;
    auto const minute = scanner.number(2, 59);
    if (!minute) return std::nullopt;
    Micros from = day + hours(*hour) + minutes(*minute);
    microseconds width = minutes(1);
    if (scanner.skip(':')) {
        auto const second = scanner.number(2, 60);
        if (!second) return std::nullopt;
        from += seconds(*second);
        width = seconds(1);
        if (scanner.skip('.')) {
            auto const fraction = scanner.fraction();
            if (!fraction) return std::nullopt;
            from += fraction->first;
            width = fraction->second;
        }
    }
    auto const offset = read_offset(scanner);
    if (!offset) return std::nullopt;
    return DateRange{from - *offset, from - *offset + width};
}

Micros start_of(year_month_day date) { return sys_days(date); }

}  // namespace

std::optional<DateRange> read_date(std::string_view text) {
    Scanner scanner(text);
    auto const y = scanner.number(4, 9999);
    if (!y || *y == 0) return std::nullopt;
    auto const first_month = year(*y) / January / 1;
    if (scanner.done()) return DateRange{start_of(first_month), start_of(first_month + years(1))};
    if (!scanner.skip('-')) return std::nullopt;
    auto const m = scanner.number(2, 12);
    if (!m || *m == 0) return std::nullopt;
    auto const first_day = year(*y) / month(static_cast<unsigned>(*m)) / 1;
    if (scanner.done()) return DateRange{start_of(first_day), start_of(first_day + months(1))};
    if (!scanner.skip('-')) return std::nullopt;
    auto const d = scanner.number(2, 31);
    if (!d) return std::nullopt;
    auto const date = first_day.year() / first_day.month() / day(static_cast<unsigned>(*d));
    if (!date.ok()) return std::nullopt;
    auto const midnight = start_of(date);
    if (scanner.done()) return DateRange{midnight, midnight + days(1)};
    if (!scanner.skip('T')) return std::nullopt;
    return read_time(midnight, scanner);
}

system_clock::time_point clock_time(sys_time<microseconds> when) {
    using Time = system_clock::time_point;
    constexpr auto kFirst = ceil<microseconds>(Time::min()), kLast = floor<microseconds>(Time::max());
    return time_point_cast<Time::duration>(std::clamp(when, kFirst, kLast));
}

std::string format_instant(system_clock::time_point when) {
    auto const millis = floor<milliseconds>(when);
    auto const midnight = floor<days>(millis);
    year_month_day const date(midnight);
    hh_mm_ss const time(millis - midnight);
    std::array<char, 64> buffer{};
    auto const length = std::snprintf(
        buffer.data(),
        buffer.size(),
        "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count())
    );
    return {buffer.data(), static_cast<std::size_t>(length)};
}

}  // namespace tributary::fhir::search
