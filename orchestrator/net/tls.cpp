#include "orchestrator/net/tls.hpp"

#include <map>

#include <openssl/ssl.h>

#include "orchestrator/net/tls_context.hpp"

namespace tributary::net {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Failure tls_failure(std::string const& what, error_code code) {
    return {Errc::tls, what + ": " + code.message()};
}

error_code restrict_versions(TlsContext& tls) {
    error_code code;
    tls.get().set_options(ssl::context::default_workarounds | ssl::context::no_compression, code);
    SSL_CTX_set_min_proto_version(tls.get().native_handle(), TLS1_2_VERSION);
    return code;
}

Result<void> use_identity(TlsContext& tls, std::string const& certificate_file, std::string const& key_file) {
    error_code code;
    tls.get().use_certificate_chain_file(certificate_file, code);
    if (code) return tls_failure("certificate " + certificate_file, code);
    tls.get().use_private_key_file(key_file, ssl::context::pem, code);
    if (code) return tls_failure("key " + key_file + " (of certificate " + certificate_file + ")", code);
    return {};
}

Result<TlsContextPtr> make_client(TlsClientSettings const& settings) {
    auto tls = std::make_shared<TlsContext>(ssl::context::tls_client);
    error_code code = restrict_versions(*tls);
    if (!code) tls->get().set_default_verify_paths(code);
    if (code) return tls_failure("the system's certificates", code);
    if (!settings.ca_file.empty()) {
        tls->get().load_verify_file(settings.ca_file, code);
        if (code) return tls_failure("CA file " + settings.ca_file, code);
    }
    if (!settings.certificate_file.empty()) {
        auto used = use_identity(*tls, settings.certificate_file, settings.key_file);
        if (!used) return used.error();
    }
    tls->get().set_verify_mode(ssl::verify_peer);
    return tls;
}

Result<void> require_client_certificates(TlsContext& tls, std::string const& ca_file) {
    error_code code;
    tls.get().load_verify_file(ca_file, code);
    if (code) return tls_failure("client CA file " + ca_file, code);
    SSL_CTX* const native = tls.get().native_handle();
    SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(ca_file.c_str()));
    // Sessions that were verified are only resumed within a context of the same name.
    constexpr unsigned char name[] = "tributary";
    SSL_CTX_set_session_id_context(native, name, sizeof(name) - 1);
    tls.get().set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    return {};
}

}  // namespace

struct TlsContexts::Impl {
    std::map<TlsClientSettings, TlsContextPtr> clients;
};

TlsContexts::TlsContexts() : impl_(std::make_unique<Impl>()) {}
TlsContexts::~TlsContexts() = default;

Result<TlsContextPtr> TlsContexts::client(TlsClientSettings const& settings) {
    auto const known = impl_->clients.find(settings);
    if (known != impl_->clients.end()) return known->second;
    auto made = make_client(settings);
    if (made) impl_->clients.emplace(settings, *made);
    return made;
}

Result<TlsContextPtr> TlsContexts::server(TlsServerSettings const& settings) {
    auto tls = std::make_shared<TlsContext>(ssl::context::tls_server);
    if (error_code const code = restrict_versions(*tls)) return tls_failure("TLS", code);
    auto used = use_identity(*tls, settings.certificate_file, settings.key_file);
    if (used && !settings.client_ca_file.empty())
        used = require_client_certificates(*tls, settings.client_ca_file);
    if (!used) return used.error();
    return tls;
}

}  // namespace tributary::net
