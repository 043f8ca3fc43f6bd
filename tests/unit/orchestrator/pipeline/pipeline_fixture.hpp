#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fhir/json/reader.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/pipeline/discoveries.hpp"
#include "tests/support/async.hpp"

namespace tributary::pipeline {

using namespace std::chrono_literals;
using async::Clock;
using async::Deadline;

inline fhir::Patient make_patient(std::string const& id, std::string const& birth_date = "1970-01-02") {
    auto const text = R"({"resourceType":"Patient","id":")" + id +
                      R"(","active":true,"name":[{"family":"Smith","given":["Bob"]}],"birthDate":")" +
                      birth_date + R"(","gender":"male"})";
    return fhir::read_patient(fhir::json::read(text).value()).value();
}

struct DocumentParts {
    std::string id;
    std::string master = "urn:oid:2.999." + id;  // of masterIdentifier
    std::string attachment = R"("contentType":"text/plain","url":"Binary/)" + id + "\"";
};
inline fhir::DocumentReference make_document(DocumentParts const& parts) {
    auto const text =
        R"({"resourceType":"DocumentReference","id":")" + parts.id +
        R"(","status":"current","masterIdentifier":{"system":"urn:ietf:rfc:3986","value":")" + parts.master +
        R"("},"subject":{"reference":"Patient/bob"},"content":[{"attachment":{)" + parts.attachment + "}}]}";
    return fhir::read_document_reference(fhir::json::read(text).value()).value();
}

/// A community in memory. Each call takes `delay`; what is in a list of failures is answered first.
class FakeCommunity final : public partner::Community {
public:
    explicit FakeCommunity(Clock& clock) : clock_(clock) {}

    awaitable<Result<partner::Candidates>> patients(Deadline, fhir::search::PatientQuery) override {
        ++patient_calls;
        co_await clock_.sleep_for(delay);
        if (throws) throw std::runtime_error("a bug in the community");
        if (auto failure = next(patient_failures)) co_return *failure;
        partner::Candidates found;
        found.patients = people;
        co_return found;
    }
    awaitable<Result<partner::FoundDocuments>> documents(
        Deadline, partner::PatientMatch match, partner::Page page
    ) override {
        ++document_calls;
        asked_for.push_back(match.remote_id + "@" + page.url);
        co_await clock_.sleep_for(delay);
        if (auto failure = next(document_failures[page.url])) co_return *failure;
        auto const index = page.url.empty() ? 0 : std::stoul(page.url);
        partner::FoundDocuments found;
        if (index < pages.size()) found.entries = pages[index];
        found.partial = partial;
        if (index + 1 < pages.size()) {
            auto trail = page.trail ? page.trail : std::make_shared<partner::PageTrail>();
            found.next = partner::Page{std::to_string(index + 1), std::move(trail)};
        }
        co_return found;
    }
    awaitable<Result<fhir::DocumentReference>> document(
        Deadline, partner::PatientMatch, std::string remote_id
    ) override {
        read.push_back(remote_id);
        co_await clock_.sleep_for(delay);
        auto const found = by_id.find(remote_id);
        if (found == by_id.end()) co_return Failure(Errc::http_status).with_status(unlisted_status);
        co_return found->second;
    }
    awaitable<std::vector<Result<partner::RetrievedDocument>>> retrieve(
        Deadline, std::vector<partner::DocumentAddress> documents
    ) override {
        std::vector<Result<partner::RetrievedDocument>> answers;
        for (auto const& document : documents) {
            retrieved.push_back(document.url);
            unencoded.push_back(document.unencoded);
            co_await clock_.sleep_for(retrieve_delay);
            if (auto failure = next(retrieve_failures)) {
                answers.emplace_back(*failure);
                continue;
            }
            partner::RetrievedDocument answer;
            answer.bytes =
                bodies.contains(document.url) ? bodies.at(document.url) : "bytes of " + document.url;
            if (document.unencoded && !unencoded_body.empty()) answer.bytes = unencoded_body;
            answer.content_type = retrieved_type;
            answers.emplace_back(std::move(answer));
        }
        co_return answers;
    }
    awaitable<Result<partner::Capabilities>> probe(Deadline) override {
        ++probes;
        co_await clock_.sleep_for(delay);
        if (auto failure = next(probe_failures)) co_return *failure;
        co_return partner::Capabilities();
    }

    Clock::Duration delay = 10ms, retrieve_delay = 10ms;
    std::vector<fhir::Patient> people{make_patient("bob")};
    std::vector<std::vector<fhir::DocumentReference>> pages;
    std::vector<Failure> patient_failures, retrieve_failures, probe_failures;
    std::map<std::string, std::vector<Failure>> document_failures;
    std::map<std::string, std::string> bodies;
    std::string unencoded_body, retrieved_type = "text/plain";
    bool throws = false, partial = false;
    int patient_calls = 0, document_calls = 0, probes = 0;
    std::vector<std::string> asked_for, retrieved, read;
    std::map<std::string, fhir::DocumentReference> by_id;  ///< what a read by id finds
    unsigned unlisted_status = 404;                        ///< of every other read
    std::vector<bool> unencoded;

private:
    static std::optional<Failure> next(std::vector<Failure>& failures) {
        if (failures.empty()) return std::nullopt;
        auto failure = failures.front();
        failures.erase(failures.begin());
        return failure;
    }
    Clock& clock_;
};

/// Partners in memory, a real Storage in a temporary folder, virtual time.
struct PipelineFixture : async::Fixture {
    PipelineFixture() {
        std::string pattern = std::filesystem::temp_directory_path() / "tributary-pipeline-XXXXXX";
        folder = ::mkdtemp(pattern.data());
        open_storage();
        clock.wait_while([this] { return (storage && storage->in_flight() > 0) || worker.pending() > 0; });
        discovery.deadline = 300s;
    }
    ~PipelineFixture() {
        stop();
        worker.stop();
        std::filesystem::remove_all(folder);
    }

    void open_storage() {
        storage.reset();  // one writer at a time
        storage::Storage::Settings settings;
        settings.store.path = folder + "/t.db";
        settings.store.rules.canonical_base = "http://tributary.example";
        settings.bodies_path = folder + "/bodies.db";
        auto opened = storage::Storage::open(ctx.get_executor(), settings, metrics);
        INFO((opened ? std::string() : opened.error().detail()));
        REQUIRE(opened.has_value());
        storage = std::move(*opened);
    }
    /// Partners are added first, then the pipeline is started.
    FakeCommunity& add_partner(
        std::string const& id, std::function<void(partner::PartnerSettings&)> const& change = {}
    ) {
        partner::PartnerSettings settings;
        settings.id = id;
        settings.home_community_id = "urn:oid:2.999.1." + std::to_string(partners.size());
        if (change) change(settings);
        auto community = std::make_unique<FakeCommunity>(clock);
        auto& fake = *community;
        auto lane = std::make_unique<partner::Lane>(
            ctx.get_executor(), clock, process, partner::lane_settings(settings), Logger(), metrics
        );
        lane->start();
        partners.push_back(
            std::make_unique<partner::Partner>(std::move(settings), std::move(community), std::move(lane))
        );
        return fake;
    }
    void start() {
        auto wake = [this](cache::Admitted const& admitted) {
            woken.insert(woken.end(), admitted.subscriptions.begin(), admitted.subscriptions.end());
            if (on_wake) on_wake();
        };
        calls = std::make_unique<CallLog>(ctx.get_executor(), clock, *storage, Logger(), metrics, call_rows);
        calls->start();
        Surroundings const around{
            ctx.get_executor(), clock, *storage, worker, partners, *calls, wake, Logger(), metrics
        };
        retrievals = std::make_unique<Retrievals>(around);
        discoveries = std::make_unique<Discoveries>(around, *retrievals, discovery);
    }
    /// As at shutdown. Every permit must be back.
    void stop() {
        if (!discoveries) return;
        auto go = [&]() -> awaitable<void> {
            discoveries->cancel();
            retrievals->cancel();
            co_await discoveries->stop();
            co_await retrievals->stop();
            for (auto& partner : partners) {
                partner->lane().cancel();
                co_await partner->lane().stop();
            }
            co_await calls->stop();
        };
        async::Root end(ctx);
        end.start(go());
        settle();
        INFO(end.what());
        REQUIRE(end.succeeded());
        CHECK(process.available() == 512);
        discoveries.reset();
        retrievals.reset();
        calls.reset();
        storage->stop();
        ctx.restart();
        ctx.poll();
    }
    template <class T>
    T run(awaitable<T> op) {
        std::optional<T> out;
        auto go = [&]() -> awaitable<void> { out.emplace(co_await std::move(op)); };
        async::Root task(ctx);
        task.start(go());
        settle();
        INFO(task.what());
        REQUIRE(task.succeeded());
        return std::move(*out);
    }
    void advance(Clock::Duration time) { clock.advance(ctx, time); }

    static fhir::search::PatientQuery bob() {
        return {{{"given", "", {"bob"}}, {"family", "", {"smith"}}}, {}};
    }
    /// A Subscription that wants Bob's documents, stored and told to the pipeline; of the Bob born then, where a date is given.
    void subscribe(
        std::string const& id,
        std::string const& origin = "https://app.example",
        std::string const& birth_date = {}
    ) {
        cache::NewSubscription subscription;
        subscription.id = id;
        subscription.origin = origin;
        subscription.status = subscriptions::Status::active;
        subscription.now = clock.utc_now();
        subscription.resource =
            R"({"resourceType":"Subscription","status":"requested","reason":"test","criteria":"DocumentReference?patient.given=bob&patient.family=smith)" +
            (birth_date.empty() ? "" : "&patient.birthdate=" + birth_date) +
            R"(",)"
            R"("channel":{"type":"rest-hook","endpoint":")" +
            origin + R"(/hook","payload":"application/fhir+json"}})";
        auto const created = run(storage->create_subscription(std::move(subscription)));
        INFO((created ? std::string() : created.error().detail()));
        REQUIRE(created.has_value());
        want(id, origin, birth_date);
    }
    void want(
        std::string const& id,
        std::string const& origin = "https://app.example",
        std::string const& birth_date = {}
    ) {
        auto query = bob();
        if (!birth_date.empty()) query.parameters.push_back({"birthdate", "", {birth_date}});
        discoveries->want(Interest{id, "", origin, std::move(query)});
    }
    /// As a DELETE does: stored first.
    void turn_off(std::string const& id) {
        cache::StatusChange change;
        change.id = id;
        change.status = subscriptions::Status::off;
        change.from = {subscriptions::Status::active};
        change.now = clock.utc_now();
        REQUIRE(run(storage->change_status(std::move(change))).has_value());
        discoveries->unwant(id);
    }
    /// How many Events a Subscription has.
    std::size_t events(std::string const& id) {
        return run(storage->events(id, 0, 1000, 1000)).value().size();
    }
    cache::Progress progress() { return run(storage->progress("", bob().key())).value(); }
    std::string issue_of(std::string const& partner) {
        for (auto const& issue : progress().issues) {
            if (issue.partner == partner) return issue.issue;
        }
        return {};
    }
    std::vector<fhir::DocumentReference> documents(std::vector<std::string> const& ids) {
        std::vector<fhir::DocumentReference> made;
        for (auto const& id : ids) made.push_back(make_document({.id = id}));
        return made;
    }

    std::string folder;
    Metrics metrics;
    async::Worker worker{ctx.get_executor()};
    async::Semaphore process{512};
    std::unique_ptr<storage::Storage> storage;
    std::vector<std::unique_ptr<partner::Partner>> partners;
    DiscoverySettings discovery;
    std::size_t call_rows = 4096;
    std::vector<std::string> woken;
    std::function<void()> on_wake;
    std::unique_ptr<CallLog> calls;
    std::unique_ptr<Retrievals> retrievals;
    std::unique_ptr<Discoveries> discoveries;
};

}  // namespace tributary::pipeline
