#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "orchestrator/storage/storage.hpp"
#include "subscriptions/subscription.hpp"
#include "tests/support/async.hpp"
#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::delivery {

/// A Subscription for the documents of Bob Smith, as an app would write it.
struct SubscriptionText {
    std::string channel = "rest-hook";
    std::string content = {};  ///< a content level of our topic; "" classic
    std::string payload = {};  ///< of a classic one
    std::string endpoint = "http://127.0.0.1:9/";
    std::string header = {};
    std::string end = {};
    unsigned heartbeat = 0;  ///< seconds; 0 none
};

inline std::string written(SubscriptionText const& text) {
    using fhir::json::array;
    using fhir::json::object;
    std::string const backport =
        "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";
    auto const filter = std::string(cache::kBob);
    auto resource = object({{"resourceType", "Subscription"}, {"reason", "test"}});
    auto channel = object({{"type", text.channel}, {"endpoint", text.endpoint}});
    if (!text.header.empty()) channel.set("header", array({text.header}));
    if (!text.end.empty()) resource.set("end", text.end);
    if (text.content.empty()) {
        resource.set("criteria", filter);
        if (!text.payload.empty()) channel.set("payload", text.payload);
    } else {
        auto const filters =
            array({object({{"url", backport + "filter-criteria"}, {"valueString", filter}})});
        auto const level =
            array({object({{"url", backport + "payload-content"}, {"valueCode", text.content}})});
        resource.set("criteria", "http://tributary.example/SubscriptionTopic/patient-documents");
        resource.set("_criteria", object({{"extension", filters}}));
        channel.set("payload", "application/fhir+json");
        channel.set("_payload", object({{"extension", level}}));
    }
    if (text.heartbeat > 0) {
        auto const period = fhir::json::Number{std::to_string(text.heartbeat)};
        channel.set(
            "extension",
            array({object({{"url", backport + "heartbeat-period"}, {"valueUnsignedInt", period}})})
        );
    }
    resource.set("channel", channel);
    return fhir::json::write(resource);
}

/// A Storage on files of its own, with the words of the tests.
class DeliveryData {
public:
    explicit DeliveryData(subscriptions::Rules given = {}) : rules(std::move(given)) {
        storage::Storage::Settings wanted;
        rules.canonical_base = "http://tributary.example";
        rules.base = "http://127.0.0.1:8080/fhir";
        wanted.store.path = folder.file("tributary.db");
        wanted.store.full_synchronous = false;
        wanted.store.rules = rules;
        wanted.bodies_path = folder.file("tributary-bodies.db");
        wanted.secrets = {folder.file("secrets.key"), true};
        storage = cache::good(storage::Storage::open(ctx.get_executor(), wanted, metrics));
    }
    ~DeliveryData() { storage->stop(); }
    DeliveryData(DeliveryData const&) = delete;
    DeliveryData& operator=(DeliveryData const&) = delete;

    /// Runs a task of the test to its end, and whatever else is ready meanwhile.
    void run(async::awaitable<void> task) {
        async::Root root(ctx);
        root.start(std::move(task));
        ctx.restart();
        while (!root.finished()) ctx.run_one_for(std::chrono::milliseconds(100));
        INFO(root.what());
        REQUIRE(root.succeeded());
    }
    void create(std::string const& id, SubscriptionText const& text, subscriptions::Status status) {
        run(create_now(id, text, status));
    }
    cache::SubscriptionRecord record(std::string const& id) {
        cache::SubscriptionRecord record;
        run(read_now(id, record));
        return record;
    }
    /// Bob's documents arrive from a partner; who wants them is told by an Event.
    cache::Admitted admit(std::vector<std::string> const& documents) {
        cache::Admitted admitted;
        run(admit_now(documents, admitted));
        return admitted;
    }

    cache::TemporaryFolder folder;
    boost::asio::io_context ctx{1};
    Metrics metrics;
    subscriptions::Rules rules;
    std::unique_ptr<storage::Storage> storage;

private:
    async::awaitable<void> create_now(std::string id, SubscriptionText text, subscriptions::Status status) {
        cache::NewSubscription subscription;
        subscription.id = std::move(id);
        subscription.resource = written(text);
        subscription.status = status;
        subscription.now = std::chrono::system_clock::now();
        cache::good(co_await storage->create_subscription(std::move(subscription)));
    }
    async::awaitable<void> read_now(std::string id, cache::SubscriptionRecord& record) {
        auto found = cache::good(co_await storage->read_subscription("", std::move(id)));
        record = std::move(found.record);
    }
    async::awaitable<void> admit_now(std::vector<std::string> documents, cache::Admitted& admitted) {
        cache::OpenDiscovery question;
        question.id = "d1";
        question.partners = {"p1"};  // open for ever: each answer belongs to it
        question.key = fhir::search::PatientQuery{{{"family", "", {"smith"}}}, {}}.key();
        cache::good(co_await storage->open_discovery(std::move(question)));
        cache::PatientsAnswer patients;
        patients.discovery = "d1";
        patients.partner = "p1";
        patients.patients.push_back(cache::make_patient("p1", cache::PatientText{"1"}));
        patients.now = std::chrono::system_clock::now();
        cache::good(co_await storage->admit_patients(std::move(patients)));
        std::vector<cache::DocumentText> texts;
        for (auto const& id : documents) texts.push_back(cache::DocumentText{id});
        auto answer = cache::StoreFixture::answer("p1", "1", texts);
        answer.now = std::chrono::system_clock::now();
        auto const shared = std::make_shared<cache::Answer const>(std::move(answer));
        admitted = cache::good(co_await storage->admit(shared));
    }
};

}  // namespace tributary::delivery
