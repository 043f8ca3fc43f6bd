#include "orchestrator/config/config.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "orchestrator/base/digest.hpp"
#include "orchestrator/config/origins.hpp"
#include "orchestrator/config/tls_keys.hpp"
#include "orchestrator/net/field.hpp"
#include "orchestrator/net/tls.hpp"
#include "orchestrator/net/url.hpp"

namespace tributary::config {

namespace {

constexpr std::uint64_t kMany = 10'000'000;
constexpr std::chrono::milliseconds kSomeTime(1);  // with none, nothing would ever be in time
constexpr std::uint64_t kSomeBytes = 1;            // with none, nothing would ever fit

/// The TOML file, or the problem that it is none.
std::optional<toml::table> parse(std::filesystem::path const& file, Problems& problems) {
    try {
        return toml::parse_file(file.string());
    } catch (toml::parse_error const& error) {
        auto const line = error.source().begin.line;
        problems.add_line(
            file.string() + (line == 0 ? "" : ':' + std::to_string(line)) + ": " +
            std::string(error.description())
        );
        return std::nullopt;
    }
}

void read_listen(TableReader& reader, HostPort& listen) {
    std::string written = listen.host + ':' + std::to_string(listen.port);
    if (!reader.text("listen", written)) return;
    if (auto const read = read_host_port(written)) {
        listen = *read;
    } else {
        reader.problem(
            "listen",
            reader.as_written("listen") +
                " is no address: write HOST:PORT, such as \"127.0.0.1:8080\", with an IP address or "
                "localhost; port 0 "
                "takes any free one"
        );
    }
}

enum class EmptyBase { allowed, refused };

/// An http or https URL without query and fragment, its trailing slash removed.
void read_base(
    TableReader& reader, std::string_view key, std::string& value, EmptyBase empty = EmptyBase::refused
) {
    std::string written = value;
    if (!reader.text(key, written) || (written.empty() && empty == EmptyBase::allowed)) return;
    auto const url = net::parse_url(written);
    if (!url || (url->scheme != "http" && url->scheme != "https") ||
        written.find_first_of("?#") != std::string::npos) {
        reader.problem(
            key, reader.as_written(key) + " is no base URL: write http:// or https://, a host, and a path"
        );
        return;
    }
    if (written.back() == '/') written.pop_back();
    value = written;
}

/// Reachable for others, it needs TLS or somebody's word.
void check_listen(TableReader& reader, Server const& server) {
    if (is_loopback(server.listen.host) || server.allow_http || !server.tls.certificate_file.empty()) return;
    reader.problem(
        "listen",
        server.listen.host +
            " is not loopback and there is no TLS: set tls_certificate and tls_key, or allow_http = true "
            "behind a proxy that ends TLS"
    );
}

/// A list of texts, each as `read` understands it; "" of it: `advice` is told.
void read_each(
    TableReader& reader,
    std::string_view key,
    std::vector<std::string>& items,
    std::string (*read)(std::string const&),
    std::string_view advice
) {
    if (!reader.texts(key, items)) return;
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i] = read(items[i]);
        if (items[i].empty()) reader.problem(key, reader.as_written(key, i) + std::string(advice));
    }
}

void read_server(TableReader reader, Server& server) {
    read_listen(reader, server.listen);
    reader.flag("allow_http", server.allow_http);
    read_base(reader, "canonical_base", server.canonical_base);
    read_base(reader, "public_base", server.public_base, EmptyBase::allowed);
    if (read_server_tls(reader, server.tls)) check_listen(reader, server);
    reader.duration("drain", server.drain);
    read_each(
        reader,
        "allowed_origins",
        server.allowed_origins,
        &read_page_origin,
        " is no origin: write https://host, https://host:port, or \"*\" for any"
    );
    reader.flag("json_dialect", server.json_dialect);
    reader.duration("dialect_unbound", server.dialect_unbound);
    reader.path("secrets_key_file", server.secrets_key_file, true);
    reader.finish();
}

void read_operations(TableReader reader, Operations& operations) {
    read_listen(reader, operations.listen);
    reader.finish();
}

void read_cache(TableReader reader, Cache& cache) {
    reader.path("path", cache.path, false);
    reader.choice<bool>("synchronous", {{"full", true}, {"normal", false}}, cache.full_synchronous);
    reader.size("documents_max", cache.documents_max);
    reader.duration("retention", cache.retention);
    reader.duration("call_history", cache.call_history);
    reader.duration("event_retention", cache.event_retention);
    reader.finish();
}

void read_discovery(TableReader reader, pipeline::DiscoverySettings& discovery) {
    using fhir::identity::Acceptance;
    reader.duration("deadline", discovery.deadline);
    reader.duration("reuse", discovery.reuse);
    reader.number("max_in_flight", 1, 100'000, discovery.max_in_flight);
    reader.number("max_matches", 1, 100, discovery.max_matches);
    reader.choice<Acceptance>(
        "acceptance", {{"strict", Acceptance::strict}, {"search", Acceptance::search}}, discovery.acceptance
    );
    reader.choice<pipeline::Retrieve>(
        "retrieve",
        {{"eager", pipeline::Retrieve::eager},
         {"lazy", pipeline::Retrieve::lazy},
         {"off", pipeline::Retrieve::off}},
        discovery.retrieve
    );
    reader.duration("refresh", discovery.refresh);
    reader.duration("progress_interval", discovery.progress_interval);
    reader.finish();
}

/// "whsec_" and the key in base64, as the Standard Webhooks specification writes it.
void read_webhook_secret(TableReader& reader, std::string& key) {
    constexpr std::string_view kPrefix = "whsec_";
    std::string secret;
    if (!reader.text("webhook_secret", secret) || secret.empty()) return;
    auto const bytes = secret.starts_with(kPrefix)
                           ? from_base64(std::string_view(secret).substr(kPrefix.size()))
                           : std::nullopt;
    if (bytes && bytes->size() >= 24 && bytes->size() <= 64) {
        key = *bytes;
    } else {
        reader.problem("webhook_secret", "must be \"whsec_\" and 24 to 64 random bytes in base64");
    }
}

void read_delivery(TableReader reader, delivery::Settings& delivery, net::TlsContexts& contexts) {
    using delivery::ClassicPayloadMethod;
    reader.duration("timeout", delivery.timeout, kSomeTime);
    reader.duration("handshake_delay", delivery.handshake_delay);
    reader.number("handshake_retries", 0, 4, delivery.rules.handshake_retries);
    reader.duration("handshake_within", delivery.rules.handshake_within, kSomeTime);
    reader.duration("retry_for", delivery.rules.retry_for);
    reader.duration("off_after", delivery.rules.off_after);
    reader.number("max_in_flight", 1, 100'000, delivery.max_in_flight);
    reader.number("max_per_origin", 1, 100'000, delivery.max_per_origin);
    reader.number("breaker_failures", 0, 1'000'000, delivery.breaker_failures);
    reader.duration("breaker_pause", delivery.breaker_pause);
    reader.choice<ClassicPayloadMethod>(
        "classic_payload_method",
        {{"put-below", ClassicPayloadMethod::put_below}, {"post", ClassicPayloadMethod::post}},
        delivery.classic_payload_method
    );
    delivery.policy = net::AddressPolicy{false, false, {}, true};
    reader.flag("allow_http", delivery.policy.allow_http);
    reader.flag("allow_private_addresses", delivery.policy.allow_private_addresses);
    read_each(
        reader,
        "allowed_hosts",
        delivery.policy.allowed_hosts,
        &read_host,
        " is the host of no endpoint: write a name or an address alone, without scheme, port or *"
    );
    read_authorities(reader, delivery.tls_ca, contexts);
    reader.flag("deactivation_notice", delivery.deactivation_notice);
    read_webhook_secret(reader, delivery.webhook_key);
    reader.number("events_page", 1, 100'000, delivery.events_page);
    reader.duration("binding_token_life", delivery.binding_token_life, kSomeTime);
    reader.finish();
}

void read_limits(TableReader reader, Limits& limits, partner::PartnerSettings& defaults) {
    reader.size("request_body", limits.request_body, kSomeBytes);
    reader.size("request_head", limits.request_head, kSomeBytes);
    reader.duration("request_time", limits.request_time, kSomeTime);
    reader.number("subscriptions", 1, kMany, limits.subscriptions);
    reader.number("subscription_versions", 1, 10'000, limits.subscription_versions);
    reader.size("criteria", limits.criteria, kSomeBytes);
    reader.size("partner_body", defaults.partner_body, kSomeBytes);
    reader.size("document_body", defaults.document_body, kSomeBytes);
    reader.number("page_size", 1, 10'000, defaults.page_size);
    reader.number("patients_per_query", 1, 100'000, defaults.patients_per_query);
    reader.number("entries_per_page", 1, kMany, defaults.entries_per_page);
    reader.number("pages_per_query", 1, kMany, defaults.pages_per_query);
    reader.number("lane_queue", 1, kMany, defaults.lane_queue);
    reader.size("answers", limits.answers, kSomeBytes);
    reader.number("connections", 1, kMany, limits.connections);
    reader.number("connections_per_address", 1, kMany, limits.connections_per_address);
    reader.size("websocket_send_buffer", limits.websocket_send_buffer);
    reader.number("search_candidates", 1, kMany, limits.search_candidates);
    reader.size("storage_queue", limits.storage_queue);
    reader.number("call_rows", 1, kMany, limits.call_rows);
    reader.finish();
}

/// The keys that [partner_defaults] and [[partner]] have in common.
void read_partner_keys(TableReader& reader, partner::PartnerSettings& settings, net::TlsContexts& contexts) {
    using partner::DiscoveryMethod;
    reader.duration("connect_timeout", settings.connect_timeout, kSomeTime);
    reader.duration("discovery_timeout", settings.discovery_timeout, kSomeTime);
    reader.duration("query_timeout", settings.query_timeout, kSomeTime);
    reader.duration("retrieve_timeout", settings.retrieve_timeout, kSomeTime);
    reader.duration("probe_timeout", settings.probe_timeout, kSomeTime);
    reader.number("max_concurrent", 1, 10'000, settings.max_concurrent);
    read_each(
        reader,
        "allowed_origins",
        settings.allowed_origins,
        &read_origin,
        " is no origin: write https://host or https://host:port"
    );
    reader.decimal("requests_per_second", settings.requests_per_second);
    reader.number("attempts", 1, 100, settings.attempts);
    reader.decimal("retry_share", settings.retry_share);
    reader.number("breaker_failures", 1, 1'000'000, settings.breaker_failures);
    reader.duration("breaker_pause", settings.breaker_pause);
    reader.choice<DiscoveryMethod>(
        "discovery",
        {{"auto", DiscoveryMethod::automatic},
         {"search", DiscoveryMethod::search},
         {"match", DiscoveryMethod::match}},
        settings.discovery
    );
    read_client_tls(reader, settings.tls, contexts);
}

bool is_partner_id(std::string_view id) {
    auto const allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), allowed);
}

/// What is kept while partners are read, over all files.
struct Seen {
    std::map<std::string, std::string> places;  ///< where each partner id was first used
    net::TlsContexts& contexts;                 ///< made of their certificates
};

void read_partner(
    TableReader reader,
    partner::PartnerSettings settings,
    Seen& seen,
    std::vector<partner::PartnerSettings>& partners
) {
    bool const is_text = reader.text("id", settings.id);
    if (!reader.has("id"))
        reader.problem("id", "missing: give each partner an id of its own, such as \"p001\"");
    else if (is_text && !is_partner_id(settings.id))
        reader.problem("id", '"' + settings.id + "\" must be 1 to 32 characters of a-z, 0-9 and -");
    auto const place = reader.context().file + ':' + std::to_string(reader.table()->source().begin.line);
    auto const [first, is_new] = seen.places.emplace(settings.id, place);
    if (!settings.id.empty() && !is_new)
        reader.problem(
            "id", '"' + settings.id + "\" is the id of another partner already, at " + first->second
        );
    read_base(reader, "fhir", settings.fhir);
    if (!reader.has("fhir")) reader.problem("fhir", "missing: the partner's FHIR base URL");
    reader.text("name", settings.name);
    if (settings.name.empty()) settings.name = settings.id;
    if (reader.text("home_community_id", settings.home_community_id) &&
        !settings.home_community_id.starts_with("urn:oid:")) {
        reader.problem("home_community_id", "must be an OID, such as \"urn:oid:2.999.7.1\"");
    }
    reader.fields("headers", settings.headers);
    for (auto const& [name, value] : settings.headers) {
        if (net::is_set_by_client(name))
            reader.problem("headers", name + " is set on each request as it has to be: leave it out");
    }
    read_partner_keys(reader, settings, seen.contexts);
    reader.finish();
    partners.push_back(std::move(settings));
}

void read_partners(
    TableContext const& file,
    toml::table const& root,
    partner::PartnerSettings const& defaults,
    Seen& seen,
    std::vector<partner::PartnerSettings>& partners
) {
    TableContext context = file;
    context.section = "[[partner]]";
    auto const* node = root.get("partner");
    if (node == nullptr) return;
    auto const* tables = node->as_array();
    if (tables == nullptr || !tables->is_array_of_tables()) {
        context.problems->add(
            context.file, node->source(), context.section, "", "write each partner as a [[partner]] table"
        );
        return;
    }
    for (auto const& item : *tables)
        read_partner(TableReader(context, item.as_table()), defaults, seen, partners);
}

/// Reads the sections of the main file.
class FileReader {
public:
    FileReader(TableContext context, toml::table const& root) : context_(std::move(context)), root_(root) {}
    TableReader section(std::string const& name) {
        TableContext context = context_;
        context.section = '[' + name + ']';
        auto const* node = root_.get(name);
        auto const* table = node == nullptr ? nullptr : node->as_table();
        if (node != nullptr && table == nullptr)
            context.problems->add(context.file, node->source(), context.section, "", "must be a table");
        return TableReader(std::move(context), table);
    }

private:
    TableContext context_;
    toml::table const& root_;
};

void read_more_partners(
    std::string const& name,
    TableContext context,
    partner::PartnerSettings const& defaults,
    Seen& seen,
    std::vector<partner::PartnerSettings>& partners
) {
    auto const table = parse(name, *context.problems);
    if (!table) return;
    context.file = name;
    context.folder = std::filesystem::path(name).parent_path();
    TableReader top(context, &*table);
    top.known("partner");
    top.finish();
    read_partners(context, *table, defaults, seen, partners);
}

/// Acceptance "search" wants every hit of a search, and a $match answers with fewer.
void use_searches(std::vector<partner::PartnerSettings>& partners) {
    using partner::DiscoveryMethod;
    for (auto& settings : partners) {
        if (settings.discovery == DiscoveryMethod::automatic) settings.discovery = DiscoveryMethod::search;
    }
}

/// Everything of the main file, whose folder relative paths are relative to, and of the partner list it names.
void read_all(TableContext const& context, toml::table const& root, Config& config) {
    TableReader top(context, &root);
    std::string partners_file;
    top.path("partners_file", partners_file, true);
    for (char const* section :
         {"server", "operations", "cache", "discovery", "delivery", "limits", "partner_defaults", "partner"})
        top.known(section);
    top.finish();
    FileReader sections(context, root);
    partner::PartnerSettings defaults;
    if (config.cache.path != ":memory:") config.cache.path = (context.folder / config.cache.path).string();
    read_server(sections.section("server"), config.server);
    read_operations(sections.section("operations"), config.operations);
    read_cache(sections.section("cache"), config.cache);
    read_discovery(sections.section("discovery"), config.discovery);
    net::TlsContexts contexts;
    read_delivery(sections.section("delivery"), config.delivery, contexts);
    read_limits(sections.section("limits"), config.limits, defaults);
    auto default_keys = sections.section("partner_defaults");
    read_partner_keys(default_keys, defaults, contexts);
    default_keys.finish();
    Seen seen{{}, contexts};
    read_partners(context, root, defaults, seen, config.partners);
    if (!partners_file.empty()) read_more_partners(partners_file, context, defaults, seen, config.partners);
    if (config.discovery.acceptance == fhir::identity::Acceptance::search) use_searches(config.partners);
    if (config.partners.empty() && context.problems->empty()) {
        context.problems->add_line(
            context.file +
            ": [[partner]]: no partner to ask: add one with id and fhir, or name a partners_file"
        );
    }
}

}  // namespace

Reading read_config(std::filesystem::path const& file, Environment const& environment) {
    Reading reading;
    Problems problems;
    if (auto const root = parse(file, problems)) {
        TableContext context;
        context.file = file.string();
        context.folder = std::filesystem::absolute(file).parent_path();
        context.environment = &environment;
        context.problems = &problems;
        read_all(context, *root, reading.config);
    }
    reading.problems = problems.lines();
    return reading;
}

std::vector<KnownKey> known_keys() {
    std::vector<KnownKey> keys;
    Problems ignored;
    Environment const nothing = [](std::string const&) { return std::nullopt; };
    TableContext context;
    context.environment = &nothing;
    context.problems = &ignored;
    context.keys = &keys;
    Config config;
    read_all(context, toml::parse("[[partner]]"), config);
    return keys;
}

Environment process_environment() {
    return [](std::string const& name) -> std::optional<std::string> {
        char const* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return std::string(value);
    };
}

}  // namespace tributary::config
