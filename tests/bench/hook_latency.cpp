// From a partner's page to the notification at a REST-hook receiver, against one fsync and one POST over loopback, sample
// by sample in the same run: first with nothing else to do, then beside Discoveries started at a steady rate.
//
// Prints one line of JSON; times are microseconds.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "tests/bench/app.hpp"
#include "tests/bench/hook_stage.hpp"
#include "tests/bench/percentiles.hpp"

namespace tributary::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestWait = 20s;
constexpr auto kDrain = 2s;
constexpr auto kRest = 5ms;  ///< what follows a delivery, its record for one, is over by then
constexpr char kBaseline[] = "baseline";
constexpr char kFile[] = "fsync.bin";
constexpr char kFamily[] = "bench-";  ///< followed by the given name: nobody is a namesake of anybody
constexpr std::size_t kFileBytes = std::size_t{1} << 20U;
constexpr std::size_t kWritten = 4096;

struct Options {
    std::string server, folder;
    HookStage::Settings stage;
    std::size_t samples = 200, documents = 10;
    double load = 20;  ///< Discoveries a second
};

/// One durable write of 4 KiB into a file of fixed size, then one POST on a connection that is kept: what telling somebody something durable costs at
/// least. Thread: any, one call at a time.
class Baseline {
public:
    Baseline(std::string const& folder, std::uint16_t port)
        : file_(::open((folder + '/' + kFile).c_str(), O_RDWR | O_CREAT, 0600)),
          socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        std::string const zeros(kFileBytes, '\0');
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int const on = 1;
        bool const ready = file_ >= 0 && ::pwrite(file_, zeros.data(), zeros.size(), 0) > 0 &&
                           ::fsync(file_) == 0 &&
                           ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                           ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
        if (!ready) throw std::runtime_error("no file or no connection for the baseline");
    }
    Baseline(Baseline const&) = delete;
    Baseline& operator=(Baseline const&) = delete;
    ~Baseline() {
        ::close(file_);
        ::close(socket_);
    }

    /// When it began. Returns once the POST was answered.
    TimePoint run(std::string const& path, std::size_t bytes) {
        std::string const text(std::max<std::size_t>(bytes, 1), 'x');
        auto const request = "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
                             std::to_string(text.size()) + "\r\n\r\n" + text;
        std::string const page(kWritten, 'x');
        auto const began = std::chrono::steady_clock::now();
        offset_ = (offset_ + kWritten) % kFileBytes;
        if (::pwrite(file_, page.data(), page.size(), static_cast<off_t>(offset_)) < 0 ||
            ::fdatasync(file_) != 0)
            throw std::runtime_error("the file cannot be written");
        std::string answer(4096, '\0');
        if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0 ||
            ::recv(socket_, answer.data(), answer.size(), 0) <= 0)
            throw std::runtime_error("the receiver does not answer");
        return began;
    }

private:
    int file_, socket_;
    std::size_t offset_ = 0;
};

/// Microseconds, a pair for each sample.
struct Times {
    std::vector<double> measured, baseline;
};

double microseconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

std::string json(Times const& times) {
    return "{\"measured\": {" + percentiles(times.measured) + "}, \"baseline\": {" +
           percentiles(times.baseline) + "}}";
}

class Run {
public:
    Run(HttpBench& bench, Options options)
        : bench_(bench),
          options_(std::move(options)),
          stage_(bench, options_.stage),
          app_(bench, options_.server) {}

    awaitable<int> run() {
        if (auto listening = stage_.listen(); !listening)
            throw std::runtime_error(listening.error().detail());
        baseline_.emplace(options_.folder, stage_.port());
        auto const idle = co_await measure(std::string("idle"));
        auto const events_before = stage_.events();
        auto const load_began = bench_.clock.now();
        auto const loaded = co_await measure_beside_load();
        std::chrono::duration<double> const loaded_for = bench_.clock.now() - load_began;
        auto const rate = static_cast<double>(stage_.events() - events_before) / loaded_for.count();
        std::cout << "{\"idle\": " << json(idle) << ", \"loaded\": " << json(loaded)
                  << ", \"events_per_second\": " << rate << ", \"event_bytes\": " << stage_.event_bytes()
                  << "}\n";
        bench_.client.close_idle();
        baseline_.reset();
        co_await stage_.drain(async::Deadline::after(bench_.clock, kDrain));
        co_return EXIT_SUCCESS;
    }

private:
    awaitable<Times> measure_beside_load() {
        Times loaded;
        auto body = [&](async::TaskGroup& group) -> awaitable<void> {
            if (!group.spawn("load", make_load())) co_return;
            loaded = co_await measure(std::string("loaded"));
            group.cancel();
        };
        async::TaskGroup::FailureHandler on_failure = tell_bug;
        co_await async::with_group(std::move(on_failure), std::ref(body));
        co_return loaded;
    }

    awaitable<Times> measure(std::string kind) {
        Times times;
        for (std::size_t i = 0; i < options_.samples; ++i) {
            auto const name = kind + std::to_string(i);
            stage_.expect(name, 1);
            co_await app_.subscribe(name, stage_.hook(name), kFamily + name);
            auto const arrived = co_await arrival(name);
            times.measured.push_back(microseconds(arrived - stage_.page_sent(name)));
            stage_.forget(name);
            co_await bench_.clock.sleep_for(kRest);
            auto const baseline = co_await measure_baseline();
            times.baseline.push_back(baseline);
            co_await bench_.clock.sleep_for(kRest);
        }
        co_return times;
    }

    awaitable<double> measure_baseline() {
        stage_.expect(kBaseline, 0);
        auto work = [this] {
            return baseline_->run("/hook/" + std::string(kBaseline), stage_.event_bytes());
        };
        auto job = bench_.worker.execute(std::move(work));
        auto const began = co_await std::move(job);
        auto const arrived = co_await arrival(std::string(kBaseline));
        stage_.forget(kBaseline);
        co_return microseconds(arrived - began.value());
    }

    awaitable<TimePoint> arrival(std::string name) {
        auto waiting = stage_.arrival(name);
        auto const deadline = async::Deadline::after(bench_.clock, kLongestWait);
        auto const arrived = co_await async::with_deadline(bench_.clock, deadline, std::move(waiting));
        if (!arrived) throw std::runtime_error("nothing arrived at " + name);
        co_return *arrived;
    }

    /// Starts Discoveries of patients never asked for before, each with a page of documents, until cancelled.
    awaitable<void> make_load() {
        auto next = bench_.clock.now();
        auto const pause = std::chrono::duration_cast<async::Clock::Duration>(
            std::chrono::duration<double>(1 / options_.load)
        );
        for (std::size_t i = 0; true; ++i) {
            auto const name = "load" + std::to_string(i);
            stage_.expect(name, options_.documents);
            co_await app_.subscribe(name, stage_.hook(name), kFamily + name);
            next += pause;
            co_await bench_.clock.sleep_until(next);
        }
    }

    HttpBench& bench_;
    Options options_;
    HookStage stage_;
    App app_;
    std::optional<Baseline> baseline_;
};

}  // namespace
}  // namespace tributary::bench

int main(int argc, char** argv) {
    CLI::App app{"Measures from a partner's page to the notification, against one fsync and one POST."};
    tributary::bench::Options options;
    app.add_option(
           "--server", options.server, "FHIR base of the server, whose only partner is this program at --port"
    )
        ->required();
    app.add_option("--port", options.stage.port)->required();
    app.add_option("--folder", options.folder, "on the disk of the server's cache")->required();
    app.add_option("--samples", options.samples);
    app.add_option("--load", options.load, "Discoveries started per second in the second half");
    app.add_option("--documents", options.documents, "of each of these");
    CLI11_PARSE(app, argc, argv);
    tributary::bench::HttpBench bench;
    tributary::bench::Run run(bench, std::move(options));
    int const status = tributary::async::run_loop(bench.loop, run.run());
    bench.worker.stop();
    return status;
}
