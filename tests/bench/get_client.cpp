// users x gets GETs of one URL at once, through the HTTP client of the product: the peer that tests/bench.sh puts beside
// the programs of bench-baselines, whose command line and result line it shares.

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/base/digest.hpp"
#include "tests/bench/http_bench.hpp"

namespace tributary::bench {
namespace {

constexpr auto kLongestCall = std::chrono::seconds(60);

struct Options {
    std::string url;
    std::size_t users = 10, gets = 10, at_once = 10000;
};

struct Tally {
    std::size_t ok = 0, failed = 0;
};

awaitable<void> get(HttpBench& bench, async::Semaphore& permits, net::ClientRequest request, Tally& tally) {
    auto const permit = co_await permits.acquire();
    auto const deadline = async::Deadline::after(bench.clock, kLongestCall);
    auto const answer = co_await bench.client.send(deadline, std::move(request));
    ++(answer && answer->success() ? tally.ok : tally.failed);
}

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double peak_megabytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kilobytes = 0;
        if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
    }
    return 0;
}

awaitable<int> run(HttpBench& bench, Options const& options) {
    auto const url = net::parse_url(options.url);
    if (!url) {
        std::cerr << "not a URL: " << options.url << '\n';
        co_return EXIT_FAILURE;
    }
    net::ClientRequest request;
    request.url = *url;
    request.headers.add("Accept", "application/fhir+json");
    // OpenSSL reads its configuration when it is first used: start-up, which a server has behind it.
    (void)random_uuid();
    Tally tally;
    async::Semaphore permits(options.at_once);
    auto const began = bench.clock.now();
    auto const cpu_before = cpu_seconds();
    auto send_all = [&](async::TaskGroup& group) -> awaitable<void> {
        for (std::size_t i = 0; i < options.users * options.gets; ++i) {
            if (!group.spawn("get", get(bench, permits, request, tally))) break;
        }
        co_return;
    };
    async::TaskGroup::FailureHandler on_failure = tell_bug;
    co_await async::with_group(std::move(on_failure), std::ref(send_all));
    std::chrono::duration<double> const took = bench.clock.now() - began;
    bench.client.close_idle();
    std::cout << "{\"seconds\": " << took.count() << ", \"ok\": " << tally.ok
              << ", \"failed\": " << tally.failed << ", \"cpu_seconds\": " << cpu_seconds() - cpu_before
              << ", \"max_rss_mb\": " << peak_megabytes() << "}\n";
    co_return tally.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace tributary::bench

int main(int argc, char** argv) {
    CLI::App app{"Sends users x gets GETs of one URL at once."};
    tributary::bench::Options options;
    app.add_option("--url", options.url)->required();
    app.add_option("--users", options.users);
    app.add_option("--gets", options.gets);
    app.add_option("--at-once", options.at_once, "at most so many of them");
    CLI11_PARSE(app, argc, argv);
    tributary::bench::HttpBench bench;
    int const status = tributary::async::run_loop(bench.loop, tributary::bench::run(bench, options));
    bench.worker.stop();
    return status;
}
