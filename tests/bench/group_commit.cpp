// Durable Events a second: units of work all queued at the Storage of a server at once, against the same documents admitted one by
// one by the Store alone, with a commit for each. Round about, in one run, each round with patients of its own.
//
// Prints one line of JSON: for each shape the best round of both ways.

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include "fhir/json/reader.hpp"
#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/storage/storage.hpp"
#include "tests/bench/partner_pages.hpp"

namespace tributary::bench {
namespace {

using boost::asio::awaitable;

constexpr char kPartner[] = "p001";
constexpr char kHomeCommunity[] = "urn:oid:2.999.7.1";

struct Options {
    std::string folder;
    std::size_t documents = 2000;  ///< of a round
    std::size_t rounds = 5;
    std::string shape;  ///< "": all
};

/// How many entries a unit of work admits, and how many Subscriptions want each of them.
struct Shape {
    std::string_view name;
    std::size_t entries, subscriptions;
};
constexpr Shape kShapes[] = {{"single", 1, 1}, {"page", 20, 1}, {"shared", 1, 20}};
constexpr std::size_t kEntriesOfPatient = 20;

template <class T>
T good(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().detail());
    return std::move(*result);
}
void good(Result<void> const& result) {
    if (!result) throw std::runtime_error(result.error().detail());
}

cache::NewSubscription subscription(std::string const& family, std::size_t number) {
    cache::NewSubscription made;
    made.id = family + "-" + std::to_string(number);
    made.resource = R"({"resourceType":"Subscription","status":"active","reason":"benchmark","criteria":)"
                    R"("DocumentReference?patient.given=ada&patient.family=)" +
                    family + R"(","channel":{"type":"rest-hook","endpoint":"https://app.example/hook"}})";
    made.status = subscriptions::Status::active;
    made.now = std::chrono::system_clock::now();
    return made;
}

/// The question that the Subscriptions of a family ask: what its answer names is told.
cache::OpenDiscovery question(std::string const& family) {
    cache::OpenDiscovery asked;
    asked.id = family;
    asked.key = fhir::search::PatientQuery{{{"family", "", {family}}}, {}}.key();
    asked.partners = {kPartner};
    asked.now = std::chrono::system_clock::now();
    return asked;
}

cache::PatientsAnswer patient(std::string const& family) {
    cache::PatientsAnswer answer;
    answer.discovery = family;
    answer.partner = kPartner;
    auto resource = good(fhir::json::read(
        R"({"resourceType":"Patient","id":")" + family + R"(","active":true,"name":[{"family":")" + family +
        R"(","given":["ada"]}],"birthDate":"1970-01-02","gender":"female"})"
    ));
    answer.patients.push_back({family, good(fhir::read_patient(std::move(resource)))});
    answer.now = std::chrono::system_clock::now();
    return answer;
}

cache::NewEntry entry(std::string const& family, std::size_t number) {
    auto const id = family + "-" + std::to_string(number);
    auto resource = good(fhir::json::read(document(family, id)));
    cache::NewEntry made;
    made.id = id;
    made.binary_ids = {id + "-content"};
    made.document = good(fhir::read_document_reference(std::move(resource)));
    return made;
}

std::vector<cache::Answer> answers(std::string const& round, std::size_t documents, std::size_t entries) {
    std::vector<cache::Answer> made(documents / entries);
    for (std::size_t i = 0; i < made.size(); ++i) {
        auto const family = round + std::to_string(i * entries / kEntriesOfPatient);
        made[i].discovery = family;
        made[i].partner = kPartner;
        made[i].home_community_id = kHomeCommunity;
        made[i].patient_id = family;
        for (std::size_t k = 0; k < entries; ++k) made[i].entries.push_back(entry(family, i * entries + k));
        made[i].now = std::chrono::system_clock::now();
    }
    return made;
}

struct Speed {
    double rate = 0;                                       ///< Events a second
    double cpu = std::numeric_limits<double>::infinity();  ///< seconds of all threads for one

    void improve(Speed const& other) {
        rate = std::max(rate, other.rate);
        cpu = std::min(cpu, other.cpu);
    }
};

class Watch {
public:
    Speed speed(std::size_t events) const {
        auto const count = static_cast<double>(events);
        std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began_;
        return {count / took.count(), static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC / count};
    }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::clock_t cpu_ = std::clock();
};

class Run {
public:
    Run(boost::asio::io_context& loop, Options options) : loop_(loop), options_(std::move(options)) {}

    awaitable<int> run() {
        std::string text;
        for (auto const& shape : kShapes) {
            if (!options_.shape.empty() && shape.name != options_.shape) continue;
            auto const told = co_await measure(shape);
            text += (text.empty() ? "{" : ", ") + told;
        }
        std::cout << text << "}\n";
        co_return EXIT_SUCCESS;
    }

private:
    /// A server's settings, but for what has no part in a unit of work.
    storage::Storage::Settings settings(std::string const& name) const {
        storage::Storage::Settings made;
        made.store.path = options_.folder + "/" + name + ".db";
        made.store.rules.canonical_base = "http://tributary.example";
        made.store.rules.base = "http://127.0.0.1:8080/fhir";
        made.bodies_path = options_.folder + "/" + name + "-bodies.db";
        return made;
    }

    /// The same documents, in units of work that are queued at once, and each alone.
    struct Ways {
        Speed queued, alone;
    };
    awaitable<std::string> measure(Shape shape) {
        std::string const name(shape.name);
        auto storage =
            good(storage::Storage::open(loop_.get_executor(), settings(name + "-queued"), metrics_));
        auto const store = good(cache::Store::open(settings(name + "-alone").store, cache::Access::writer));
        Ways best;
        for (std::size_t i = 0; i < options_.rounds; ++i) {
            auto const round = name + std::to_string(i) + "x";
            best.alone.improve(one_by_one(*store, shape, answers(round, options_.documents, 1)));
            auto const queued =
                co_await at_once(*storage, shape, answers(round, options_.documents, shape.entries));
            best.queued.improve(queued);
        }
        storage->stop();
        std::ostringstream text;
        text << '"' << name << "\": {\"queued\": " << best.queued.rate << ", \"alone\": " << best.alone.rate
             << ", \"cpu_queued\": " << best.queued.cpu << ", \"cpu_alone\": " << best.alone.cpu << '}';
        co_return text.str();
    }

    static std::vector<std::string> families(std::vector<cache::Answer> const& units) {
        std::vector<std::string> found;
        for (auto const& unit : units) {
            if (found.empty() || found.back() != unit.patient_id) found.push_back(unit.patient_id);
        }
        return found;
    }
    static Speed one_by_one(
        cache::Store& store, Shape const& shape, std::vector<cache::Answer> const& units
    ) {
        if (store.begin()) throw std::runtime_error("no transaction");
        for (auto const& family : families(units)) {
            for (std::size_t i = 0; i < shape.subscriptions; ++i)
                (void)good(store.create_subscription(subscription(family, i)));
            (void)good(store.open_discovery(question(family)));
            good(store.admit_patients(patient(family)));
        }
        if (store.commit()) throw std::runtime_error("no commit");
        Watch const watch;
        for (auto const& unit : units) {
            if (store.begin()) throw std::runtime_error("no transaction");
            auto const admitted = good(store.admit(unit));
            if (store.commit()) throw std::runtime_error("no commit");
            if (admitted.subscriptions.size() != shape.subscriptions) throw std::runtime_error("not told");
        }
        auto const speed = watch.speed(units.size() * shape.subscriptions);
        store.checkpoint();
        return speed;
    }

    static awaitable<Speed> at_once(
        storage::Storage& storage, Shape shape, std::vector<cache::Answer> units
    ) {
        for (auto const& family : families(units)) {
            for (std::size_t i = 0; i < shape.subscriptions; ++i)
                (void)good(co_await storage.create_subscription(subscription(family, i)));
            auto const asked = question(family);
            (void)good(co_await storage.open_discovery(asked));
            good(co_await storage.admit_patients(patient(family)));
        }
        auto const events = units.size() * shape.entries * shape.subscriptions;
        Watch const watch;
        auto body = [&](async::TaskGroup& group) -> awaitable<void> {
            for (auto& unit : units) {
                if (!group.spawn("unit of work", admit(storage, shape, std::move(unit)))) break;
            }
            co_return;
        };
        co_await async::with_group(std::ref(body));
        co_return watch.speed(events);
    }

    static awaitable<void> admit(storage::Storage& storage, Shape shape, cache::Answer unit) {
        auto const shared = std::make_shared<cache::Answer const>(std::move(unit));
        auto const admitted = co_await storage.admit(shared);
        if (!admitted) throw std::runtime_error(admitted.error().detail());
        if (admitted->subscriptions.size() != shape.subscriptions) throw std::runtime_error("not told");
    }

    boost::asio::io_context& loop_;
    Options options_;
    Metrics metrics_;
};

}  // namespace
}  // namespace tributary::bench

int main(int argc, char** argv) {
    CLI::App app{"Durable Events a second through the Storage, against a commit for each."};
    tributary::bench::Options options;
    app.add_option("--folder", options.folder, "an empty one, on a disk")->required();
    app.add_option("--documents", options.documents, "of a round");
    app.add_option("--rounds", options.rounds);
    app.add_option("--shape", options.shape, "single, page or shared; all without it");
    CLI11_PARSE(app, argc, argv);
    boost::asio::io_context loop(1);
    tributary::bench::Run run(loop, std::move(options));
    return tributary::async::run_loop(loop, run.run());
}
