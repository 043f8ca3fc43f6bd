// From a partner's page to the notification at those REST-hook endpoints that answer, of many: first while all of them do, then
// while some hang and some answer 500.
//
// Says "ready", waits for a line, and prints one line of JSON; times are microseconds.

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "orchestrator/async/run_loop.hpp"
#include "tests/bench/app.hpp"
#include "tests/bench/crowd_stage.hpp"
#include "tests/bench/percentiles.hpp"

namespace tributary::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestWait = 60s;
constexpr auto kDrain = 2s;
constexpr auto kLook = 20ms;

struct Options {
    std::string server;
    std::uint16_t port = 0;
    std::size_t endpoints = 1000, hanging = 100, failing = 100;
    std::size_t events = 4000;  ///< of each half, endpoints that do not answer included
    double rate = 100;          ///< of them a second
};

std::string json(std::vector<double> const& times) {
    return "{\"events\": " + std::to_string(times.size()) + ", " + percentiles(times) + '}';
}

class Run {
public:
    Run(HttpBench& bench, Options options)
        : bench_(bench),
          options_(std::move(options)),
          stage_(bench, options_.port),
          app_(bench, options_.server) {}

    awaitable<int> run() {
        if (auto listening = stage_.listen(); !listening)
            throw std::runtime_error(listening.error().detail());
        std::cout << "ready" << std::endl;
        auto read = [] { return std::cin.get(); };
        auto told = bench_.worker.execute(std::move(read));
        (void)co_await std::move(told);
        co_await subscribe_all();
        co_await notify(options_.endpoints);  // each connection is made, each page asked for
        auto const answering = co_await notify(options_.events);
        spoil();
        auto const disturbed = co_await notify(options_.events);
        std::cout << "{\"all_answer\": " << json(of_the_well(answering))
                  << ", \"some_do_not\": " << json(of_the_well(disturbed))
                  << ", \"hanging\": " << stage_.hanging() << ", \"refused\": " << stage_.refused() << "}"
                  << std::endl;
        bench_.client.close_idle();
        co_await stage_.drain(async::Deadline::after(bench_.clock, kDrain));
        co_return EXIT_SUCCESS;
    }

private:
    awaitable<void> subscribe_all() {
        for (std::size_t i = 0; i < options_.endpoints; ++i) {
            auto const name = stage_.add();
            co_await app_.subscribe(name, stage_.endpoint(i), name);
        }
        auto const deadline = async::Deadline::after(bench_.clock, kLongestWait);
        while (stage_.held() < options_.endpoints) {
            if (deadline.expired(bench_.clock)) throw std::runtime_error("not all pages were asked for");
            co_await bench_.clock.sleep_for(kLook);
        }
    }

    /// Publishes so many documents, at every endpoint in turn, at a steady rate; ends when those that answer have them.
    awaitable<std::vector<CrowdStage::Arrival>> notify(std::size_t events) {
        (void)stage_.take_arrivals();
        auto const pause = std::chrono::duration_cast<async::Clock::Duration>(
            std::chrono::duration<double>(1 / options_.rate)
        );
        auto next = bench_.clock.now();
        for (std::size_t i = 0; i < events; ++i) {
            stage_.publish(i % options_.endpoints);
            next += pause;
            co_await bench_.clock.sleep_until(next);
        }
        auto const deadline = async::Deadline::after(bench_.clock, kLongestWait);
        while (stage_.outstanding() > 0) {
            if (deadline.expired(bench_.clock)) throw std::runtime_error("not all notifications came");
            co_await bench_.clock.sleep_for(kLook);
        }
        co_return stage_.take_arrivals();
    }

    /// From now on some do not answer; all of these are notified at once.
    void spoil() {
        for (std::size_t i = 0; i < options_.endpoints; ++i) {
            if (is_well(i)) continue;
            stage_.behave(i, is_hanging(i) ? Manner::hangs : Manner::fails);
            stage_.publish(i);
        }
    }
    /// Spread among the others.
    bool is_hanging(std::size_t endpoint) const { return share(endpoint) < options_.hanging; }
    bool is_well(std::size_t endpoint) const {
        return share(endpoint) >= options_.hanging + options_.failing;
    }
    std::size_t share(std::size_t endpoint) const {
        constexpr std::size_t kStride = 7919;  // a prime
        return endpoint * kStride % options_.endpoints;
    }
    std::vector<double> of_the_well(std::vector<CrowdStage::Arrival> const& arrivals) const {
        std::vector<double> times;
        for (auto const& arrival : arrivals) {
            if (is_well(arrival.member)) times.push_back(arrival.microseconds);
        }
        return times;
    }

    HttpBench& bench_;
    Options options_;
    CrowdStage stage_;
    App app_;
};

}  // namespace
}  // namespace tributary::bench

int main(int argc, char** argv) {
    CLI::App app{"Measures notifications at endpoints that answer, beside many that do not."};
    tributary::bench::Options options;
    app.add_option("--server", options.server, "FHIR base; its only partner is this program at --port")
        ->required();
    app.add_option("--port", options.port)->required();
    app.add_option("--endpoints", options.endpoints);
    app.add_option("--hanging", options.hanging, "of these, in the second half");
    app.add_option("--failing", options.failing, "of these, in the second half");
    app.add_option("--events", options.events, "of each half");
    app.add_option("--rate", options.rate, "of Events, in a second");
    CLI11_PARSE(app, argc, argv);
    tributary::bench::HttpBench bench;
    tributary::bench::Run run(bench, std::move(options));
    int const status = tributary::async::run_loop(bench.loop, run.run());
    bench.worker.stop();
    return status;
}
