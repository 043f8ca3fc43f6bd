#include "orchestrator/config/tls_keys.hpp"

namespace tributary::config {

namespace {

/// A certificate and its key. False: one of them is not right, which has been told.
bool read_identity(
    TableReader& reader,
    std::string const& certificate_key,
    std::string const& key_key,
    std::string& certificate_file,
    std::string& key_file
) {
    bool const certificate = reader.path(certificate_key, certificate_file, true);
    bool const key = reader.path(key_key, key_file, true);
    if (reader.has(certificate_key) && !certificate) return false;
    if (reader.has(key_key) && !key) return false;
    if (certificate_file.empty() == key_file.empty()) return true;
    reader.problem(
        key_file.empty() ? certificate_key : key_key, certificate_key + " and " + key_key + " go together"
    );
    return false;
}

void try_client(
    TableReader& reader,
    std::string const& key,
    net::TlsClientSettings const& settings,
    net::TlsContexts& contexts
) {
    if (auto const made = contexts.client(settings); !made) reader.problem(key, made.error().detail());
}

}  // namespace

bool read_server_tls(TableReader& reader, net::TlsServerSettings& tls) {
    bool const read = read_identity(reader, "tls_certificate", "tls_key", tls.certificate_file, tls.key_file);
    bool const trusted =
        reader.path("tls_client_ca", tls.client_ca_file, true) || !reader.has("tls_client_ca");
    if (!read) return false;
    bool const plain = tls.certificate_file.empty();
    if (!plain && trusted) {
        if (auto const made = net::TlsContexts::server(tls); !made)
            reader.problem("tls_certificate", made.error().detail());
    }
    if (!tls.client_ca_file.empty() && plain)
        reader.problem(
            "tls_client_ca", "needs tls_certificate and tls_key: nobody shows a certificate without TLS"
        );
    return true;
}

void read_authorities(TableReader& reader, std::string& ca_file, net::TlsContexts& contexts) {
    if (reader.path("tls_ca", ca_file, true)) try_client(reader, "tls_ca", {ca_file, "", ""}, contexts);
}

void read_client_tls(TableReader& reader, net::TlsClientSettings& tls, net::TlsContexts& contexts) {
    std::string const certificate = "tls_client_certificate", key = "tls_client_key";
    read_authorities(reader, tls.ca_file, contexts);
    if (!read_identity(reader, certificate, key, tls.certificate_file, tls.key_file)) return;
    if (tls.certificate_file.empty() || (!reader.has(certificate) && !reader.has(key))) return;
    try_client(
        reader,
        reader.has(certificate) ? certificate : key,
        {"", tls.certificate_file, tls.key_file},
        contexts
    );
}

}  // namespace tributary::config
