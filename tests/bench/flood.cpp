// Many Subscriptions at once, each for another patient, at a server whose only partner answers at once: until the last
// document was told. Prints one line of JSON.

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/with_deadline.hpp"
#include "tests/bench/app.hpp"
#include "tests/bench/hook_stage.hpp"

namespace tributary::bench {
namespace {

constexpr std::chrono::minutes kLongestRun(5);
constexpr std::chrono::seconds kDrain(2);

struct Options {
    std::string server;
    HookStage::Settings stage;
    std::size_t patients = 200, documents = 50;
};

awaitable<int> run(HttpBench& bench, HookStage& stage, Options const& options) {
    if (auto listening = stage.listen(); !listening) throw std::runtime_error(listening.error().detail());
    App app(bench, options.server);
    auto const began = bench.clock.now();
    auto subscribe_all = [&](async::TaskGroup& group) -> awaitable<void> {
        for (std::size_t i = 0; i < options.patients; ++i) {
            auto const name = "patient" + std::to_string(i);
            stage.expect(name, options.documents);
            if (!group.spawn(name, app.subscribe(name, stage.hook(name)))) break;
        }
        co_return;
    };
    co_await async::with_group(std::ref(subscribe_all));
    auto const documents = options.patients * options.documents;
    auto told = stage.events_reach(documents);
    auto const deadline = async::Deadline::after(bench.clock, kLongestRun);
    auto const in_time = co_await async::with_deadline(bench.clock, deadline, std::move(told));
    if (!in_time) throw std::runtime_error("only " + std::to_string(stage.events()) + " Events came");
    std::chrono::duration<double> const took = bench.clock.now() - began;
    std::cout << "{\"seconds\": " << took.count() << ", \"documents\": " << documents << "}" << std::endl;
    // The server may still be retrieving documents: it is our caller who says that it is done.
    auto ask = [] { return std::cin.get(); };
    auto asked = bench.worker.execute(std::move(ask));
    (void)co_await std::move(asked);
    std::cout << "{\"calls\": " << stage.calls() << "}\n";
    bench.client.close_idle();
    co_await stage.drain(async::Deadline::after(bench.clock, kDrain));
    co_return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tributary::bench

int main(int argc, char** argv) {
    using namespace tributary::bench;
    CLI::App command{"Subscribes to many patients at once and waits until every document was told."};
    Options options;
    options.stage.page_after = {};
    command.add_option("--server", options.server, "FHIR base; its only partner is this program at --port")
        ->required();
    command.add_option("--port", options.stage.port)->required();
    command.add_option("--patients", options.patients);
    command.add_option("--documents", options.documents, "of each patient");
    CLI11_PARSE(command, argc, argv);
    HttpBench bench;
    HookStage stage(bench, options.stage);
    int const status = tributary::async::run_loop(bench.loop, run(bench, stage, options));
    bench.worker.stop();
    return status;
}
