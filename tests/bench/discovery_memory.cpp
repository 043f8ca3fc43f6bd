// What Discoveries that wait cost: 1,000 of them ask 200 partners that never answer. Four calls at each are under way (512 in all), the rest are records.
//
// Prints one line of JSON: resident bytes before and after, per Discovery and per waiting Step.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <unistd.h>

#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/pipeline/discoveries.hpp"
#include "tests/support/stub_community.hpp"

namespace tributary::bench {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

/// Takes every call and answers none.
class SilentCommunity final : public partner::StubCommunity {
public:
    explicit SilentCommunity(async::Clock& clock) : clock_(clock) {}
    awaitable<Result<partner::Candidates>> patients(async::Deadline, fhir::search::PatientQuery) override {
        co_await clock_.sleep_for(1h);
        co_return Failure(Errc::timeout);
    }

private:
    async::Clock& clock_;
};

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t pages = 0;
    statm.ignore(std::numeric_limits<std::streamsize>::max(), ' ');
    statm >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

struct Options {
    std::size_t discoveries = 1000, partners = 200;
};

/// The pipeline over a cache in a folder of its own, which is removed at the end.
class Stage {
public:
    Stage(boost::asio::io_context& ctx, Options options)
        : ctx_(ctx), options_(options), worker_(ctx.get_executor()), process_(512) {
        std::string pattern = std::filesystem::temp_directory_path() / "tributary-bench-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
    }
    ~Stage() { std::filesystem::remove_all(folder_); }

    awaitable<int> run() {
        open();
        co_await clock_.sleep_for(200ms);
        auto const before = resident_bytes();
        for (std::size_t i = 0; i < options_.discoveries; ++i) {
            auto const number = std::to_string(i);
            fhir::search::PatientQuery query{
                {{"given", "", {"bob"}}, {"family", "", {"smith" + number}}}, {}
            };
            discoveries_->want({"subscription-" + number, "", "https://app.example", std::move(query)});
        }
        auto const steps = options_.discoveries * options_.partners;
        while (waiting() + running() < steps) co_await clock_.sleep_for(50ms);
        co_await clock_.sleep_for(500ms);
        auto const used = static_cast<double>(resident_bytes() - before);
        std::cout << "{\"discoveries\": " << options_.discoveries << ", \"partners\": " << options_.partners
                  << ", \"waiting_steps\": " << waiting() << ", \"running_calls\": " << running()
                  << ", \"resident_before\": " << before << ", \"resident_added\": " << used
                  << ", \"bytes_per_discovery\": " << used / static_cast<double>(options_.discoveries)
                  << ", \"bytes_per_waiting_step\": " << used / static_cast<double>(waiting()) << "}\n";
        co_await close();
        co_return 0;
    }

private:
    void open() {
        storage::Storage::Settings settings;
        settings.store.path = folder_ + "/bench.db";
        settings.store.full_synchronous = false;
        settings.bodies_path = folder_ + "/bodies.db";
        storage_ = storage::Storage::open(ctx_.get_executor(), settings, metrics_).value();
        for (std::size_t i = 0; i < options_.partners; ++i) add_partner("p" + std::to_string(i));
        auto const ex = ctx_.get_executor();
        auto const nobody = [](cache::Admitted const&) {};
        calls_ = std::make_unique<pipeline::CallLog>(ex, clock_, *storage_, Logger(), metrics_, 4096);
        calls_->start();
        pipeline::Surroundings const around{
            ex, clock_, *storage_, worker_, partners_, *calls_, nobody, Logger(), metrics_
        };
        retrievals_ = std::make_unique<pipeline::Retrievals>(around);
        discoveries_ =
            std::make_unique<pipeline::Discoveries>(around, *retrievals_, pipeline::DiscoverySettings());
    }
    void add_partner(std::string id) {
        partner::PartnerSettings settings;
        settings.id = std::move(id);
        settings.discovery_timeout = 1h;
        auto lane = std::make_unique<partner::Lane>(
            ctx_.get_executor(), clock_, process_, partner::lane_settings(settings), Logger(), metrics_
        );
        lane->start();
        auto community = std::make_unique<SilentCommunity>(clock_);
        partners_.push_back(
            std::make_unique<partner::Partner>(std::move(settings), std::move(community), std::move(lane))
        );
    }
    awaitable<void> close() {
        discoveries_->cancel();
        retrievals_->cancel();
        co_await discoveries_->stop();
        co_await retrievals_->stop();
        co_await calls_->stop();
        for (auto& partner : partners_) {
            partner->lane().cancel();
            co_await partner->lane().stop();
        }
        storage_->stop();
        worker_.stop();
    }
    std::size_t waiting() const {
        std::size_t sum = 0;
        for (auto const& partner : partners_) sum += partner->lane().figures().queued;
        return sum;
    }
    std::size_t running() const {
        std::size_t sum = 0;
        for (auto const& partner : partners_) sum += partner->lane().figures().running;
        return sum;
    }

    boost::asio::io_context& ctx_;
    Options options_;
    std::string folder_;
    async::SystemClock clock_;
    Metrics metrics_;
    async::Worker worker_;
    async::Semaphore process_;
    std::unique_ptr<storage::Storage> storage_;
    std::vector<std::unique_ptr<partner::Partner>> partners_;
    std::unique_ptr<pipeline::CallLog> calls_;
    std::unique_ptr<pipeline::Retrievals> retrievals_;
    std::unique_ptr<pipeline::Discoveries> discoveries_;
};

}  // namespace
}  // namespace tributary::bench

int main(int argc, char** argv) {
    using namespace tributary::bench;
    Options options;
    CLI::App app("What Discoveries that wait cost in memory.");
    app.add_option("--discoveries", options.discoveries);
    app.add_option("--partners", options.partners);
    CLI11_PARSE(app, argc, argv);
    boost::asio::io_context ctx{1};
    Stage stage(ctx, options);
    return tributary::async::run_loop(ctx, stage.run());
}
