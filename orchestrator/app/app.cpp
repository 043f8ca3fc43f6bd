#include "orchestrator/app/app.hpp"

#include <optional>
#include <vector>

#include "orchestrator/api/api.hpp"
#include "orchestrator/api/cors.hpp"
#include "orchestrator/app/cache_folder.hpp"
#include "orchestrator/app/housekeeping.hpp"
#include "orchestrator/app/loop_lag.hpp"
#include "orchestrator/app/partners.hpp"
#include "orchestrator/app/version.hpp"
#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/delivery/deliveries.hpp"
#include "orchestrator/net/http_client.hpp"
#include "orchestrator/net/http_server.hpp"
#include "orchestrator/operations/operations.hpp"
#include "orchestrator/pipeline/call_log.hpp"
#include "orchestrator/pipeline/capability_probe.hpp"
#include "orchestrator/pipeline/discoveries.hpp"
#include "orchestrator/pipeline/retrievals.hpp"
#include "orchestrator/storage/storage.hpp"

namespace tributary::app {

namespace {

/// More than that are left to those who ask for them.
constexpr std::size_t kRetrievedAgain = 10'000;
/// What requests and answers may hold while they wait to be read and written beside the loop; more are refused, 503.
constexpr std::size_t kDocumentWork = std::size_t{64} << 20U;

std::string in_url(std::string const& host) {
    return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

/// http://host:port of a listener as it is bound.
std::string listening_at(config::HostPort const& listen, std::uint16_t port, bool tls) {
    return (tls ? "https://" : "http://") + in_url(listen.host) + ':' + std::to_string(port);
}

/// http → ws, https → wss.
std::string websocket_url(std::string const& base) { return "ws" + base.substr(4) + "/ws"; }

}  // namespace

/// In the order of construction: what comes later uses what comes before, and goes first.
struct App::Impl {
    Impl(
        boost::asio::any_io_executor executor,
        async::Clock& the_clock,
        config::Config the_config,
        Logger the_logger,
        CacheFolder cache_folder
    )
        : ex(std::move(executor)),
          clock(the_clock),
          config(std::move(the_config)),
          logger(std::move(the_logger)),
          folder(std::move(cache_folder)),
          worker(ex),
          document_worker(ex, kDocumentWork),
          client(ex, clock, worker, tls, metrics, net::HttpClient::Settings()),
          endpoint_client(ex, clock, worker, tls, metrics, net::HttpClient::Settings()),
          process_permits(config.discovery.max_in_flight),
          loop_lag(ex, clock, logger, metrics) {}

    Result<void> open_storage();
    Result<void> listen();
    Result<void> assemble();
    void make_api();
    subscriptions::Rules rules() const;
    net::HttpServer::Settings fhir_listener();
    awaitable<Result<void>> resume_retrievals();
    awaitable<void> drain(async::Deadline deadline);

    boost::asio::any_io_executor ex;
    async::Clock& clock;
    config::Config config;
    Logger logger;
    Metrics metrics;
    CacheFolder folder;
    async::Worker worker;           // pages
    async::Worker document_worker;  // whole documents: no page, and so no Event, waits behind their digests
    net::TlsContexts tls;
    net::HttpClient client;           // of partners
    net::HttpClient endpoint_client;  // of apps: their names and connections take no room of the partners'
    async::Semaphore process_permits;
    LoopLag loop_lag;
    std::string base;
    std::vector<std::string> own_origins;
    std::unique_ptr<storage::Storage> storage;
    std::vector<std::unique_ptr<partner::Partner>> partners;
    std::optional<pipeline::CallLog> calls;
    std::optional<pipeline::Retrievals> retrievals;
    std::optional<pipeline::Discoveries> discoveries;
    std::optional<pipeline::CapabilityProbe> capabilities;
    std::optional<delivery::Deliveries> deliveries;
    std::optional<Housekeeping> housekeeping;
    std::optional<operations::Operations> operations;
    std::optional<api::Api> api;
    std::optional<net::HttpServer> fhir_server;
    std::optional<net::HttpServer> operations_server;
};

subscriptions::Rules App::Impl::rules() const {
    subscriptions::Rules rules;
    rules.canonical_base = config.server.canonical_base;
    rules.base = base;
    rules.criteria_limit = config.limits.criteria;
    rules.deactivation_notice = config.delivery.deactivation_notice;
    rules.full_resource_over_http = config.delivery.policy.allow_http;
    rules.check_endpoint = [policy = config.delivery.policy](std::string_view endpoint) -> Result<void> {
        auto const url = net::parse_url(endpoint);
        if (!url) return url.error();
        return net::check_url(policy, *url);
    };
    return rules;
}

Result<void> App::Impl::open_storage() {
    storage::Storage::Settings settings;
    settings.store.path = folder.store();
    settings.store.full_synchronous = config.cache.full_synchronous;
    settings.store.rules = rules();
    settings.store.acceptance = config.discovery.acceptance;
    settings.store.max_subscriptions = config.limits.subscriptions;
    settings.store.max_subscription_versions = config.limits.subscription_versions;
    settings.store.search_candidates = config.limits.search_candidates;
    settings.bodies_path = folder.bodies();
    settings.secrets.path = config.server.secrets_key_file;
    settings.secrets.make = settings.secrets.path.empty();
    if (settings.secrets.make) settings.secrets.path = folder.secrets_key();
    settings.queue_bytes = config.limits.storage_queue;
    settings.logger = logger;
    auto opened = storage::Storage::open(ex, std::move(settings), metrics);
    if (!opened) return opened.error();
    storage = std::move(*opened);
    return {};
}

net::HttpServer::Settings App::Impl::fhir_listener() {
    net::HttpServer::Settings settings;
    settings.address = config.server.listen.host;
    settings.port = config.server.listen.port;
    settings.tls = config.server.tls;
    settings.request_head = config.limits.request_head;
    settings.request_body = config.limits.request_body;
    settings.request_time = config.limits.request_time;
    settings.answers = config.limits.answers;
    settings.connections = config.limits.connections;
    settings.connections_per_address = config.limits.connections_per_address;
    settings.websocket_send_buffer = config.limits.websocket_send_buffer;
    settings.websocket_paths = {"/fhir/ws"};
    if (config.server.json_dialect) settings.websocket_paths.push_back("/ws/subscriptions-r4");
    settings.accept_origin = [this](std::string_view origin) {
        return api::origin_allowed(config.server.allowed_origins, own_origins, origin);
    };
    settings.add_cors = [this](std::string_view origin, net::Headers& response) {
        api::add_cors(config.server.allowed_origins, origin, response);
    };
    return settings;
}

Result<void> App::Impl::listen() {
    auto const error_page = [this](Failure const& failure) { return api->error_page(failure); };
    fhir_server.emplace(
        ex,
        clock,
        fhir_listener(),
        [this](net::ServerRequest request) { return api->handle(std::move(request)); },
        [this](net::WebSocketSession& session) { return deliveries->serve(session); },
        error_page,
        logger,
        metrics
    );
    net::HttpServer::Settings settings;
    settings.address = config.operations.listen.host;
    settings.port = config.operations.listen.port;
    settings.connections = 100;
    settings.name = "operations";
    operations_server.emplace(
        ex,
        clock,
        std::move(settings),
        [this](net::ServerRequest request) { return operations->handle(std::move(request)); },
        net::HttpServer::WebSocketHandler(),
        error_page,
        logger,
        metrics
    );
    if (auto const bound = fhir_server->listen(); !bound) return bound.error();
    return operations_server->listen();
}

Result<void> App::Impl::assemble() {
    auto const wake = [this](cache::Admitted& admitted) { deliveries->wake(admitted); };
    auto const stopped = [this](std::string const& id) { discoveries->unwant(id); };
    auto made =
        make_partners({ex, clock, client, tls, worker, process_permits, logger, metrics}, config.partners);
    if (!made) return made.error();
    partners = std::move(*made);
    calls.emplace(ex, clock, *storage, logger, metrics, config.limits.call_rows);
    auto const around = [&](async::Worker& pages) {
        return pipeline::Surroundings{ex, clock, *storage, pages, partners, *calls, wake, logger, metrics};
    };
    retrievals.emplace(around(document_worker));
    discoveries.emplace(around(worker), *retrievals, config.discovery);
    capabilities.emplace(ex, clock, partners, *calls, logger);
    config.delivery.base = base;
    config.delivery.websocket_url = websocket_url(base);
    config.delivery.json_dialect = config.server.json_dialect;
    config.delivery.websocket_send_buffer = config.limits.websocket_send_buffer;
    config.delivery.dialect_unbound = config.server.dialect_unbound;
    deliveries.emplace(
        ex,
        clock,
        *storage,
        delivery::over(endpoint_client),
        tls,
        rules(),
        config.delivery,
        stopped,
        logger,
        metrics
    );
    housekeeping.emplace(ex, clock, *storage, config.cache, logger);
    operations.emplace(clock, document_worker, *storage, partners, *deliveries, metrics);
    make_api();
    return {};
}

void App::Impl::make_api() {
    api::Settings settings;
    settings.base = base;
    settings.websocket_url = websocket_url(base);
    settings.canonical_base = config.server.canonical_base;
    settings.version = kVersion;
    settings.allowed_origins = config.server.allowed_origins;
    settings.json_dialect = config.server.json_dialect;
    settings.retrieve = config.discovery.retrieve;
    settings.endpoint_policy = config.delivery.policy;
    settings.events_page = config.delivery.events_page;
    std::chrono::milliseconds longest{0};
    for (auto const& partner : config.partners) {
        settings.partner_names.emplace(partner.id, partner.name);
        longest = std::max(longest, std::chrono::milliseconds(partner.retrieve_timeout));
    }
    settings.retrieve_deadline = longest + std::chrono::seconds(5);
    api.emplace(api::Context{
        clock,
        document_worker,
        endpoint_client,
        *storage,
        *deliveries,
        *discoveries,
        *retrievals,
        rules(),
        std::move(settings),
        logger
    });
}

Result<std::unique_ptr<App>> App::open(
    boost::asio::any_io_executor ex, async::Clock& clock, config::Config config, Logger logger
) {
    auto folder = CacheFolder::make(config.cache.path);
    if (!folder) return folder.error();
    auto impl = std::make_unique<Impl>(
        std::move(ex), clock, std::move(config), std::move(logger), std::move(*folder)
    );
    if (auto const bound = impl->listen(); !bound) return bound.error();
    auto const& server = impl->config.server;
    impl->base = server.public_base;
    if (impl->base.empty())
        impl->base =
            listening_at(server.listen, impl->fhir_server->port(), !server.tls.certificate_file.empty()) +
            "/fhir";
    impl->own_origins = api::own_origins(impl->base);
    if (auto const opened = impl->open_storage(); !opened) return opened.error();
    if (auto const assembled = impl->assemble(); !assembled) return assembled.error();
    return std::unique_ptr<App>(new App(std::move(impl)));
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

App::~App() = default;

awaitable<Result<void>> App::start() {
    for (auto& partner : impl_->partners) partner->lane().start();
    impl_->calls->start();
    impl_->housekeeping->start();
    impl_->loop_lag.start();
    impl_->operations_server->start();
    auto const resumed = co_await impl_->discoveries->resume(impl_->rules());
    if (!resumed) co_return resumed.error();
    auto const retrieving = co_await impl_->resume_retrievals();
    if (!retrieving) co_return retrieving.error();
    auto const delivering = co_await impl_->deliveries->resume();
    if (!delivering) co_return delivering.error();
    impl_->fhir_server->start();
    impl_->operations->set_ready(true);
    impl_->capabilities->start();
    co_return Result<void>();
}

/// Eager retrievals that a stop or a crash cut off.
awaitable<Result<void>> App::Impl::resume_retrievals() {
    if (config.discovery.retrieve != pipeline::Retrieve::eager) co_return Result<void>();
    auto contents = co_await storage->contents_to_retrieve(std::string(), kRetrievedAgain);
    if (!contents) co_return contents.error();
    retrievals->prefetch("", std::move(*contents));
    co_return Result<void>();
}

std::string App::ready_line() const {
    auto const& config = impl_->config;
    auto const fhir = listening_at(
        config.server.listen, impl_->fhir_server->port(), !config.server.tls.certificate_file.empty()
    );
    auto const operations = listening_at(config.operations.listen, impl_->operations_server->port(), false);
    return "tributary ready fhir=" + fhir + "/fhir operations=" + operations;
}

awaitable<void> App::Impl::drain(async::Deadline deadline) {
    auto all = [this, deadline](async::TaskGroup& group) -> awaitable<void> {
        bool const started = group.spawn("drain requests", fhir_server->drain(deadline)) &&
                             group.spawn("drain deliveries", deliveries->drain(deadline));
        if (!started) throw std::logic_error("a new group refused a task");
        co_return;
    };
    co_await async::with_group(std::ref(all));
}

awaitable<void> App::stop(async::Deadline deadline) {
    Impl& app = *impl_;
    app.operations->set_ready(false);
    app.discoveries->cancel();
    app.retrievals->end_eager();
    app.capabilities->cancel();
    app.housekeeping->cancel();
    app.loop_lag.cancel();
    co_await app.drain(deadline);
    app.deliveries->cancel();
    app.retrievals->cancel();
    co_await app.discoveries->stop();
    co_await app.retrievals->stop();
    co_await app.capabilities->stop();
    co_await app.deliveries->stop();
    co_await app.housekeeping->stop();
    co_await app.loop_lag.stop();
    co_await app.calls->stop();
    for (auto& partner : app.partners) co_await partner->lane().stop();
    co_await app.operations_server->drain(deadline);
    app.client.close_idle();
    app.endpoint_client.close_idle();
    app.storage->stop();
    app.worker.stop();
    app.document_worker.stop();
}

}  // namespace tributary::app
