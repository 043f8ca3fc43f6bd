#include "orchestrator/cli/check.hpp"

#include <algorithm>
#include <functional>
#include <ostream>
#include <utility>

#include "fhir/base/outcome_table.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/cli/terminal.hpp"

namespace tributary::cli {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

constexpr std::size_t kAtOnce = 32;
constexpr auto kProbeTime = std::chrono::seconds(10);

std::string without_credentials(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    auto const scheme_end = url.find("://");
    auto const host = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
    auto const at = url.substr(host, url.find('/', host) - host).rfind('@');
    auto const rest = at == std::string_view::npos ? url.substr(host) : url.substr(host + at + 1);
    return std::string(url.substr(0, host)).append(rest);
}

std::string verdict(Result<std::string> const& software) {
    if (software) return "ok";
    auto const failure = software.error();
    std::string words(outcome_of(failure.errc()).name);
    if (failure.http_status() != 0) words += ' ' + std::to_string(failure.http_status());
    return failure.detail().empty() ? words : words + ": " + printable(failure.detail());
}

using Line = std::vector<std::string>;

std::string align(std::vector<Line> const& lines) {
    std::vector<std::size_t> widths(lines.front().size());
    for (auto const& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], columns(line[i]));
    }
    std::string text;
    for (auto const& line : lines) {
        for (std::size_t i = 0; i + 1 < line.size(); ++i) text += fit(line[i], widths[i]) + "  ";
        text += line.back() + '\n';
    }
    return text;
}

awaitable<void> probe(
    async::Clock& clock, async::Semaphore& slots, CheckedPartner partner, CheckResult& result
) {
    auto const slot = co_await slots.acquire();
    auto const start = clock.now();
    auto const deadline = async::Deadline::after(clock, kProbeTime);
    result.software = co_await partner.community->probe(deadline);
    result.took = std::chrono::duration_cast<milliseconds>(clock.now() - start);
}

}  // namespace

std::string format_check(std::vector<CheckResult> results) {
    auto const good = [](CheckResult const& result) { return result.software.has_value(); };
    std::stable_partition(results.begin(), results.end(), std::not_fn(good));
    std::vector<Line> lines = {{"PARTNER", "URL", "LATENCY", "SOFTWARE", "RESULT"}};
    for (auto const& result : results) {
        auto const software = result.software ? printable(*result.software) : std::string("-");
        lines.push_back(
            {result.id,
             without_credentials(result.fhir),
             std::to_string(result.took.count()) + " ms",
             software,
             verdict(result.software)}
        );
    }
    auto const count = static_cast<std::size_t>(std::count_if(results.begin(), results.end(), good));
    return align(lines) + std::to_string(results.size()) + " partners: " + std::to_string(count) + " ok, " +
           std::to_string(results.size() - count) + " failing\n";
}

awaitable<int> check_partners(async::Clock& clock, std::vector<CheckedPartner> partners, std::ostream& out) {
    std::vector<CheckResult> results;
    for (auto const& partner : partners) results.push_back({partner.id, partner.fhir});
    async::Semaphore slots(kAtOnce);
    auto ask_all = [&](async::TaskGroup& group) -> awaitable<void> {
        for (std::size_t i = 0; i < partners.size(); ++i) {
            if (!group.spawn(partners[i].id, probe(clock, slots, partners[i], results[i]))) break;
        }
        co_return;
    };
    co_await async::with_group(std::ref(ask_all));
    bool const failed = std::any_of(results.begin(), results.end(), [](CheckResult const& result) {
        return !result.software;
    });
    out << format_check(std::move(results)) << std::flush;
    co_return failed ? 1 : 0;
}

}  // namespace tributary::cli
