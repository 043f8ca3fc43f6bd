#pragma once
#include <string>

#include "tests/bench/http_bench.hpp"

namespace tributary::bench {

/// A clinical app: subscribes to the documents of patients. Owner: main; outlives its calls. Thread: the loop.
class App {
public:
    /// `server`: the FHIR base of the server under measurement.
    App(HttpBench& bench, std::string server) : bench_(bench), server_(std::move(server)) {}

    /// A topic Subscription with full resources, to be told at that REST-hook endpoint. Throws when it is refused.
    awaitable<void> subscribe(std::string given, std::string endpoint, std::string family = "bench");

private:
    HttpBench& bench_;
    std::string server_;
};

}  // namespace tributary::bench
