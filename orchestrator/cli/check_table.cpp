#include "orchestrator/cli/check_table.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string_view>

#include "fhir/base/outcome_table.hpp"

namespace tributary::cli {

namespace {

/// In the order of the table: the worst first.
enum class Trouble { unreachable, timeout, server, refused, wrong_service, look, none };

struct Verdict {
    Trouble trouble = Trouble::none;
    std::string words;
};

std::string without_credentials(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    auto const scheme_end = url.find("://");
    auto const host = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
    auto const at = url.substr(host, url.find('/', host) - host).rfind('@');
    auto const rest = at == std::string_view::npos ? url.substr(host) : url.substr(host + at + 1);
    return std::string(url.substr(0, host)).append(rest);
}

/// What a status that is no success means for who configures us.
Verdict judge_status(unsigned status) {
    auto const said = "HTTP " + std::to_string(status);
    if (status == 401 || status == 403)
        return {Trouble::refused, said + ": check its headers: who we say we are"};
    if (status == 404 || status == 410)
        return {Trouble::wrong_service, said + ": no CapabilityStatement there; check fhir, its base URL"};
    if (status == 408 || status == 429) return {Trouble::server, said + ": it is busy; try again later"};
    if (status >= 500) return {Trouble::server, said + ": its server is in trouble; tell the partner"};
    return {Trouble::wrong_service, said + ": check fhir, its base URL"};
}

Verdict judge_failure(Failure const& failure) {
    if (failure.http_status() != 0) return judge_status(failure.http_status());
    switch (failure.errc()) {
        case Errc::dns:
            return {Trouble::unreachable, "its host name has no address: check fhir, or the name server"};
        case Errc::connect:
            return {
                Trouble::unreachable, "nothing answers there: check host and port of fhir, and firewalls"
            };
        case Errc::tls:
            return {
                Trouble::unreachable,
                "no trusted connection: " + printable(failure.detail()) +
                    "; tell the partner, or check tls_ca and tls_client_certificate"
            };
        case Errc::timeout:
            return {
                Trouble::timeout, "no answer in time: slow or unreachable; probe_timeout is how long we wait"
            };
        case Errc::protocol:
        case Errc::closed:
            return {Trouble::server, "it broke off its answer: tell the partner"};
        case Errc::refused_address:
            return {Trouble::wrong_service, "it redirects elsewhere: set fhir to where it really is"};
        case Errc::too_large:
            return {Trouble::wrong_service, "its CapabilityStatement is too large: raise partner_body"};
        default:
            return {Trouble::wrong_service, "what answers there is no FHIR server in JSON: check fhir"};
    }
}

Verdict judge(CheckResult const& result) {
    if (!result.said) {
        auto verdict = judge_failure(result.said.error());
        verdict.words += " (" + without_credentials(result.fhir) + ')';
        return verdict;
    }
    auto const& said = *result.said;
    if (!said.fhir_version.empty() && !said.fhir_version.starts_with("4.0"))
        return {Trouble::look, "FHIR " + printable(said.fhir_version) + ": ask for its R4 (4.0.1) endpoint"};
    if (said.lacks_documents)
        return {Trouble::look, "it does not list DocumentReference: no documents to expect"};
    if (result.discovery == partner::DiscoveryMethod::match && !said.offers_match)
        return {Trouble::look, "discovery = \"match\", and it does not offer $match: use \"auto\""};
    return {Trouble::none, "ok"};
}

bool has_answered(CheckResult const& result) {
    if (result.said) return true;
    auto const trouble = judge_failure(result.said.error()).trouble;
    return trouble != Trouble::unreachable && trouble != Trouble::timeout;
}

std::string_view method_of(CheckResult const& result) {
    using partner::DiscoveryMethod;
    if (result.discovery == DiscoveryMethod::match) return "$match";
    bool const automatic = result.discovery == DiscoveryMethod::automatic;
    if (automatic && !result.said) return "-";
    return automatic && result.said->offers_match ? "$match" : "search";
}

constexpr std::size_t kColumns = 6;
constexpr std::size_t kName = 1, kSoftware = 3;
constexpr std::size_t kLeastBeside = 30;  // columns for the verdict beside the others
using Cells = std::array<std::string, kColumns>;
using Widths = std::array<std::size_t, kColumns>;
/// No name or software is so long that it may push the verdict off the screen.
constexpr Widths kWidest{32, 40, 11, 40, 8, 9};

struct Row {
    Cells cells;
    Verdict verdict;
};

Row row_of(CheckResult const& result) {
    auto const software = result.said ? printable(result.said->software) : std::string("-");
    auto version = result.said ? printable(result.said->fhir_version) : std::string("-");
    if (version.empty()) version = "-";
    return {
        {result.id,
         printable(result.name),
         has_answered(result) ? std::to_string(result.took.count()) + " ms" : "-",
         software,
         version,
         std::string(method_of(result))},
        judge(result)
    };
}

std::size_t total(Widths const& widths) {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + 2 * kColumns;
}

/// Cuts names and software, the longer first, until the line is at most `room` wide, but none below `least`.
void narrow(Widths& widths, std::size_t room, std::size_t least) {
    while (total(widths) > room) {
        auto& widest = widths[kName] > widths[kSoftware] ? widths[kName] : widths[kSoftware];
        if (widest <= least) return;
        --widest;
    }
}

Widths widths_of(std::vector<Row> const& rows, Cells const& titles, Terminal const& terminal) {
    Widths widths{};
    for (std::size_t i = 0; i < kColumns; ++i) {
        widths[i] = columns(titles[i]);
        for (auto const& row : rows)
            widths[i] = std::max(widths[i], std::min(columns(row.cells[i]), kWidest[i]));
    }
    if (!terminal.interactive) return widths;
    narrow(widths, terminal.width > kLeastBeside ? terminal.width - kLeastBeside : 0, 16);
    narrow(widths, terminal.width, 8);
    return widths;
}

/// The words in lines of at most `width` columns; one line where width is 0.
std::vector<std::string> wrap(std::string_view words, std::size_t width) {
    std::vector<std::string> lines(1);
    while (!words.empty()) {
        auto const word = words.substr(0, words.find(' '));
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        bool const full =
            width != 0 && !lines.back().empty() && columns(lines.back()) + 1 + columns(word) > width;
        if (full) lines.emplace_back();
        if (!lines.back().empty()) lines.back() += ' ';
        lines.back() += word;
    }
    return lines;
}

Style style_of(Trouble trouble) {
    if (trouble == Trouble::none) return Style::good;
    return trouble == Trouble::look ? Style::busy : Style::bad;
}

/// The line of a partner, its verdict beside it, or below where the terminal is too narrow for that.
std::string format_row(Row const& row, Widths const& widths, Terminal const& terminal) {
    constexpr std::size_t kIndent = 4;
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) line += fit(row.cells[i], widths[i]) + "  ";
    auto const left = columns(line);
    bool const wraps = terminal.interactive;
    bool const beside = !wraps || left + std::min(kLeastBeside, columns(row.verdict.words)) <= terminal.width;
    auto const indent = beside ? left : kIndent;
    auto const room = terminal.width > indent ? terminal.width - indent : std::size_t{1};
    auto const words = wrap(row.verdict.words, wraps ? room : 0);
    if (!beside) line = line.substr(0, line.find_last_not_of(' ') + 1) + '\n' + std::string(indent, ' ');
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) line += '\n' + std::string(indent, ' ');
        line += styled(terminal, style_of(row.verdict.trouble), words[i]);
    }
    return line + '\n';
}

std::string totals(std::vector<Row> const& rows) {
    std::map<Trouble, std::size_t> counts;
    for (auto const& row : rows) ++counts[row.verdict.trouble];
    auto const look = counts[Trouble::look];
    auto const good = counts[Trouble::none];
    std::string text = std::to_string(rows.size()) + (rows.size() == 1 ? " partner: " : " partners: ") +
                       std::to_string(good) + " ok, " + std::to_string(rows.size() - good - look) +
                       " failing";
    if (look > 0) text += ", " + std::to_string(look) + " to look at";
    return text + '\n';
}

}  // namespace

std::string format_check(std::vector<CheckResult> const& results, Terminal const& terminal) {
    std::vector<Row> rows;
    for (auto const& result : results) rows.push_back(row_of(result));
    std::stable_sort(rows.begin(), rows.end(), [](Row const& a, Row const& b) {
        return a.verdict.trouble < b.verdict.trouble;
    });
    Cells const titles{"PARTNER", "NAME", "ANSWERED IN", "SOFTWARE", "FHIR", "DISCOVERY"};
    auto const widths = widths_of(rows, titles, terminal);
    std::string text;
    for (std::size_t i = 0; i < kColumns; ++i) text += fit(titles[i], widths[i]) + "  ";
    text += "RESULT\n";
    for (auto const& row : rows) text += format_row(row, widths, terminal);
    return text + totals(rows);
}

}  // namespace tributary::cli
